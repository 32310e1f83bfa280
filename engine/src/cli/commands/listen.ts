import { exitCodes, HandoverError, type ExitCode } from '../../base/errors.ts';
import { systemClock } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import type { MllpConfiguration } from '../../connectors/mllp/configuration.ts';
import type { Traffic } from '../../connectors/mllp/connection.ts';
import { Inbox } from '../../connectors/mllp/inbox.ts';
import { openListener, type Listener } from '../../connectors/mllp/listener.ts';
import { mllpConnector } from '../../connectors/mllp/mllpConnector.ts';
import { sourcesOfKind } from '../../run/plan/compile.ts';
import { readProject } from '../../run/plan/read.ts';
import { planInvalid } from '../../run/plan/streams.ts';
import { endedExceptions } from '../../run/plan/wires.ts';
import type { Database } from '../../store/database.ts';
import { counted, table, type Output } from '../output.ts';
import type { Project } from '../project.ts';
import { withControl } from './look.ts';
import { onInterrupt } from './run.ts';

/** How long a drain waits for answers on their way. */
const drainMs = 30_000;
const tellEveryMs = 1_000;

/** A source that is listened for. */
interface Station {
  name: string;
  inbox: Inbox;
  listener: Listener;
}

/**
 * `handover listen`: take messages until told to stop, then answer what was taken and end. What was
 * acknowledged is in the control database, whatever happens to this process.
 */
export async function listenCommand(
  project: Project,
  output: Output,
  names: readonly string[],
): Promise<ExitCode> {
  const wanted = await stationsOf(project, output, names);
  return withControl(project, async (database) => {
    const stations: Station[] = [];
    const stopped = Promise.withResolvers<undefined>();
    const release = onInterrupt(() => {
      output.note('stopping: what was received is being answered (Ctrl-C again to stop at once)');
      stopped.resolve(undefined);
    });
    try {
      for (const [name, configuration] of wanted) {
        const station = await openStation(project, database, name, configuration);
        stations.push(station);
        output.note(`${name}: listening at ${configuration.host}:${station.listener.port}`);
      }
      const progress = tellTraffic(stations, output);
      const failures = stations.map(({ inbox }) => inbox.failed);
      await Promise.race([stopped.promise, ...failures]).finally(() => progress.stop());
    } finally {
      await Promise.all(stations.map(({ listener }) => listener.drain(drainMs)));
      await Promise.all(stations.map(({ inbox }) => inbox.close(drainMs)));
      release();
    }
    tell(stations, output);
    return exitCodes.ok;
  });
}

/** The sources of the plan of kind `mllp`, or those of these names. */
export async function stationsOf(
  project: Project,
  output: Output,
  names: readonly string[],
): Promise<Map<string, MllpConfiguration>> {
  const plan = await readProject(project.folder);
  const { value, problems } =
    plan.value === undefined
      ? { value: undefined, problems: plan.problems }
      : sourcesOfKind(plan.value, mllpConnector(project), project.environment);
  const today = systemClock.now().toISOString().slice(0, 10);
  const ended = plan.value === undefined ? [] : endedExceptions(plan.value, today);
  if (value === undefined || ended.length > 0) {
    output.problems([...problems, ...ended]);
    throw planInvalid(problems.length + ended.length);
  }
  const missing = names.find((name) => !value.has(name));
  if (value.size === 0 || missing !== undefined) throw nothingToListenFor(value, missing);
  return new Map([...value].filter(([name]) => names.length === 0 || names.includes(name)));
}

async function openStation(
  project: Project,
  database: Database,
  name: string,
  configuration: MllpConfiguration,
): Promise<Station> {
  const { key, log, folder } = project;
  const services = { clock: systemClock, random: systemRandom, log };
  const inbox = new Inbox(name, { ...services, database, key });
  await inbox.open();
  const listener = await openListener(configuration, { ...services, inbox, folder });
  return { name, inbox, listener };
}

/** Tell on stderr what has come, when something has. */
function tellTraffic(stations: readonly Station[], output: Output): { stop(): void } {
  const told = new Map<string, number>();
  const timer = setInterval(() => {
    for (const { name, listener } of stations) {
      const total = sum(listener.traffic);
      const before = told.get(name) ?? 0;
      if (total === before) continue;
      told.set(name, total);
      const rate = Math.round(((total - before) * 1_000) / tellEveryMs);
      const { kept, repeated, refused } = listener.traffic;
      const line = `${name}: ${counted(kept)} kept (${counted(rate)}/s), ${counted(repeated)} sent again, ${counted(refused)} refused`;
      if (output.terminal) process.stderr.write(`\r\u001b[2K${line}`);
      else output.note(line);
    }
  }, tellEveryMs);
  return {
    stop() {
      clearInterval(timer);
      if (output.terminal && told.size > 0) process.stderr.write('\n');
    },
  };
}

function sum({ kept, repeated, refused }: Traffic): number {
  return kept + repeated + refused;
}

function tell(stations: readonly Station[], output: Output): void {
  const sources = stations.map(({ name, listener }) => ({ source: name, ...listener.traffic }));
  output.data({ format: 'handover-listen/1', sources }, () =>
    table(
      ['source', 'kept', 'sent again', 'control id reused', 'refused'],
      sources.map((one) => [one.source, one.kept, one.repeated, one.reused, one.refused]),
    ),
  );
}

function nothingToListenFor(
  there: ReadonlyMap<string, unknown>,
  missing: string | undefined,
): HandoverError {
  const message =
    missing === undefined
      ? 'The plan has no source of kind mllp.'
      : `The plan has no source "${missing}" of kind mllp.`;
  return new HandoverError('source-unknown', message, {
    exitCode: exitCodes.usage,
    next:
      there.size === 0
        ? 'Add one to handover.yaml: feed: { kind: mllp, port: 2575 }.'
        : `Those there are: ${[...there.keys()].join(', ')}.`,
  });
}

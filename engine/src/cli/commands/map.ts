import type { AuditEvent } from '../../audit/auditEvent.ts';
import { systemClock } from '../../base/clock.ts';
import { HandoverError, exitCodes, type ExitCode } from '../../base/errors.ts';
import { systemRandom } from '../../base/random.ts';
import { streamsOf } from '../../ledger/streams.ts';
import { chooseWholeRun, reopenRun } from '../../run/begin.ts';
import type { MapDifference, Example } from '../../run/mapChanges.ts';
import { batchesToMapAgain, diffMappings } from '../../run/mapDiff.ts';
import { prepareMappings } from '../../run/phases/map.ts';
import { createParcels } from '../../run/parcels.ts';
import type { ProjectText } from '../../run/plan/read.ts';
import {
  identitiesOf,
  judgeStreams,
  planInvalid,
  type CompiledStreams,
} from '../../run/plan/streams.ts';
import { beginRemap, remapCounts, type RemapCounts } from '../../run/remap.ts';
import type { Database } from '../../store/database.ts';
import { auditLogOf, bindPlan, openWorkshop } from '../composition.ts';
import type { DiffTask } from '../mapDiff/thread.ts';
import { diffInThreads, threadsFor, type DiffThreads } from '../mapDiff/threads.ts';
import { counted, several, table, type Output } from '../output.ts';
import type { Project } from '../project.ts';
import { withControl } from './look.ts';
import { drive, judgedProject, onInterrupt, workshopOptions, type RunOptions } from './run.ts';

export interface MapDiffCommandOptions {
  run?: string;
  examples: number;
  reveal?: boolean;
}

/** `handover map diff`: what the mappings as they are now would change in what a run made. */
export async function mapDiffCommand(
  project: Project,
  output: Output,
  stream: string | undefined,
  { run: id, examples, reveal = false }: MapDiffCommandOptions,
): Promise<ExitCode> {
  return withControl(project, async (database) => {
    const run = await chooseWholeRun(database, id);
    const streams = await streamsOf(database, run.id);
    if (stream !== undefined && !streams.some(({ name }) => name === stream)) {
      throw streamUnknown(
        stream,
        streams.map(({ name }) => name),
      );
    }
    const plan = bindPlan(project, await judgedProject(project, output, streams));
    const { mappings, problems } = judgeStreams(plan, streams, identitiesOf(project.key));
    if (problems.length > 0) throw planInvalid(problems.length);
    const stop = new AbortController();
    const release = onInterrupt(() => stop.abort());
    const wish = { run: run.id, stream, examples, files: plan.project.files, mappings };
    const progress = progressNotes(output);
    const heard = { progress, stop: stop.signal };
    const differences = await differencesOf(project, database, wish, heard).finally(release);
    if (reveal) await auditLogOf(project, database).record(looksAt(differences));
    const shown = differences.map((one) => (reveal ? one : withoutValues(one)));
    const data = { format: 'handover-map-diff/1', run: run.id, streams: shown };
    output.data(data, () => shown.flatMap((one) => differenceLines(one)));
    return stop.signal.aborted ? exitCodes.interrupted : exitCodes.ok;
  });
}

interface DiffWish extends Pick<DiffTask, 'run' | 'stream' | 'examples' | 'files'> {
  mappings: CompiledStreams['mappings'];
}

/** In threads, where there is enough to do. */
async function differencesOf(
  project: Project,
  database: Database,
  { mappings, ...task }: DiffWish,
  heard: DiffThreads,
): Promise<MapDifference[]> {
  const { run, stream, examples } = task;
  const own = { clock: systemClock, random: systemRandom, key: project.key };
  const parcels = createParcels({ ...own, queries: database, blobs: project.blobs });
  const services = { ...own, database, parcels, mappings };
  const threads = threadsFor(await batchesToMapAgain(database, run, mappings, stream));
  if (threads > 1) {
    // Once, and not by each thread for itself.
    await prepareMappings(services, run);
    const { folder, control } = project;
    return diffInThreads({ ...task, folder, control }, threads, heard);
  }
  return diffMappings(services, run, {
    ...(stream !== undefined && { stream }),
    examples,
    progress: heard.progress,
    stopped: () => heard.stop.aborted,
  });
}

/** `handover map apply`: map what a run has kept again, and send on what is made otherwise now. */
export async function mapApplyCommand(
  project: Project,
  output: Output,
  { run: id, ...options }: { run?: string } & RunOptions,
): Promise<ExitCode> {
  const workshop = await openWorkshop(project, workshopOptions(options, output));
  const { database, engine } = workshop;
  try {
    const run = await chooseWholeRun(database, id);
    // As they were when they were read: the old system may be switched off by now.
    const text = await judgedProject(project, output, await streamsOf(database, run.id));
    const bind = (revision: ProjectText) => bindPlan(project, revision);
    const round = await beginRemap({ database, key: project.key, bind }, run, bind(text));
    if (round === undefined) {
      const data = { format: 'handover-map-apply/1', run: run.id, records: 0 };
      output.data(data, () => ['The run has worked under these mappings: nothing to map again.']);
      return exitCodes.ok;
    }
    output.note(`mapping run ${run.id} again, under revision ${text.digest.slice(0, 12)}`);
    const reopened = await reopenRun(database, engine, run);
    const code = await drive(project, workshop, output, reopened, {
      ...options,
      revision: text.digest,
    });
    for (const line of remapLines(await remapCounts(database, run.id, round))) output.note(line);
    return code;
  } finally {
    await workshop.close();
  }
}

/** What a re-map did, for people. */
export function remapLines({ records, targets }: RemapCounts): string[] {
  return [
    `${several(records, 'source item')} went back to the mapping`,
    ...targets.map(({ target, created, updated, unchanged, removed }) => {
      const written = `${counted(updated)} changed, ${counted(created)} new`;
      return `${target}: ${written}, ${counted(removed)} removed, ${counted(unchanged)} as they were`;
    }),
  ];
}

/** About once a second, how many records have been mapped again. */
function progressNotes(output: Output): (stream: string, records: number) => void {
  let told = systemClock.now().getTime();
  return (stream, records) => {
    const now = systemClock.now().getTime();
    if (now - told < 1_000 || records === 0) return;
    told = now;
    output.note(`map ${stream}: ${counted(records)} source items mapped again`);
  };
}

/** Every example whose values are shown is a look at a patient, on record before it is shown. */
function looksAt(differences: readonly MapDifference[]): AuditEvent[] {
  return differences.flatMap(({ elements }) =>
    elements.flatMap(({ path, examples }) =>
      examples.map(({ id, subject }): AuditEvent => ({
        instant: systemClock.now(),
        actor: 'operator',
        action: 'read',
        resourceType: path.split('.', 1)[0] as string,
        resourceIds: [id],
        patient: subject,
        outcome: 'disclosed',
      })),
    ),
  );
}

function withoutValues(difference: MapDifference): MapDifference {
  const elements = difference.elements.map((element) => ({
    ...element,
    examples: element.examples.map(({ before: _before, after: _after, ...rest }) => rest),
  }));
  return { ...difference, elements };
}

function differenceLines(difference: MapDifference): string[] {
  const { stream, same, resources, elements, complete } = difference;
  const partly = complete ? '' : ' (stopped before its end)';
  if (resources.length === 0) return [`${stream}: nothing changes, ${counted(same)} stay${partly}`];
  return [
    `${stream}: ${several(total(resources), 'resource')} would differ, ${counted(same)} stay${partly}`,
    ...table(
      ['  kind', 'resource', 'count'],
      resources.map(({ kind, type, count }) => [`  ${kind}`, type, count]),
    ),
    ...elements.flatMap(({ path, count, examples }) => [
      `  ${path}: ${counted(count)}`,
      ...examples.map(exampleLine),
    ]),
  ];
}

function total(resources: MapDifference['resources']): number {
  return resources.reduce((sum, { count }) => sum + count, 0);
}

function exampleLine({ id, before, after }: Example): string {
  if (before === undefined && after === undefined) return `    ${id}`;
  return `    ${id}: ${before ?? 'absent'} → ${after ?? 'absent'}`;
}

function streamUnknown(stream: string, names: readonly string[]): HandoverError {
  return new HandoverError('stream-unknown', `The run has no stream "${stream}".`, {
    exitCode: exitCodes.usage,
    next: `Its streams are: ${names.join(', ')}.`,
  });
}

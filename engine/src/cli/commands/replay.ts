import { systemClock } from '../../base/clock.ts';
import { exitCodes, type ExitCode } from '../../base/errors.ts';
import { systemRandom } from '../../base/random.ts';
import { listExceptions, type Exception } from '../../ledger/exceptions.ts';
import type { Run } from '../../ledger/runs.ts';
import { streamsOf } from '../../ledger/streams.ts';
import { chooseWholeRun, reopenRun } from '../../run/begin.ts';
import type { ProjectText } from '../../run/plan/read.ts';
import { replayHeld } from '../../run/replay.ts';
import { keepRevision } from '../../run/revision.ts';
import { openWorkshop, parcelsOf, type Workshop } from '../composition.ts';
import { several, type Output } from '../output.ts';
import type { WorkOptions } from '../options.ts';
import type { Project } from '../project.ts';
import { drive, judgedProject, workshopOptions } from './run.ts';

/** Which of the held items of a run. */
export interface ReplayOptions extends WorkOptions {
  run?: string;
  stream?: string;
  code?: string;
}

/** `handover quarantine replay`: send held items through the mapping as it is now. */
export async function replayCommand(
  project: Project,
  output: Output,
  ids: readonly string[],
  options: ReplayOptions,
): Promise<ExitCode> {
  const workshop = await openWorkshop(project, workshopOptions(options, output));
  const { database } = workshop;
  try {
    const run = await chooseWholeRun(database, options.run);
    // As they were when they were read: the old system may be switched off by now.
    const streams = await streamsOf(database, run.id);
    const text = await judgedProject(project, output, streams);
    const held = await listExceptions(database, run.id, {
      kind: 'quarantined',
      standing: true,
      ...(ids.length > 0 && { ids }),
      ...(options.stream !== undefined && { stream: options.stream }),
      ...(options.code !== undefined && { code: options.code }),
    });
    if (held.length === 0) {
      output.data({ format: 'handover-replay/1', run: run.id, replayed: 0 }, () => []);
      output.note('Nothing that is held fits.');
      return exitCodes.ok;
    }
    return await replayExceptions(project, workshop, output, { run, text, held });
  } finally {
    await workshop.close();
  }
}

/** Send held items of a run through a plan, and go on until they are where they belong. */
export async function replayExceptions(
  project: Project,
  workshop: Workshop,
  output: Output,
  { run, text, held }: { run: Run; text: ProjectText; held: readonly Exception[] },
): Promise<ExitCode> {
  const { database, engine } = workshop;
  await database.transaction((transaction) => keepRevision(transaction, project.key, text));
  const services = {
    database,
    parcels: parcelsOf(project, database),
    key: project.key,
    targets: Object.keys(text.document.targets),
    worker: engine.worker,
    clock: systemClock,
    random: systemRandom,
  };
  const count = await replayHeld(services, run, text.digest, held);
  output.note(`back to the mapping: ${several(count, 'source item')}`);
  const reopened = await reopenRun(database, engine, run);
  return drive(project, workshop, output, reopened, { revision: text.digest });
}

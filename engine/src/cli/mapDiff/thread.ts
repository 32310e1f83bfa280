import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../base/clock.ts';
import { HandoverError, type ExitCode } from '../../base/errors.ts';
import { jsonLog } from '../../base/log.ts';
import { systemRandom } from '../../base/random.ts';
import { streamsOf } from '../../ledger/streams.ts';
import type { MapDifference } from '../../run/mapChanges.ts';
import { diffMappings, type DiffShare } from '../../run/mapDiff.ts';
import { createParcels } from '../../run/parcels.ts';
import { judgeProject, type ProjectFiles } from '../../run/plan/read.ts';
import { identitiesOf, judgeStreams, planInvalid } from '../../run/plan/streams.ts';
import { openFolderStore } from '../../staging/folderStore.ts';
import type { ConnectionSpec } from '../../store/connection.ts';
import { bindPlan, openControl } from '../composition.ts';
import { openKey, parcelFolder, type Project } from '../project.ts';

/** What a thread needs to do its share; the key it unlocks itself. */
export interface DiffTask {
  folder: string;
  control: ConnectionSpec;
  files: ProjectFiles;
  run: string;
  stream: string | undefined;
  examples: number;
  share: DiffShare;
  /** One number; not 0: end after the batch at hand. */
  stop: SharedArrayBuffer;
}

export type DiffMessage =
  | { progress: { stream: string; records: number } }
  | { done: MapDifference[] }
  /** An error of our own, which would lose its code on the way between threads. */
  | { failed: { code: string; message: string; exitCode: ExitCode; next: string | undefined } };

/** Do one share of `map diff` in this thread. */
async function diffShare(task: DiffTask, tell: (message: DiffMessage) => void): Promise<void> {
  const { folder, control, run, stream, examples, share } = task;
  const environment = process.env;
  const key = await openKey(folder, environment);
  const log = jsonLog(systemClock, 'warn', (line) => process.stderr.write(line));
  const blobs = await openFolderStore({ folder: parcelFolder(folder), clock: systemClock });
  const nobody = async (): Promise<never> => {
    throw new RangeError('a diff writes to no target');
  };
  const project: Project = {
    folder,
    key,
    blobs,
    log,
    environment,
    control,
    ownTarget: nobody,
    close: async () => undefined,
  };
  const database = openControl(project);
  const stop = new Int32Array(task.stop);
  try {
    const { value } = judgeProject(task.files);
    if (value === undefined) throw planInvalid(1);
    const streams = await streamsOf(database, run);
    const { mappings } = judgeStreams(bindPlan(project, value), streams, identitiesOf(key));
    const own = { clock: systemClock, random: systemRandom, key };
    const parcels = createParcels({ ...own, queries: database, blobs });
    const done = await diffMappings({ ...own, database, parcels, mappings }, run, {
      ...(stream !== undefined && { stream }),
      examples,
      share,
      progress: (name, records) => tell({ progress: { stream: name, records } }),
      stopped: () => Atomics.load(stop, 0) !== 0,
    });
    tell({ done });
  } finally {
    await database.close();
  }
}

if (parentPort) {
  const port = parentPort;
  const tell = (message: DiffMessage): void => port.postMessage(message);
  await diffShare(workerData as DiffTask, tell).catch((error: unknown) => {
    if (!(error instanceof HandoverError)) throw error;
    const { code, message, exitCode, next } = error;
    tell({ failed: { code, message, exitCode, next } });
  });
}

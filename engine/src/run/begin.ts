import { HandoverError, exitCodes } from '../base/errors.ts';
import { uuid7 } from '../base/id.ts';
import { durableProtocol, type DurableEngine } from '../durable/engine.ts';
import { token } from '../durable/storable.ts';
import type { ProjectKey } from '../keys/projectKey.ts';
import {
  beginRun,
  countOneMore,
  countResume,
  findRun,
  listRuns,
  setRunState,
  type Run,
} from '../ledger/runs.ts';
import { refuseErased } from '../ledger/erasures.ts';
import { undoBegun } from '../ledger/undo.ts';
import type { Phase } from '../model/phase.ts';
import type { Database } from '../store/database.ts';
import type { Attempts } from './phases/work.ts';
import type { ProjectText } from './plan/read.ts';
import { keepRevision } from './revision.ts';
import { runWorkflow, type RunEnd } from './workflows.ts';

export interface BeginServices extends Attempts {
  database: Database;
  key: ProjectKey;
}

/** Enter a new run of a plan revision into the ledger; returns its id. */
export async function enterRun(services: BeginServices, project: ProjectText): Promise<string> {
  const id = uuid7(services.clock, services.random);
  const { kind: strategy } = project.document.strategy;
  await services.database.transaction(async (transaction) => {
    await keepRevision(transaction, services.key, project);
    await beginRun(transaction, {
      id,
      revision: project.digest,
      strategy,
      protocol: durableProtocol,
    });
  });
  return id;
}

/** Id of the coordinator workflow of a run; each resume has one of its own. */
function coordinatorId(run: Pick<Run, 'id' | 'resumes'>): string {
  return `${run.id}-${run.resumes}`;
}

/** Start the coordinator of a run, under its own revision or a replay's. */
export async function startCoordinator(
  engine: DurableEngine,
  run: Run,
  only: Phase | 'all',
  revision = run.revision,
): Promise<string> {
  const id = coordinatorId(run);
  await engine.start(runWorkflow, id, {
    run: token(run.id),
    revision: token(revision),
    only: token(only),
  });
  return id;
}

/** Wait for a coordinator. @throws DurableFailure with its code where the coordinator itself failed. */
export async function coordinatorEnd(
  engine: DurableEngine,
  id: string,
  signal?: AbortSignal,
): Promise<RunEnd> {
  return (await engine.result(id, signal)) as unknown as RunEnd;
}

/**
 * Take a run up again: its former coordinators are cancelled wherever they may still run, and the
 * ledger's own places say what is left to do. All of them: a resume that died before it cancelled
 * its predecessor leaves it behind.
 * @throws HandoverError `run-over` (exit 2), `protocol-newer` (exit 2), `run-erased` (exit 4).
 */
export async function reopenRun(database: Database, engine: DurableEngine, run: Run): Promise<Run> {
  if (run.state === 'undone') throw runOver('undone');
  if (await undoBegun(database, run.id)) throw runOver('half undone');
  if (run.protocol > durableProtocol) throw protocolNewer();
  await refuseErased(database, run.id);
  const resumes = await database.transaction((transaction) => countResume(transaction, run.id));
  for (let number = 0; number < resumes; number++) {
    const former = coordinatorId({ id: run.id, resumes: number });
    if ((await engine.status(former)) !== undefined) await engine.cancel(former);
  }
  return { ...run, resumes, state: 'running' };
}

/** Pause a run everywhere: nothing new is taken up, what is under way is committed. */
export async function pauseRun(
  database: Database,
  engine: DurableEngine,
  run: Run,
  code: string,
): Promise<void> {
  await database.transaction((transaction) => setRunState(transaction, run.id, 'paused', code));
  const id = coordinatorId(run);
  if ((await engine.status(id)) !== undefined) await engine.pause(id);
}

/** Ask for everything written to be read back and compared once more. */
export async function orderVerification(database: Database, run: Run): Promise<void> {
  await database.transaction((transaction) => countOneMore(transaction, run.id, 'verifications'));
}

/** The run with this id, or the newest one. @throws HandoverError `run-unknown` (exit 2). */
export async function chooseRun(database: Database, id: string | undefined): Promise<Run> {
  const run = id === undefined ? (await listRuns(database))[0] : await findRun(database, id);
  if (run === undefined) {
    throw new HandoverError('run-unknown', 'There is no such run in this project.', {
      exitCode: exitCodes.usage,
      next: 'See the runs with `handover status`, or begin one with `handover run`.',
    });
  }
  return run;
}

/** {@link chooseRun} of a run that is to be worked on. @throws HandoverError `run-erased` (exit 4) too. */
export async function chooseWholeRun(database: Database, id: string | undefined): Promise<Run> {
  const run = await chooseRun(database, id);
  await refuseErased(database, run.id);
  return run;
}

function runOver(state: string): HandoverError {
  return new HandoverError('run-over', `The run is ${state}; it cannot be resumed.`, {
    exitCode: exitCodes.usage,
    next: 'Undo it to its end with `handover undo`, or begin a new one with `handover run`.',
  });
}

function protocolNewer(): HandoverError {
  return new HandoverError(
    'protocol-newer',
    'The run was begun by a newer Handover than this one.',
    {
      exitCode: exitCodes.usage,
      next: 'Resume it with that version or a later one.',
    },
  );
}

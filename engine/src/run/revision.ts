import { HandoverError, exitCodes } from '../base/errors.ts';
import type { ProjectKey } from '../keys/projectKey.ts';
import { recordRevision, revisionPlan } from '../ledger/runs.ts';
import type { Queries, Transaction } from '../store/session.ts';
import { judgeProject, type ProjectFiles, type ProjectText } from './plan/read.ts';

/**
 * Keep a plan revision under its digest, sealed: a run is pinned to it and every worker reads it from
 * here, whatever has happened to the project folder since.
 */
export async function keepRevision(
  transaction: Transaction,
  key: ProjectKey,
  project: ProjectText,
): Promise<void> {
  const sealed = key.seal(
    Buffer.from(JSON.stringify(project.files)),
    revisionContext(project.digest),
  );
  await recordRevision(transaction, project.digest, sealed);
}

/** @throws HandoverError `revision-unknown`, `seal-broken` (exit 8). */
export async function readRevision(
  reader: Queries,
  key: ProjectKey,
  digest: string,
): Promise<ProjectText> {
  const sealed = await revisionPlan(reader, digest);
  if (sealed === undefined) throw unknown();
  const files = JSON.parse(key.open(sealed, revisionContext(digest)).toString('utf8')) as KeptFiles;
  const { value } = judgeProject({ functions: [], ...files });
  if (value === undefined || value.digest !== digest) throw unknown();
  return value;
}

/** A revision that was kept before mappings could name functions has none. */
type KeptFiles = Omit<ProjectFiles, 'functions'> & Partial<Pick<ProjectFiles, 'functions'>>;

/** What the sealed files of a revision are bound to. */
export const revisionContext = (digest: string): string => `revision ${digest}`;

function unknown(): HandoverError {
  return new HandoverError(
    'revision-unknown',
    'The plan revision of the run is not in the ledger.',
    {
      exitCode: exitCodes.integrityBroken,
      next: 'Restore the control database from its backup.',
    },
  );
}

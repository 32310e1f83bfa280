import { HandoverError, exitCodes } from '../base/errors.ts';
import { deliveryCodes } from '../model/delivery.ts';
import { typeAt } from '../ledger/entries.ts';
import { openingOf, recordUndone, batchesToUndo } from '../ledger/undo.ts';
import { setRunState } from '../ledger/runs.ts';
import type { Stored, Target, Write } from '../model/target.ts';
import type { Database } from '../store/database.ts';
import type { BatchKey } from '../ledger/workUnit.ts';
import { pageOf } from '../ledger/pages.ts';
import { idAt } from './idToken.ts';
import type { Parcels } from './parcels.ts';

export interface UndoServices {
  database: Database;
  targets: ReadonlyMap<string, Target>;
  parcels: Parcels;
}

/** What an undo did, target by target. */
export interface UndoResult {
  target: string;
  reverted: number;
}

/**
 * Take back everything a run wrote, newest batch first, exactly: what it created is gone, what it
 * replaced is the version that stood there. Allowed until the target is opened to its users.
 *
 * Everything is checked before anything is changed: a resource that somebody else has written since
 * stops the undo with the ids (`foreign-change`, exit 8). An undo that was interrupted goes on where
 * it stopped.
 * @throws HandoverError `target-opened` (exit 4), `foreign-change` (exit 8).
 */
export async function undoRun(
  services: UndoServices,
  run: string,
  signal: AbortSignal,
): Promise<UndoResult[]> {
  const results: UndoResult[] = [];
  for (const name of services.targets.keys()) await refuseOpened(services.database, name);
  for (const [name, target] of services.targets) {
    const batches = await batchesToUndo(services.database, run, name);
    const foreign: string[] = [];
    for (const key of batches) {
      foreign.push(...(await foreignChanges(services.database, target, key, signal)));
    }
    if (foreign.length > 0) throw foreignChange(foreign);
  }
  for (const [name, target] of services.targets) {
    let reverted = 0;
    for (const key of await batchesToUndo(services.database, run, name)) {
      reverted += await undoBatch(services.database, target, key, signal);
    }
    results.push({ target: name, reverted });
  }
  await services.database.transaction((transaction) => setRunState(transaction, run, 'undone'));
  return results;
}

async function refuseOpened(database: Database, target: string): Promise<void> {
  const opened = await openingOf(database, target);
  if (opened === undefined) return;
  throw new HandoverError(
    'target-opened',
    `Target "${target}" was opened to its users; from then on it is a legal record.`,
    {
      exitCode: exitCodes.gateNotMet,
      next: 'Correct what is wrong with a new run under a corrected mapping; nothing is deleted.',
    },
  );
}

type WrittenVersion = { type: string; id: string; version: number };

/** What a batch wrote: a version for each resource that it created or replaced. */
async function writtenBy(database: Database, key: BatchKey): Promise<WrittenVersion[]> {
  const page = await pageOf(database, key);
  const written: WrittenVersion[] = [];
  for (let at = 0; at < (page?.count ?? 0); at++) {
    const state = page?.states[at];
    if (state !== deliveryCodes.created && state !== deliveryCodes.updated) continue;
    written.push({
      type: typeAt(page!, at),
      id: idAt(page!.tokens, at),
      version: page!.versions.readUInt32LE(at * 4),
    });
  }
  return written;
}

async function foreignChanges(
  database: Database,
  target: Target,
  key: BatchKey,
  signal: AbortSignal,
): Promise<string[]> {
  const written = await writtenBy(database, key);
  const stored = await target.fetch(written, 'head', signal);
  return written.flatMap((one, at) =>
    isForeign(one, stored[at] as Stored) ? [`${one.type}/${one.id}`] : [],
  );
}

/** A version above ours was written by somebody else; one below it was reverted already. */
function isForeign(written: WrittenVersion, stored: Stored): boolean {
  return stored.state !== 'absent' && stored.version > written.version;
}

async function undoBatch(
  database: Database,
  target: Target,
  key: BatchKey,
  signal: AbortSignal,
): Promise<number> {
  const written = await writtenBy(database, key);
  const stored = await target.fetch(written, 'head', signal);
  const writes = written.flatMap(({ type, id, version }, at): Write[] => {
    const now = stored[at];
    const ours = now?.state !== 'absent' && now?.version === version;
    return ours ? [{ kind: 'revert', type, id, ifVersion: version }] : [];
  });
  const receipts = writes.length === 0 ? [] : await target.write(writes, signal);
  const failed = receipts.find((receipt) => receipt.state !== 'delivered');
  if (failed) throw undoIncomplete();
  await database.transaction((transaction) => recordUndone(transaction, key, writes.length));
  return writes.length;
}

function foreignChange(resources: readonly string[]): HandoverError {
  const shown = resources.slice(0, 20).join(', ');
  const more = resources.length > 20 ? ` and ${resources.length - 20} more` : '';
  return new HandoverError(
    'foreign-change',
    `Somebody else has changed ${resources.length} resources since: ${shown}${more}. Nothing was undone.`,
    {
      exitCode: exitCodes.integrityBroken,
      next: 'Look at those resources at the target, take back or keep the changes there, then undo again.',
    },
  );
}

function undoIncomplete(): HandoverError {
  return new HandoverError(
    'undo-incomplete',
    'The target did not take back everything; what it took back is recorded.',
    {
      failure: 'transient',
      exitCode: exitCodes.unavailable,
      next: 'Check the target, then run the same `handover undo` again: it goes on where it stopped.',
    },
  );
}

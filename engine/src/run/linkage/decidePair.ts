import { HandoverError, exitCodes } from '../../base/errors.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import {
  enterDecision,
  isStableId,
  lockPersons,
  recordsOf,
  type NewDecision,
} from '../../ledger/persons.ts';
import type { Persons } from '../../linkage/persons/persons.ts';
import type { Database } from '../../store/database.ts';
import { personsAtHand, settlePersons } from './personsAtHand.ts';

export interface DecideServices {
  database: Database;
  key: ProjectKey;
}

/** What somebody says of two records, and why. */
export interface Verdict extends Omit<NewDecision, 'reason'> {
  reason: string;
}

/**
 * Keep what a human says of two records. It outranks the machine and every earlier decision, in this run
 * and in all later ones; nothing moves at a target until a run is led to it (`beginRelink`).
 * @returns the persons as they are from then on.
 * @throws HandoverError `person-unknown`, `kinds-differ`, `decision-reason` (exit 2).
 */
export async function decidePair(
  { database, key }: DecideServices,
  { reason, ...verdict }: Verdict,
): Promise<Persons> {
  const { left, right } = verdict;
  const kinds = await requireRecords(database, [left, right]);
  if (kinds[0] !== kinds[1]) throw kindsDiffer();
  if (left === right) throw oneWithItself();
  requireReason(reason);
  const sealed = key.seal(Buffer.from(reason.trim()), reasonContext(left, right));
  return database.transaction(async (transaction) => {
    await lockPersons(transaction);
    await enterDecision(transaction, { ...verdict, reason: sealed });
    const persons = await personsAtHand(transaction);
    await settlePersons(transaction, persons, verdict.verdict === 'same' ? 'decided' : 'parted');
    return persons;
  });
}

/** Characters: a reason that nobody can read later is none. */
const leastReason = 5;

/** @throws HandoverError `decision-reason` (exit 2). */
export function requireReason(reason: string): void {
  if (reason.trim().length >= leastReason) return;
  throw new HandoverError('decision-reason', 'A decision needs a reason.', {
    exitCode: exitCodes.usage,
    next: `Write it to standard input, ${leastReason} characters at least; it is sealed. Nothing was decided.`,
  });
}

export function reasonContext(left: string, right: string): string {
  return `decision ${[left, right].toSorted().join(' ')}`;
}

/**
 * The kinds of records, in the order of their ids.
 * @throws HandoverError `person-unknown` (exit 2) where an id is that of no record.
 */
export async function requireRecords(
  database: Database,
  ids: readonly string[],
): Promise<string[]> {
  const known = ids.every(isStableId) ? await recordsOf(database, ids) : undefined;
  return ids.map((id) => {
    const record = known?.get(id);
    if (record === undefined) throw unknown('No record has that id');
    return record.kind;
  });
}

function kindsDiffer(): HandoverError {
  return new HandoverError('kinds-differ', 'The two records are of two types of resources.', {
    exitCode: exitCodes.usage,
    next: 'Take two ids of one question of `handover link review`. Nothing was decided.',
  });
}

export function oneWithItself(): HandoverError {
  return unknown('A record is always one with itself');
}

function unknown(message: string): HandoverError {
  return new HandoverError('person-unknown', `${message}.`, {
    exitCode: exitCodes.usage,
    next: 'Take two ids from `handover link review`, or those of two Patients at a target.',
  });
}

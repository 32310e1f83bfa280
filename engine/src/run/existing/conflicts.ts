import { HandoverError, exitCodes } from '../../base/errors.ts';
import { isJsonObject, type Json } from '../../base/json.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import { enterConflictDecisions, type ConflictVerdict } from '../../ledger/conflicts.ts';
import type { Exception } from '../../ledger/exceptions.ts';
import { existingIds } from '../../ledger/existingResources.ts';
import type { Stored, Target, TargetId } from '../../model/target.ts';
import { itemAt } from '../../staging/packedItems.ts';
import type { Database } from '../../store/database.ts';
import { compareDelivery } from '../../verification/delivery.ts';
import { parseResource, ReadBack } from '../../verification/readBack.ts';
import { subjectOf, unpackDrafts } from '../drafts.ts';
import { idToken } from '../idToken.ts';
import { readLinkedDrafts } from '../linkedDrafts.ts';
import type { Parcels } from '../parcels.ts';
import { theirChangeCodes } from './theirChanges.ts';

export interface ConflictServices {
  parcels: Parcels;
  targets: ReadonlyMap<string, Target>;
}

/** A held draft, and what users of the target have made of the resource. */
export interface Conflict extends TargetId {
  held: Exception;
  /** Canonical. */
  draft: Buffer;
  /** As it is at the target now, with its body. */
  stored: Stored;
  /** Stable id of the patient it is about. */
  patient: string | undefined;
}

/** Whether an item is held because of what users of a target changed or removed. */
export function isConflict({ code, resolution }: Exception): boolean {
  return (theirChangeCodes as readonly string[]).includes(resolution?.code || code);
}

/**
 * What these held items are, and what stands at their targets now.
 * @throws HandoverError `conflict-unfit` (exit 2): one is held for something else.
 */
export async function conflictsOf(
  { parcels, targets }: ConflictServices,
  held: readonly Exception[],
  signal: AbortSignal,
): Promise<Conflict[]> {
  if (!held.every(isConflict)) throw unfit();
  const found: Conflict[] = [];
  for (const group of Map.groupBy(held, placeOf).values()) {
    const { key } = group[0] as Exception;
    const items = await readLinkedDrafts(parcels, key);
    if (items === undefined) throw new RangeError('a held draft has no parcel');
    const drafts = unpackDrafts(items);
    const ids = group.map(({ ordinal }): TargetId => ({
      type: drafts.types[ordinal] as string,
      id: drafts.ids[ordinal] as string,
    }));
    const stored = await (targets.get(key.target) as Target).fetch(ids, 'body', signal);
    for (const [at, one] of group.entries()) {
      found.push({
        ...(ids[at] as TargetId),
        held: one,
        // A copy: a view would keep its whole parcel in memory.
        draft: Buffer.from(itemAt(drafts.bodies, one.ordinal)),
        stored: stored[at] as Stored,
        patient: subjectOf(drafts, one.ordinal),
      });
    }
  }
  return found;
}

function placeOf({ key: { target, stream, slice, number } }: Exception): string {
  return JSON.stringify([target, stream, slice, number]);
}

/** An element in which target and draft differ; values only where they were asked for. */
export interface ConflictElement {
  /** `Patient.name[0].family`; the type alone: the resource as a whole. */
  path: string;
  code: string;
  target?: Json;
  source?: Json;
}

export function elementsOf({ draft, stored }: Conflict, reveal: boolean): ConflictElement[] {
  const readBack = new ReadBack(stored);
  const differences = compareDelivery(draft, readBack);
  if (!reveal) return differences.map(({ path, code }) => ({ path, code }));
  const source = parseResource(draft);
  const target = readBack.resource;
  return differences.map(({ path, code }) => {
    const values = { target: valueAt(target, path), source: valueAt(source, path) };
    return {
      path,
      code,
      ...(values.target !== undefined && { target: values.target }),
      ...(values.source !== undefined && { source: values.source }),
    };
  });
}

/** What stands at a path as {@link compareDelivery} gives it. */
function valueAt(resource: Json | undefined, path: string): Json | undefined {
  const steps = path.match(/[^.[\]]+/g)?.slice(1) ?? [];
  return steps.reduce<Json | undefined>((value, step) => {
    if (Array.isArray(value)) return value[Number(step)];
    return isJsonObject(value) ? value[step] : undefined;
  }, resource);
}

export interface ConflictChoice {
  verdict: ConflictVerdict;
  reason: string;
  by: string;
}

/**
 * Keep what somebody decided of conflicts of a run. Nothing moves by it: a replay of the items does it.
 * @throws HandoverError `decision-reason`, `conflict-gone`, `conflict-own` (exit 2).
 */
export async function decideConflicts(
  { database, key }: { database: Database; key: ProjectKey },
  run: string,
  conflicts: readonly Conflict[],
  { verdict, reason, by }: ConflictChoice,
): Promise<void> {
  if (conflicts.some(({ draft, stored }) => isGone(draft, stored))) throw gone();
  for (const [target, own] of Map.groupBy(conflicts, ({ held }) => held.key.target)) {
    if (verdict === 'take') await refuseOwn({ database, key }, target, own);
    const decisions = own.map(({ type, id, draft, stored }) => ({
      type,
      token: idToken(id),
      verdict,
      found: stored.state === 'present' ? stored.digest : '',
      draft: key.digest(draft).toString('hex'),
      reason: key.seal(Buffer.from(reason), conflictContext(type, id)),
    }));
    await database.transaction((transaction) =>
      enterConflictDecisions(transaction, { target, run, by }, decisions),
    );
  }
}

/** Nobody has changed it by now, or both say the same. */
function isGone(draft: Buffer, stored: Stored): boolean {
  return stored.state === 'absent' || compareDelivery(draft, new ReadBack(stored)).length === 0;
}

/** Of a chart of the target's own, the draft is what an earlier reading found there, and no source's. */
async function refuseOwn(
  services: { database: Database; key: ProjectKey },
  target: string,
  conflicts: readonly Conflict[],
): Promise<void> {
  const given = await existingIds(services, target).given(conflicts);
  if (given.every((one) => one === undefined)) return;
  throw new HandoverError(
    'conflict-own',
    "A chart that the target had of its own is not the source's to be taken; nothing was decided.",
    {
      exitCode: exitCodes.usage,
      next: 'Begin a new run: it reads the chart as its users left it, and adds to that.',
    },
  );
}

/** What the reason of a decision on a conflict is bound to. */
export function conflictContext(type: string, id: string): string {
  return `conflict ${type} ${id}`;
}

function unfit(): HandoverError {
  return new HandoverError(
    'conflict-unfit',
    'One of these items is not held for what users of the target did; nothing was decided.',
    {
      exitCode: exitCodes.usage,
      next: 'See them with `handover quarantine list --code changed-at-target`, and `removed-at-target`.',
    },
  );
}

function gone(): HandoverError {
  return new HandoverError(
    'conflict-gone',
    'One of these items is no conflict any more: the target is as the source says, or has never had it.',
    {
      exitCode: exitCodes.usage,
      next: 'Send it through again with `handover quarantine replay ID`.',
    },
  );
}

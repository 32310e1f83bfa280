import type { ProjectKey } from '../keys/projectKey.ts';
import { tokenOf } from '../keys/stableId.ts';
import { isPlace, standingAmong } from '../ledger/duplicates.ts';
import { hasRepeatedKeys, repeatedAmong } from '../ledger/repeatedKeys.ts';
import type { BatchKey } from '../ledger/workUnit.ts';
import type { PackedMappedBatch } from '../mapping/mapper.ts';
import { setAsideReason, type RecordOutcome } from '../model/draft.ts';
import type { Related } from '../model/related.ts';
import type { Queries } from '../store/session.ts';
import { itemAt, packItems } from '../staging/packedItems.ts';

/**
 * What becomes of records of a batch whose key another record of their stream has too, by ordinal: which
 * of them is right is not ours to say, and their resources, having the same ids, would overwrite each
 * other. Where somebody has said which one stands, that one is mapped and the others are set aside.
 */
export async function repeatedFates(
  { database, key: project }: { database: Queries; key: ProjectKey },
  { run, stream }: Pick<BatchKey, 'run' | 'stream'>,
  keys: readonly string[],
  placeOf: Related['placeOf'],
): Promise<Map<number, RecordOutcome>> {
  const fates = new Map<number, RecordOutcome>();
  if (!(await hasRepeatedKeys(database, run, stream))) return fates;
  const tokens = keys.map((key) => Buffer.from(tokenOf(project.tag(stream, key))));
  const repeated = await repeatedAmong(database, run, stream, tokens);
  if (repeated.size === 0) return fates;
  const standing = await standingAmong(database, run, stream, hexBuffers(repeated));
  for (const [at, token] of tokens.entries()) {
    const name = token.toString('hex');
    if (!repeated.has(name)) continue;
    const chosen = standing.get(name);
    if (chosen === undefined) {
      fates.set(at, { state: 'quarantined', reason: 'duplicate-key' });
    } else if (!isPlace(chosen, placeOf(at))) {
      fates.set(at, { state: 'excluded', reason: setAsideReason });
    }
  }
  return fates;
}

export function hexBuffers(names: Iterable<string>): Buffer[] {
  return [...names].map((name) => Buffer.from(name, 'hex'));
}

/** Give mapped records another outcome: what was made of them does not stand. */
export function holdRecords(
  mapped: PackedMappedBatch,
  changed: ReadonlyMap<number, RecordOutcome>,
): PackedMappedBatch {
  const mappedOnly = [...changed].filter(([at]) => mapped.outcomes[at]?.state === 'mapped');
  return giveOutcomes(mapped, new Map(mappedOnly));
}

/** Give records another outcome, whatever they had: nothing that was made of them stands. */
export function giveOutcomes(
  mapped: PackedMappedBatch,
  changed: ReadonlyMap<number, RecordOutcome>,
): PackedMappedBatch {
  if (changed.size === 0) return mapped;
  const standing = [...mapped.drafts.keys()].filter(
    (at) => !mapped.drafts[at]?.from.some((ordinal) => changed.has(ordinal)),
  );
  return {
    ...mapped,
    drafts: standing.map((at) => mapped.drafts[at]!),
    outcomes: mapped.outcomes.map((outcome, ordinal) => changed.get(ordinal) ?? outcome),
    bodies: packItems(standing.map((at) => itemAt(mapped.bodies, at))),
  };
}

import type { PackedMappedBatch } from '../mapping/mapper.ts';
import type { RecordOutcome } from '../model/draft.ts';
import { itemAt, packItems } from '../staging/packedItems.ts';

/**
 * Hold mapped records whose key another record of their stream has too: which of them is right is not
 * ours to say, and their resources, having the same ids, would overwrite each other.
 */
export function holdRepeated(
  mapped: PackedMappedBatch,
  repeated: ReadonlySet<number>,
): PackedMappedBatch {
  const held = { state: 'quarantined', reason: 'duplicate-key' } as const;
  return holdRecords(mapped, new Map([...repeated].map((ordinal) => [ordinal, held])));
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

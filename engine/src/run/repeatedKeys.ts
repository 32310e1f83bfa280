import type { PackedMappedBatch } from '../mapping/mapper.ts';
import { itemAt, packItems } from '../staging/packedItems.ts';

/**
 * Hold mapped records whose key another record of their stream has too: which of them is right is not
 * ours to say, and their resources, having the same ids, would overwrite each other.
 */
export function holdRepeated(
  mapped: PackedMappedBatch,
  repeated: ReadonlySet<number>,
): PackedMappedBatch {
  const standing = [...mapped.drafts.keys()].filter(
    (at) => !mapped.drafts[at]?.from.some((ordinal) => repeated.has(ordinal)),
  );
  return {
    ...mapped,
    drafts: standing.map((at) => mapped.drafts[at]!),
    outcomes: mapped.outcomes.map((outcome, ordinal) =>
      outcome.state === 'mapped' && repeated.has(ordinal)
        ? { state: 'quarantined', reason: 'duplicate-key' }
        : outcome,
    ),
    bodies: packItems(standing.map((at) => itemAt(mapped.bodies, at))),
  };
}

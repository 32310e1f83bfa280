import { HandoverError } from '../base/errors.ts';
import type { RecordBatch } from '../model/record.ts';
import { joinName } from '../model/related.ts';
import type { Related, RelatedRecord, WantedKeys } from '../model/related.ts';
import type { CompiledMapping, PackedMappedBatch } from './mapper.ts';

/** Finds records for many keys at once: by the name of the join, then by key. */
export type FindRelated = (
  wanted: WantedKeys,
) => Promise<ReadonlyMap<string, ReadonlyMap<string, readonly RelatedRecord[]>>>;

/** What is reached may reach further, but not for ever. */
const deepest = 32;

/**
 * Map a batch with everything that its records reach in other streams. Each round looks for all keys
 * that the round before it lacked, set-wise.
 * @throws HandoverError `related-too-deep` for a chain of lookups that never ends.
 */
export async function mapWhole(
  mapping: CompiledMapping,
  batch: RecordBatch,
  find: FindRelated,
  placeOf: Related['placeOf'] = (ordinal) => ({ slice: '1', number: 0, ordinal }),
): Promise<PackedMappedBatch> {
  if (mapping.joins.length === 0) return mapping.map(batch);
  const found = new FoundRecords(placeOf);
  for (let round = 0; round < deepest; round++) {
    const mapped = mapping.mapRelated(batch, found);
    if (!('wanted' in mapped)) return mapped;
    found.add(mapped.wanted, await find(mapped.wanted));
  }
  throw new HandoverError('related-too-deep', 'A chain of lookups between streams does not end.', {
    next: `Look through the lookups in the mapping of ${mapping.stream}.`,
  });
}

/** What has been found so far. */
class FoundRecords implements Related {
  readonly placeOf: Related['placeOf'];
  readonly #found = new Map<string, Map<string, readonly RelatedRecord[]>>();

  constructor(placeOf: Related['placeOf']) {
    this.placeOf = placeOf;
  }

  records(
    join: Parameters<Related['records']>[0],
    key: string,
  ): readonly RelatedRecord[] | undefined {
    return this.#found.get(joinName(join))?.get(key);
  }

  /** Every key that was wanted is known from now on, if only as one that nothing has. */
  add(wanted: WantedKeys, records: Awaited<ReturnType<FindRelated>>): void {
    for (const [name, { keys }] of wanted) {
      const known = this.#found.get(name) ?? new Map<string, readonly RelatedRecord[]>();
      this.#found.set(name, known);
      for (const key of keys) known.set(key, records.get(name)?.get(key) ?? []);
    }
  }
}

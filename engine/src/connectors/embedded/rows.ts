import type { Queries } from '../../store/session.ts';
import type { TargetId } from '../../model/target.ts';
import type { BlockSeal, OpenBlock } from './block.ts';
import { typeName, typeNumber } from './resourceTypes.ts';
import type { Head } from './writePlan.ts';

/** Columns of {@link HeadRow}, of `resource` or `history` under the name `r`. */
export const headColumns = `r.type, r.id, r.version, r.block, r.slot, encode(r.digest, 'hex') digest`;

export interface HeadRow {
  type: number;
  id: string;
  version: number;
  block: string | null;
  slot: number | null;
  digest: string | null;
}

export function headOf(row: HeadRow): Head {
  const { block, slot, digest } = row;
  const stored =
    block === null || slot === null || digest === null
      ? undefined
      : { block: Number(block), slot, digest };
  return { type: typeName(row.type), id: row.id, version: row.version, stored };
}

/** Key of a resource in a map. */
export function keyOf({ type, id }: TargetId): string {
  return `${type}/${id}`;
}

/**
 * Ids as two array parameters, `smallint[]` and `text[]`. Written out here because both alphabets
 * need no escape and the driver would look for one in every element. Ids that cannot exist (unknown
 * type, characters that FHIR does not allow) must have been left out.
 */
export function idArrays(ids: readonly TargetId[]): [types: string, ids: string] {
  const types = ids.map(({ type }) => typeNumber(type) ?? 0);
  return [`{${types.join(',')}}`, `{${ids.map(({ id }) => id).join(',')}}`];
}

/**
 * The same ids, those of a type together: `smallint[]` and `text[]`, of which each element is itself
 * the text of a `text[]`. Looked up by `id = any(…)`, neighbours in the index are found in one descent;
 * a join with a list of single ids makes one for each, at twice the cost.
 */
export function idsByType(ids: readonly TargetId[]): [types: string, ids: string] {
  const byType = new Map<string, string[]>();
  for (const { type, id } of ids) {
    const some = byType.get(type);
    if (some === undefined) byType.set(type, [id]);
    else some.push(id);
  }
  const types = [...byType.keys()].map((type) => typeNumber(type) ?? 0);
  const lists = [...byType.values()].map((some) => `"{${some.join(',')}}"`);
  return [`{${types.join(',')}}`, `{${lists.join(',')}}`];
}

/** Read and open blocks; each is opened once. */
export async function openBlocks(
  queries: Queries,
  seal: BlockSeal,
  numbers: Iterable<number>,
): Promise<Map<number, OpenBlock>> {
  const wanted = [...new Set(numbers)];
  const { rows } = await queries.query<{ block: string; sealed: Buffer }>(
    'select block, sealed from block where block = any($1::bigint[])',
    [`{${wanted.join(',')}}`],
  );
  return new Map(
    rows.map(({ block, sealed }) => [Number(block), seal.open(Number(block), sealed)]),
  );
}

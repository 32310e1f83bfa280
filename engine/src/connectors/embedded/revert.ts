import type { Transaction } from '../../store/session.ts';
import { packBlock } from './block.ts';
import type { BlockSeal } from './block.ts';
import { headColumns, headOf, idArrays, keyOf, openBlocks } from './rows.ts';
import type { HeadRow } from './rows.ts';
import type { Head } from './writePlan.ts';

/**
 * Take the newest version of each back, as if it had never been written: its row goes, the earlier
 * version moves from the history to its place, and its body is cut out of its block. A block with
 * nothing left is deleted.
 * @returns what is current now, in the order of `heads`; version 0 where nothing is.
 */
export async function revertNewest(
  transaction: Transaction,
  seal: BlockSeal,
  heads: readonly Head[],
): Promise<Head[]> {
  if (heads.length === 0) return [];
  await transaction.query(
    `delete from resource r using unnest($1::smallint[], $2::text[]) as w (type, id)
     where r.type = w.type and r.id = w.id`,
    idArrays(heads),
  );
  const restored = await restore(transaction, heads);
  await purge(transaction, seal, heads);
  return heads.map(
    (head) =>
      restored.get(keyOf(head)) ?? { type: head.type, id: head.id, version: 0, stored: undefined },
  );
}

async function restore(
  transaction: Transaction,
  heads: readonly Head[],
): Promise<Map<string, Head>> {
  const earlier = heads.filter(({ version }) => version > 1);
  if (earlier.length === 0) return new Map();
  const { rows } = await transaction.query<HeadRow>(
    `with earlier as (
       delete from history r
       using unnest($1::smallint[], $2::text[], $3::int[]) as w (type, id, version)
       where r.type = w.type and r.id = w.id and r.version = w.version returning r.*)
     insert into resource as r select * from earlier returning ${headColumns}`,
    [...idArrays(earlier), `{${earlier.map(({ version }) => version - 1).join(',')}}`],
  );
  return new Map(rows.map(headOf).map((head) => [keyOf(head), head]));
}

/** Every version in a block is current or history until it is reverted, so what is left is live. */
async function purge(
  transaction: Transaction,
  seal: BlockSeal,
  heads: readonly Head[],
): Promise<void> {
  const byBlock = Map.groupBy(heads, ({ stored }) => stored?.block);
  byBlock.delete(undefined);
  const numbers = [...byBlock.keys()]
    .filter((block) => block !== undefined)
    .toSorted((a, b) => a - b);
  await transaction.query(
    'select from block where block = any($1::bigint[]) order by block for update',
    [`{${numbers.join(',')}}`],
  );
  const empty: number[] = [];
  for (const number of numbers) {
    const items = (await openBlocks(transaction, seal, [number])).get(number)?.items() ?? [];
    for (const { stored } of byBlock.get(number) ?? []) {
      if (stored !== undefined) items[stored.slot] = undefined;
    }
    if (items.every((item) => item === undefined)) empty.push(number);
    else {
      await transaction.query('update block set sealed = $2 where block = $1', [
        number,
        seal.seal(number, packBlock(items)),
      ]);
    }
  }
  await transaction.query('delete from block where block = any($1::bigint[])', [
    `{${empty.join(',')}}`,
  ]);
}

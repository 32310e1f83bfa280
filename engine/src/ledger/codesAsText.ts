import type { Queries, Transaction } from '../store/session.ts';
import type { BatchKey } from './workUnit.ts';

/** Enter, with a mapped batch, which of its drafts carry a text where a code map has no code. */
export async function enterCodesAsText(
  transaction: Transaction,
  key: BatchKey,
  drafts: ReadonlyMap<string, readonly number[]>,
): Promise<void> {
  for (const [codeMap, ordinals] of drafts) {
    await transaction.query(
      `insert into handover.code_as_text (run, stream, slice, number, code_map, drafts)
       values ($1, $2, $3, $4, $5, $6)`,
      [key.run, key.stream, key.slice, key.number, codeMap, ordinals],
    );
  }
}

/** By stream and code map, how many standing drafts of a run carry a text instead of a code. */
export async function codesAsTextOf(
  reader: Queries,
  run: string,
): Promise<{ stream: string; codeMap: string; drafts: number }[]> {
  const { rows } = await reader.query<{ stream: string; code_map: string; drafts: string }>(
    `select c.stream, c.code_map, sum(cardinality(c.drafts) - (
              select count(*) from handover.superseded s
               where s.run = c.run and s.stream = c.stream and s.slice = c.slice
                 and s.number = c.number and s.ordinal = any(c.drafts))) as drafts
       from handover.code_as_text c where c.run = $1
      group by 1, 2 order by 1, 2`,
    [run],
  );
  return rows
    .map((row) => ({ stream: row.stream, codeMap: row.code_map, drafts: Number(row.drafts) }))
    .filter(({ drafts }) => drafts > 0);
}

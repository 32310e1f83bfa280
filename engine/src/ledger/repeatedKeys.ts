import type { Queries, Transaction } from '../store/session.ts';
import { applyChoices } from './duplicates.ts';
import { entryPages, presentEntries } from './extracted.ts';
import { tokenBytes } from './entries.ts';
import { TokenCounts } from './tokenCounts.ts';

/** A pass over a stream holds at most this many tokens (21 MB); a longer stream takes more passes. */
const mostTokens = 500_000;

/**
 * Find the key tokens that more than one record of a stream has and enter them, in the transaction
 * that lets the stream go on to `map`. Records without a key have none to repeat and are left out.
 * Records that a replay brought back are the same records and do not count again.
 */
export async function enterRepeatedKeys(
  transaction: Transaction,
  run: string,
  stream: string,
  noKey: Buffer,
  most = mostTokens,
): Promise<void> {
  const total = await recordCount(transaction, run, stream);
  const passes = Math.max(1, Math.ceil(total / most));
  for (let pass = 0; pass < passes; pass++) {
    const seen = new TokenCounts(Math.ceil(total / passes) + 1024);
    const repeated = new Map<string, Buffer>();
    for await (const { tokens } of entryPages(transaction, run, stream, false)) {
      for (let at = 0; at < tokens.length; at += tokenBytes) {
        if (tokens.readUInt32LE(at) % passes !== pass || seen.add(tokens, at) === 0) continue;
        const token = tokens.subarray(at, at + tokenBytes);
        // Of its own: a part of the page would keep all of it in memory.
        if (!token.equals(noKey)) repeated.set(token.toString('hex'), Buffer.from(token));
      }
    }
    if (repeated.size === 0) continue;
    await insertRepeated(transaction, run, stream, [...repeated.values()]);
    await applyChoices(transaction, run, stream, [...repeated.values()]);
  }
}

/** Which of these tokens more than one record of the stream has. */
export async function repeatedAmong(
  reader: Queries,
  run: string,
  stream: string,
  tokens: readonly Buffer[],
): Promise<Set<string>> {
  const { rows } = await reader.query<{ token: Buffer }>(
    `select token from handover.repeated_key
      where run = $1 and stream = $2 and token = any($3::bytea[])`,
    [run, stream, tokens],
  );
  return new Set(rows.map(({ token }) => token.toString('hex')));
}

/** Whether any key of the stream is repeated, which is rare. */
export async function hasRepeatedKeys(
  reader: Queries,
  run: string,
  stream: string,
): Promise<boolean> {
  const { rows } = await reader.query(
    'select 1 from handover.repeated_key where run = $1 and stream = $2 limit 1',
    [run, stream],
  );
  return rows.length > 0;
}

async function recordCount(reader: Queries, run: string, stream: string): Promise<number> {
  const { rows } = await reader.query<{ total: string }>(
    `select coalesce(sum(e.count), 0) as total from handover.entry e where ${presentEntries}`,
    [run, stream],
  );
  return Number(rows[0]?.total ?? 0);
}

async function insertRepeated(
  transaction: Transaction,
  run: string,
  stream: string,
  tokens: readonly Buffer[],
): Promise<void> {
  await transaction.query(
    `insert into handover.repeated_key (run, stream, token)
     select $1, $2, unnest($3::bytea[]) on conflict do nothing`,
    [run, stream, tokens],
  );
}

import { isDelivered } from '../model/delivery.ts';
import type { Queries, Transaction } from '../store/session.ts';
import { tokenBytes, typeAt, type EntryPage } from './entries.ts';
import { pageOf } from './pages.ts';
import type { BatchKey } from './workUnit.ts';

/** Draft ordinals of a mapped batch whose records have been mapped again since. */
export async function supersededOf(reader: Queries, key: BatchKey): Promise<number[]> {
  const { rows } = await reader.query<{ ordinal: number }>(
    `select ordinal from handover.superseded
      where run = $1 and stream = $2 and slice = $3 and number = $4`,
    [key.run, key.stream, key.slice, key.number],
  );
  return rows.map(({ ordinal }) => ordinal);
}

/** Note that drafts of a mapped batch no longer stand. Returns how many stood until now. */
export async function supersede(
  transaction: Transaction,
  key: BatchKey,
  ordinals: readonly number[],
): Promise<number> {
  const added = await transaction.query(
    `insert into handover.superseded (run, stream, slice, number, ordinal)
     select $1, $2, $3, $4, unnest($5::int[]) on conflict do nothing`,
    [key.run, key.stream, key.slice, key.number, ordinals],
  );
  return added.count;
}

/** `Type token` of an entry: what {@link retiredResources} holds. */
export function resourceName(page: Pick<EntryPage, 'tokens' | 'types' | 'typeOf'>, at: number) {
  const token = page.tokens.subarray(at * tokenBytes, (at + 1) * tokenBytes);
  return `${typeAt(page, at)} ${token.toString('hex')}`;
}

/**
 * Resources at a target whose draft was superseded by a replay that did not deliver them again: the
 * ledger no longer says that they should be there. Few, as replays are.
 */
export async function retiredResources(reader: Queries, target: string): Promise<Set<string>> {
  const retired = new Set<string>();
  const { rows } = await reader.query<Place & { ordinals: number[] }>(
    `select s.run, s.stream, s.slice, s.number, array_agg(s.ordinal) as ordinals
       from handover.superseded s join handover.run r on r.id = s.run
      where r.state <> 'undone' group by 1, 2, 3, 4`,
  );
  for (const { ordinals, ...place } of rows) {
    const page = await pageOf(reader, { ...place, phase: 'map', target: '' });
    for (const at of page ? ordinals : []) retired.add(resourceName(page as EntryPage, at));
  }
  if (retired.size > 0) await keepRedelivered(reader, target, retired);
  return retired;
}

type Place = Pick<BatchKey, 'run' | 'stream' | 'slice' | 'number'>;

/** Take out what a later slice of the same run delivered, and nothing has superseded since. */
async function keepRedelivered(
  reader: Queries,
  target: string,
  retired: Set<string>,
): Promise<void> {
  const { rows } = await reader.query<Place>(
    `select distinct e.run, e.stream, e.slice, e.number
       from handover.entry e join handover.superseded s on s.run = e.run and s.stream = e.stream
      where e.phase = 'load' and e.target = $1
        and (e.slice like 'replay-%' or e.slice like 'settle-%')`,
    [target],
  );
  for (const place of rows) {
    const key = { ...place, phase: 'load', target } as const;
    const page = await pageOf(reader, key);
    const gone = new Set(await supersededOf(reader, key));
    for (let at = 0; at < (page?.count ?? 0); at++) {
      const stands = isDelivered((page as EntryPage).states[at] ?? 0) && !gone.has(at);
      if (stands) retired.delete(resourceName(page as EntryPage, at));
    }
  }
}

import { deliveryCodes, isDelivered } from '../model/delivery.ts';
import type { Queries } from '../store/session.ts';
import { tokenBytes, typeAt, type EntryPage } from './entries.ts';
import { exceptionsOf } from './exceptions.ts';
import { deliveryPages, pageOf } from './pages.ts';
import { roundOf } from './rounds.ts';
import { TokenCounts } from './tokenCounts.ts';
import type { BatchKey } from './workUnit.ts';

/** Drafts of one mapped batch that were delivered, no longer stand, and were not delivered since. */
export interface RetiredDrafts {
  /** Of `map`. */
  key: BatchKey;
  page: EntryPage;
  ordinals: number[];
}

export interface RetiredFilter {
  stream?: string;
  /** Leave out what has been taken out of the target since, or was tried to be. */
  left?: boolean;
}

/**
 * Resources that a run has put to a target and whose draft no longer stands: a replay or a re-map has
 * superseded it and not delivered it again. By the batch that delivered them last, in order.
 */
export async function* retiredDrafts(
  reader: Queries,
  run: string,
  target: string,
  filter: RetiredFilter = {},
): AsyncGenerator<RetiredDrafts> {
  const { rows: places } = await reader.query<Place & { ordinals: number[] }>(
    `select stream, slice, number, array_agg(ordinal order by ordinal) as ordinals
       from handover.superseded where run = $1 and ($2::text is null or stream = $2)
      group by 1, 2, 3 order by 1, 2, 3`,
    [run, filter.stream ?? null],
  );
  if (places.length === 0) return;
  const latest = await latestRounds(reader, run, target, filter);
  for (const { ordinals, ...place } of places) {
    const key: BatchKey = { run, phase: 'map', target: '', ...place };
    // As it was loaded: what brought along the chart of an earlier run stands there as that chart.
    const page = await pageOf(reader, { ...key, phase: 'load', target });
    if (page === undefined) continue;
    const delivered = await deliveredOf(reader, { ...key, phase: 'load', target });
    const round = roundOf(place.slice);
    const retired = ordinals.filter(
      (at) => delivered(at) && latest.of(page.tokens, at * tokenBytes) <= round,
    );
    if (retired.length > 0) yield { key, page, ordinals: retired };
  }
}

type Place = Pick<BatchKey, 'stream' | 'slice' | 'number'>;

/**
 * The round in which each resource was delivered last, where that was not the first. What settles one
 * stream may settle drafts of others with it, so every settling is looked into.
 */
async function latestRounds(
  reader: Queries,
  run: string,
  target: string,
  { stream, left = false }: RetiredFilter,
): Promise<TokenCounts> {
  const later = deliveryPages(reader, {
    where: `e.run = $1 and e.target = $2
      and ($3::text is null or e.stream = $3 or e.slice like 'settle-%')
      and (e.slice like 'replay-%' or e.slice like 'settle-%' or ($4 and e.slice like 'retire-%'))`,
    parameters: [run, target, stream ?? null, left],
  });
  const latest = new TokenCounts(16);
  for await (const { key, page } of later) {
    const tried = key.slice.startsWith('retire-');
    for (let at = 0; at < page.count; at++) {
      const state = page.states[at];
      // What somebody decided to keep stands there, if not as it was delivered.
      if (!tried && !isDelivered(state) && state !== deliveryCodes.kept) continue;
      latest.raise(page.tokens, at * tokenBytes, roundOf(key.slice));
    }
  }
  return latest;
}

/** Whether a draft of a batch came to the target, at once or when it was settled. */
export async function deliveredOf(
  reader: Queries,
  key: BatchKey,
): Promise<(ordinal: number) => boolean> {
  const page = await pageOf(reader, key);
  const settled = new Set(
    (await exceptionsOf(reader, key)).flatMap(({ ordinal, resolution }) =>
      resolution?.outcome === 'loaded' ? [ordinal] : [],
    ),
  );
  return (ordinal) => settled.has(ordinal) || isDelivered(page?.states[ordinal]);
}

/** `Type token` of an entry. */
export function resourceName(
  page: Pick<EntryPage, 'tokens' | 'types' | 'typeOf'>,
  at: number,
): string {
  const token = page.tokens.subarray(at * tokenBytes, (at + 1) * tokenBytes);
  return `${typeAt(page, at)} ${token.toString('hex')}`;
}

/** Names of all resources of {@link retiredDrafts}: the ledger does not say that they should be there. */
export async function retiredNames(
  reader: Queries,
  run: string,
  target: string,
): Promise<Set<string>> {
  const names = new Set<string>();
  for await (const { page, ordinals } of retiredDrafts(reader, run, target)) {
    for (const at of ordinals) names.add(resourceName(page, at));
  }
  return names;
}

/** Names of the resources that a run has taken out of a target, whether or not it made them again. */
export async function removedNames(
  reader: Queries,
  run: string,
  target: string,
): Promise<Set<string>> {
  const takenOut = deliveryPages(reader, {
    where: `e.run = $1 and e.target = $2 and e.slice like 'retire-%'`,
    parameters: [run, target],
  });
  const names = new Set<string>();
  for await (const { page } of takenOut) {
    for (let at = 0; at < page.count; at++) {
      if (page.states[at] === deliveryCodes.removed) names.add(resourceName(page, at));
    }
  }
  return names;
}

/** The batch of `load` in which a run first delivered a resource, and whether that created it. */
export interface FirstDelivery {
  key: BatchKey;
  created: boolean;
}

/**
 * First deliveries of resources of one stream whose drafts have all been superseded since, by token in
 * hex; `tokens`: those that are asked for.
 */
export async function firstDeliveries(
  reader: Queries,
  { run, target, stream }: Pick<BatchKey, 'run' | 'target' | 'stream'>,
  tokens: ReadonlySet<string>,
): Promise<Map<string, FirstDelivery>> {
  const { rows } = await reader.query<Place>(
    `select e.stream, e.slice, e.number from handover.entry e
      where e.run = $1 and e.phase = 'load' and e.target = $2
        and (e.slice = 'settle' or e.slice like 'settle-%' or (e.stream = $3 and exists (
          select 1 from handover.superseded s
           where s.run = e.run and s.stream = e.stream and s.slice = e.slice
             and s.number = e.number)))
      order by e.slice, e.number`,
    [run, target, stream],
  );
  const found = new Map<string, FirstDelivery>();
  for (const place of rows.toSorted((a, b) => roundOf(a.slice) - roundOf(b.slice))) {
    const key: BatchKey = { run, phase: 'load', target, ...place };
    const page = await pageOf(reader, key);
    for (let at = 0; at < (page?.count ?? 0); at++) {
      const { states, tokens: all } = page as EntryPage;
      if (!isDelivered(states[at])) continue;
      const token = all.toString('hex', at * tokenBytes, (at + 1) * tokenBytes);
      if (!tokens.has(token) || found.has(token)) continue;
      found.set(token, { key, created: states[at] === deliveryCodes.created });
    }
  }
  return found;
}

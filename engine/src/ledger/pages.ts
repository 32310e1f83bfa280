import type { Phase } from '../model/phase.ts';
import type { Queries } from '../store/session.ts';
import { ordinalsOf, tokenBytes, typeAt, type EntryPage } from './entries.ts';
import { TokenCounts } from './tokenCounts.ts';
import { sliceColumns, type BatchKey, type SliceKey } from './workUnit.ts';

interface PageRow {
  count: number;
  tokens: Buffer;
  types: string[];
  type_of: Buffer;
  subjects: Buffer;
  digests: Buffer;
  salts: Buffer;
  contributions: Buffer;
  states: Buffer;
  versions: Buffer;
  mapping_digest: string | null;
}

/** The entries that a batch committed. */
export async function pageOf(reader: Queries, key: BatchKey): Promise<EntryPage | undefined> {
  const { rows } = await reader.query<PageRow>(
    `select count, tokens, types, type_of, subjects, digests, salts, contributions, states, versions,
            mapping_digest
       from handover.entry
      where run = $1 and phase = $2 and target = $3 and stream = $4 and slice = $5
        and number = $6`,
    [...sliceColumns(key), key.number],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  const { mapping_digest, type_of: typeOf, ...page } = row;
  return { ...page, typeOf, ...(mapping_digest !== null && { mappingDigest: mapping_digest }) };
}

/** Keyed digests of the records or drafts of one batch, 32 bytes each. */
export async function batchDigests(reader: Queries, key: BatchKey): Promise<Buffer | undefined> {
  const { rows } = await reader.query<{ digests: Buffer }>(
    `select digests from handover.entry
      where run = $1 and phase = $2 and target = $3 and stream = $4 and slice = $5
        and number = $6`,
    [...sliceColumns(key), key.number],
  );
  return rows[0]?.digests;
}

export interface EntryPlace {
  key: BatchKey;
  ordinal: number;
}

/** Every entry of a run whose token is `token`, in the order of the road it took. */
export async function findToken(
  reader: Queries,
  run: string,
  token: Buffer,
  column: 'tokens' | 'subjects' = 'tokens',
): Promise<EntryPlace[]> {
  const { rows } = await reader.query<{
    phase: Phase;
    target: string;
    stream: string;
    slice: string;
    number: number;
    tokens: Buffer;
  }>(
    `select phase, target, stream, slice, number, ${column} as tokens
       from handover.entry where run = $1 and position($2::bytea in ${column}) > 0
      order by stream, array_position(array['extract','map','check','load','verify'], phase),
               target, slice, number`,
    [run, token],
  );
  return rows.flatMap(({ tokens, ...key }) =>
    ordinalsOf(tokens, token).map((ordinal) => ({ key: { run, ...key }, ordinal })),
  );
}

export interface BatchSummary {
  key: BatchKey;
  counts: Readonly<Record<string, number>>;
  root: Buffer;
  revision: string;
}

/** Committed batches of a phase, in the order of their slices. */
export async function batchesOf(
  reader: Queries,
  run: string,
  phase: Phase,
): Promise<BatchSummary[]> {
  const { rows } = await reader.query<{
    target: string;
    stream: string;
    slice: string;
    number: number;
    counts: Record<string, number>;
    root: Buffer;
    revision: string;
  }>(
    `select target, stream, slice, number, counts, root, revision
       from handover.batch where run = $1 and phase = $2
      order by stream, target, slice, number`,
    [run, phase],
  );
  return rows.map(({ counts, root, revision, ...key }) => ({
    key: { run, phase, ...key },
    counts,
    root,
    revision,
  }));
}

/** How many batches the slice has committed in a phase; its later phases have as many to do. */
export async function batchCount(reader: Queries, key: Omit<BatchKey, 'number'>): Promise<number> {
  const { rows } = await reader.query<{ position: number }>(
    `select position from handover.slice
      where run = $1 and phase = $2 and target = $3 and stream = $4 and slice = $5`,
    sliceColumns(key),
  );
  return rows[0]?.position ?? 0;
}

/** What tells which resources a batch delivered, without what proves it. */
export type DeliveryPage = Pick<EntryPage, 'count' | 'tokens' | 'types' | 'typeOf' | 'states'>;

export interface DeliveryPlace {
  key: BatchKey;
  page: DeliveryPage;
}

/** Which pages of `load` to read: SQL over `e`, an entry, with parameters from `$1`. */
interface DeliveryFilter {
  where: string;
  parameters: readonly unknown[];
}

/** Pages of `load`, ordered by run, stream, slice and number; some at a time, however many there are. */
export async function* deliveryPages(
  reader: Queries,
  { where, parameters }: DeliveryFilter,
): AsyncGenerator<DeliveryPlace> {
  let after: readonly [run: string, stream: string, slice: string, number: number] = firstPlace;
  const [run, stream, slice, number] = after.map((_, at) => `$${parameters.length + at + 1}`);
  for (;;) {
    const { rows } = await reader.query<DeliveryRow>(
      `select e.run, e.target, e.stream, e.slice, e.number,
              e.count, e.tokens, e.types, e.type_of, e.states
         from handover.entry e
        where e.phase = 'load' and ${where}
          and (e.run, e.stream, e.slice, e.number) > (${run}, ${stream}, ${slice}, ${number})
        order by e.run, e.stream, e.slice, e.number limit ${pagesAtOnce}`,
      [...parameters, ...after],
    );
    for (const { count, tokens, types, type_of: typeOf, states, ...key } of rows) {
      yield { key: { phase: 'load', ...key }, page: { count, tokens, types, typeOf, states } };
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < pagesAtOnce) return;
    after = [last.run, last.stream, last.slice, last.number];
  }
}

type DeliveryRow = Omit<BatchKey, 'phase'> &
  Pick<PageRow, 'count' | 'tokens' | 'types' | 'type_of' | 'states'>;

/** Before every place. */
const firstPlace = ['00000000-0000-0000-0000-000000000000', '', '', -1] as const;

/**
 * Load pages of a target over all runs that stand; undone batches are left out. Of all streams unless
 * some are named.
 */
export function createdAt(
  reader: Queries,
  target: string,
  streams?: readonly string[],
): AsyncGenerator<DeliveryPlace> {
  if (streams === undefined)
    return deliveryPages(reader, { where: standsAt, parameters: [target] });
  const where = `${standsAt} and e.stream = any($2::text[])`;
  return deliveryPages(reader, { where, parameters: [target, streams] });
}

/** How many drafts {@link createdAt} leads to, those that were not delivered among them. */
export async function countAt(reader: Queries, target: string): Promise<number> {
  const { rows } = await reader.query<{ count: string }>(
    `select coalesce(sum(e.count), 0) as count from handover.entry e
      where e.phase = 'load' and ${standsAt}`,
    [target],
  );
  return Number(rows[0]?.count);
}

const standsAt = `e.target = $1 and not exists (
  select 1 from handover.run r where r.id = e.run and r.state = 'undone')`;

/** The digests of what a slice has committed, batch by batch from its front. */
export async function* digestsOf(reader: Queries, key: SliceKey): AsyncGenerator<Buffer> {
  for (let number = -1; ;) {
    const { rows } = await reader.query<{ number: number; digests: Buffer }>(
      `select number, digests from handover.entry
        where run = $1 and phase = $2 and target = $3 and stream = $4 and slice = $5
          and number > $6 order by number limit ${pagesAtOnce}`,
      [...sliceColumns(key), number],
    );
    for (const { digests } of rows) yield digests;
    const last = rows.at(-1);
    if (last === undefined || rows.length < pagesAtOnce) return;
    number = last.number;
  }
}

/** Pages fetched at a time. */
const pagesAtOnce = 32;

/** Batches of `map` that made resources of any of these types, streams in the order in which they load. */
export async function batchesWith(
  reader: Queries,
  run: string,
  types: readonly string[],
): Promise<BatchKey[]> {
  const { rows } = await reader.query<Pick<BatchKey, 'stream' | 'slice' | 'number'>>(
    `select e.stream, e.slice, e.number from handover.entry e
       join handover.stream s on s.run = e.run and s.name = e.stream
      where e.run = $1 and e.phase = 'map' and e.types && $2
      order by s.position, e.slice, e.number`,
    [run, types],
  );
  return rows.map((place) => ({ run, phase: 'map', target: '', ...place }));
}

/** The stable ids of all drafts of these types that any run of the project ever made, by their tokens. */
export async function draftedTokens(
  reader: Queries,
  wanted: readonly string[],
): Promise<TokenCounts> {
  const tokens = new TokenCounts(1024);
  const { rows: places } = await reader.query<Omit<BatchKey, 'phase' | 'target'>>(
    `select run, stream, slice, number from handover.entry where phase = 'map' and types && $1`,
    [wanted],
  );
  for (const place of places) {
    const page = await pageOf(reader, { ...place, phase: 'map', target: '' });
    for (let at = 0; at < (page?.count ?? 0); at++) {
      if (wanted.includes(typeAt(page!, at))) tokens.raise(page!.tokens, at * tokenBytes, 1);
    }
  }
  return tokens;
}

/** How many drafts a run made of each type of resource. */
export async function draftedTypes(
  reader: Queries,
  run: string,
): Promise<{ type: string; drafts: number }[]> {
  const drafts = new Map<string, number>();
  const { rows } = await reader.query<Pick<PageRow, 'types' | 'type_of'>>(
    `select types, type_of from handover.entry where run = $1 and phase = 'map'`,
    [run],
  );
  for (const { types, type_of: typeOf } of rows) {
    for (const at of typeOf) {
      const type = types[at] ?? '';
      drafts.set(type, (drafts.get(type) ?? 0) + 1);
    }
  }
  return [...drafts]
    .map(([type, count]) => ({ type, drafts: count }))
    .toSorted((one, other) => (one.type < other.type ? -1 : 1));
}

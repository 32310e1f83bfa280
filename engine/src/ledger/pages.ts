import type { Phase } from '../model/phase.ts';
import type { Queries } from '../store/session.ts';
import { ordinalsOf, type EntryPage } from './entries.ts';
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

/** Load pages of a target over all runs that stand, a few at a time; undone batches are left out. */
export async function* createdAt(
  reader: Queries,
  target: string,
): AsyncGenerator<{ run: string; page: EntryPage }> {
  const { rows: places } = await reader.query<{
    run: string;
    stream: string;
    slice: string;
    number: number;
  }>(
    `select e.run, e.stream, e.slice, e.number from handover.entry e
      where e.phase = 'load' and e.target = $1
        and not exists (select 1 from handover.run r where r.id = e.run and r.state = 'undone')
      order by 1, 2, 3, 4`,
    [target],
  );
  for (const place of places) {
    const page = await pageOf(reader, { ...place, phase: 'load', target });
    if (page) yield { run: place.run, page };
  }
}

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

import type { Stored, StoredBatch, TargetId } from '../../model/target.ts';
import type { Database } from '../../store/database.ts';
import type { Queries } from '../../store/session.ts';
import type { BlockSeal, OpenBlock } from './block.ts';
import { isFhirId, typeName, typeNumber } from './resourceTypes.ts';
import { headColumns, headOf, idArrays, idsByType, keyOf, openBlocks } from './rows.ts';
import type { HeadRow } from './rows.ts';
import type { Head } from './writePlan.ts';

/** A version of a resource with the time it was written; without a body it is a removal. */
export interface Version extends TargetId {
  version: number;
  updated: Date;
  body: Buffer | undefined;
}

/** Blocks held open at once: at most 16 MiB of clear text, or one large body each. */
const blocksAtOnce = 64;
const scanPage = 5000;

/** What reads need of the store. */
export interface ReadParts {
  database: Database;
  seal: BlockSeal;
}

/** Heads of the resources that exist or have existed, in no order. */
export async function readHeads(
  queries: Queries,
  ids: readonly TargetId[],
  locking: '' | 'for update of r' = '',
): Promise<Head[]> {
  const possible = ids.filter(({ type, id }) => typeNumber(type) !== undefined && isFhirId(id));
  if (possible.length === 0) return [];
  const { rows } = await queries.query<HeadRow>(
    locking === ''
      ? `select ${headColumns} ${thoseOfTypes}`
      : `select ${headColumns} from unnest($1::smallint[], $2::text[]) as w (type, id)
         join resource r on r.type = w.type and r.id = w.id order by r.type, r.id ${locking}`,
    locking === '' ? idsByType(possible) : idArrays(possible),
  );
  return rows.map(headOf);
}

/** Resources named by {@link idsByType}; in no order, each once. */
const thoseOfTypes = `from unnest($1::smallint[], $2::text[]) as w (type, ids)
  join resource r on r.type = w.type and r.id = any (w.ids::text[])`;

/** Which of these are present, in order: ids go over the wire where not all are, and no row. */
export async function presentIds(
  queries: Queries,
  ids: readonly TargetId[],
): Promise<readonly boolean[]> {
  const asked = ids.filter(({ type, id }) => typeNumber(type) !== undefined && isFhirId(id));
  if (asked.length === 0) return ids.map(() => false);
  const lists = idsByType(asked);
  if (asked.length === ids.length && (await areAllPresent(queries, lists, ids.length))) {
    return ids.map(() => true);
  }
  const { rows } = await queries.query<{ type: number; present: string }>(
    `select r.type, string_agg(r.id, ' ') as present ${thoseOfTypes}
     where r.block is not null group by r.type`,
    lists,
  );
  const present = new Map(
    rows.map((row) => [typeName(row.type), new Set(row.present.split(' '))] as const),
  );
  return ids.map(({ type, id }) => present.get(type)?.has(id) ?? false);
}

/** Mostly all are, and a number says so. Where an id is among them twice, it says too little. */
async function areAllPresent(
  queries: Queries,
  lists: ReturnType<typeof idsByType>,
  count: number,
): Promise<boolean> {
  const { rows } = await queries.query<{ present: number }>(
    `select count(*)::int as present ${thoseOfTypes} where r.block is not null`,
    lists,
  );
  return rows[0]?.present === count;
}

/** One answer per id, in order; bodies are read block by block on one snapshot. */
export async function fetchStored(
  parts: ReadParts,
  ids: readonly TargetId[],
  want: 'head' | 'body',
  signal: AbortSignal,
): Promise<Stored[]> {
  return parts.database.read(async (snapshot) => {
    const heads = new Map((await readHeads(snapshot, ids)).map((head) => [keyOf(head), head]));
    const bodies =
      want === 'head'
        ? undefined
        : await readBodies(snapshot, parts.seal, [...heads.values()], signal);
    if (heads.size === 0) return ids.map((id) => storedOf(id, undefined, undefined));
    return ids.map((id) => storedOf(id, heads.get(keyOf(id)), bodies));
  });
}

function storedOf(
  { type, id }: TargetId,
  head: Head | undefined,
  bodies: ReadonlyMap<Head, Buffer> | undefined,
): Stored {
  if (head === undefined) return { type, id, state: 'absent' };
  const { version, stored } = head;
  if (stored === undefined) return { type, id, state: 'removed', version };
  const present = { type, id, state: 'present', version, digest: stored.digest } as const;
  const body = bodies?.get(head);
  return body === undefined ? present : { ...present, body };
}

/** Bodies of `heads`, but for removals. */
export async function readBodies(
  queries: Queries,
  seal: BlockSeal,
  heads: readonly Head[],
  signal?: AbortSignal,
): Promise<Map<Head, Buffer>> {
  const byBlock = Map.groupBy(heads, ({ stored }) => stored?.block);
  const blocks = [...byBlock.keys()].filter((block) => block !== undefined);
  const bodies = new Map<Head, Buffer>();
  for (let from = 0; from < blocks.length; from += blocksAtOnce) {
    signal?.throwIfAborted();
    const some = blocks.slice(from, from + blocksAtOnce);
    const open = await openBlocks(queries, seal, some);
    for (const block of some) {
      for (const head of byBlock.get(block) ?? []) bodies.set(head, bodyOf(head, open));
    }
  }
  return bodies;
}

function bodyOf(head: Head, open: ReadonlyMap<number, OpenBlock>): Buffer {
  const { type, id, version, stored } = head;
  const block = stored === undefined ? undefined : open.get(stored.block);
  if (stored === undefined || block === undefined) throw new RangeError('a block is missing');
  return block.body(stored.slot, type, id, version);
}

/**
 * Heads of everything present, in order of type number and id. The cursor is the last one's key, so
 * what is written meanwhile is seen or not but nothing else is missed or repeated.
 */
export async function* scanHeads(
  database: Database,
  after: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<StoredBatch> {
  let cursor = after ?? '0/';
  for (;;) {
    signal.throwIfAborted();
    const [type, id] = cursor.split('/');
    const { rows } = await database.query<HeadRow>(
      `select ${headColumns} from resource r where (r.type, r.id) > ($1, $2)
         and r.block is not null order by r.type, r.id limit ${scanPage}`,
      [type, id],
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    cursor = `${last.type}/${last.id}`;
    yield { resources: rows.map((row) => storedOf(nameOf(row), headOf(row), undefined)), cursor };
    if (rows.length < scanPage) return;
  }
}

/** Bodies held open at once by {@link readType}. */
const typePage = 1000;

/** Everything present of one type, with bodies, in order of id; the cursor is as that of {@link scanHeads}. */
export async function* readType(
  { database, seal }: ReadParts,
  type: string,
  after: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<StoredBatch> {
  const number = typeNumber(type);
  let id = after?.slice(after.indexOf('/') + 1) ?? '';
  if (number === undefined) return;
  for (;;) {
    signal.throwIfAborted();
    const resources = await database.read(async (snapshot) => {
      const { rows } = await snapshot.query<HeadRow>(
        `select ${headColumns} from resource r where r.type = $1 and r.id > $2
           and r.block is not null order by r.id limit ${typePage}`,
        [number, id],
      );
      const heads = rows.map(headOf);
      const bodies = await readBodies(snapshot, seal, heads, signal);
      return rows.map((row, at) => storedOf(nameOf(row), heads[at], bodies));
    });
    const last = resources.at(-1);
    if (last === undefined) return;
    id = last.id;
    yield { resources, cursor: `${number}/${id}` };
    if (resources.length < typePage) return;
  }
}

function nameOf(row: HeadRow): TargetId {
  return { type: typeName(row.type), id: row.id };
}

/** All versions of a resource, newest first; empty when it never was. */
export async function readHistory(parts: ReadParts, of: TargetId): Promise<Version[]> {
  return readVersions(parts, of, 'order by r.version desc', []);
}

/** The newest version, which may be a removal. */
export async function readNewest(parts: ReadParts, of: TargetId): Promise<Version | undefined> {
  const versions = await readVersions(parts, of, 'order by r.version desc limit 1', []);
  return versions[0];
}

/** One version. */
export async function readVersion(
  parts: ReadParts,
  of: TargetId,
  version: number,
): Promise<Version | undefined> {
  const versions = await readVersions(parts, of, 'where r.version = $3', [version]);
  return versions[0];
}

async function readVersions(
  { database, seal }: ReadParts,
  { type, id }: TargetId,
  which: string,
  parameters: readonly number[],
): Promise<Version[]> {
  const number = typeNumber(type);
  if (number === undefined || !isFhirId(id)) return [];
  return database.read(async (snapshot) => {
    const { rows } = await snapshot.query<HeadRow & { updated: Date }>(
      `select ${headColumns}, r.updated from (
         select * from resource where type = $1 and id = $2
         union all select * from history where type = $1 and id = $2) r ${which}`,
      [number, id, ...parameters],
    );
    return versionsOf(snapshot, seal, rows);
  });
}

/** Turn rows into versions with their bodies, in the same order. */
export async function versionsOf(
  queries: Queries,
  seal: BlockSeal,
  rows: readonly (HeadRow & { updated: Date })[],
): Promise<Version[]> {
  const heads = rows.map(headOf);
  const bodies = await readBodies(queries, seal, heads);
  return heads.map((head, at) => ({
    type: head.type,
    id: head.id,
    version: head.version,
    updated: (rows[at] as { updated: Date }).updated,
    body: bodies.get(head),
  }));
}

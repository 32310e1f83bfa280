import { joinKeys } from '../formats/joinKeys.ts';
import { openBytes, sealBytes, type ProjectKey } from '../keys/projectKey.ts';
import { tokenOf } from '../keys/stableId.ts';
import {
  batchesToJoin,
  enterJoined,
  joinedUnder,
  type FoundJoined,
  type JoinedBatch,
  type JoinedRecords,
  type ReplacedJoined,
} from '../ledger/joined.ts';
import { hasRepeatedKeys } from '../ledger/repeatedKeys.ts';
import type { BatchKey } from '../ledger/workUnit.ts';
import type { FindRelated } from '../mapping/mapWhole.ts';
import { Memo } from '../mapping/memo.ts';
import {
  joinName,
  type Join,
  type Related,
  type RelatedRecord,
  type WantedKeys,
} from '../model/related.ts';
import type { RecordBatch, RecordMediaType } from '../model/record.ts';
import type { Database } from '../store/database.ts';
import type { Queries } from '../store/session.ts';
import { itemAt } from '../staging/packedItems.ts';
import { splitHeader } from './packed.ts';
import type { Parcels } from './parcels.ts';
import type { RecordsHeader } from './phases/recordEntries.ts';
import type { Attempts } from './phases/work.ts';
import { repeatedFates } from './repeatedKeys.ts';

export interface RelatedServices extends Attempts {
  database: Database;
  parcels: Parcels;
  key: ProjectKey;
}

/**
 * Make what a run's joins need, of streams that have been read whole: the records by the keyed token
 * of their joined columns. Batch by batch, each committed by itself and entered once, so that it can
 * be stopped anywhere and done again; memory is that of one batch.
 */
export async function prepareJoins(
  services: RelatedServices,
  run: string,
  joins: readonly Join[],
  columnsOf: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  const distinct = new Map(joins.map((join) => [joinName(join), join]));
  for (const [name, join] of distinct) {
    for (const place of await batchesToJoin(services.database, run, join.stream, name)) {
      const key = { run, phase: 'extract', target: '', stream: join.stream, ...place } as const;
      await joinBatch(services, key, join, columnsOf.get(join.stream) ?? []);
    }
  }
}

async function joinBatch(
  { database, parcels, key: project, random }: RelatedServices,
  key: BatchKey,
  join: Join,
  columns: readonly string[],
): Promise<void> {
  const name = joinName(join);
  const records = await readStaged(parcels, key);
  const dataKey = random.bytes(32);
  const keys = records ? joinKeys(records, columns, join.columns) : [];
  const byKey = Map.groupBy(keys.keys(), (ordinal) => keys[ordinal]);
  const joined = [...byKey].flatMap(([text, ordinals]) => {
    if (text === undefined || records === undefined) return [];
    const token = joinToken(project, name, text);
    const packed = packRecords(records, ordinals);
    return [{ token, records: sealBytes(dataKey, packed, token.toString('hex'), random) }];
  });
  const { run, slice, number } = key;
  const context = joinedKeyContext(run, name, slice, number);
  const wrappedKey = project.wrapDataKey(dataKey, context);
  const mediaType = records?.mediaType ?? '';
  const batch = { run, name, slice, number, mediaType, wrappedKey };
  await database.transaction((transaction) => enterJoined(transaction, batch, joined));
}

/** Records as they were staged; `origins` of those that a replay brought back. */
export type StagedBatch = RecordBatch & Pick<RecordsHeader, 'origins'>;

/** Where a record of the batch was staged first. */
export function placesOf(
  { slice, number }: BatchKey,
  records: StagedBatch | undefined,
): Related['placeOf'] {
  return (ordinal) => records?.origins?.[ordinal] ?? { slice, number, ordinal };
}

/** The records of a batch as they were read; undefined when it holds none. */
export async function readStaged(
  parcels: Parcels,
  key: BatchKey,
): Promise<StagedBatch | undefined> {
  const items = await parcels.read({ ...key, phase: 'extract', target: '' }, 'records');
  if (items === undefined) return undefined;
  const { header, items: packed } = splitHeader<RecordsHeader>(items);
  return { stream: key.stream, ...header, ...packed, cursor: '' };
}

function joinToken(key: ProjectKey, name: string, text: string): Buffer {
  return Buffer.from(tokenOf(key.tag(`join ${name}`, text)));
}

/** What the wrapped key of a batch of joined rows is bound to. */
export function joinedKeyContext(run: string, name: string, slice: string, number: number): string {
  return `joined ${run} ${name} ${slice} ${number}`;
}

/** Ordinal, length of the key and length of the bytes (u32 LE each), key and bytes, for each. */
function packRecords(records: RecordBatch, ordinals: readonly number[]): Buffer {
  return Buffer.concat(
    ordinals.flatMap((ordinal) =>
      packRecord(ordinal, records.keys[ordinal] as string, itemAt(records, ordinal)),
    ),
  );
}

function packRelated(records: readonly RelatedRecord[]): Buffer {
  return Buffer.concat(
    records.flatMap(({ place, key, bytes }) => packRecord(place.ordinal, key, bytes)),
  );
}

function packRecord(ordinal: number, sourceKey: string, bytes: Uint8Array): Uint8Array[] {
  const key = Buffer.from(sourceKey);
  const head = Buffer.alloc(12);
  head.writeUInt32LE(ordinal, 0);
  head.writeUInt32LE(key.length, 4);
  head.writeUInt32LE(bytes.length, 8);
  return [head, key, bytes];
}

function unpackRecords(
  packed: Buffer,
  found: Pick<FoundJoined, 'slice' | 'number' | 'mediaType'>,
): RelatedRecord[] {
  const { slice, number } = found;
  const mediaType = found.mediaType as RecordMediaType;
  const records: RelatedRecord[] = [];
  for (let at = 0; at < packed.length;) {
    const keyStart = at + 12;
    const bytesStart = keyStart + packed.readUInt32LE(at + 4);
    const end = bytesStart + packed.readUInt32LE(at + 8);
    records.push({
      place: { slice, number, ordinal: packed.readUInt32LE(at) },
      key: packed.toString('utf8', keyStart, bytesStart),
      mediaType,
      bytes: packed.subarray(bytesStart, end),
    });
    at = end;
  }
  return records;
}

/**
 * What a batch gives to a join without some of its records: the rest is sealed under a new data key.
 * Undefined: it holds none of them.
 */
export function withoutJoined(
  { key: project, random }: Pick<RelatedServices, 'key' | 'random'>,
  batch: JoinedBatch,
  rows: readonly JoinedRecords[],
  ordinals: ReadonlySet<number>,
): ReplacedJoined | undefined {
  const context = joinedKeyContext(batch.run, batch.name, batch.slice, batch.number);
  const former = project.unwrapDataKey(batch.wrappedKey, context);
  const dataKey = random.bytes(32);
  const gone: Buffer[] = [];
  const records: JoinedRecords[] = [];
  let found = false;
  for (const { token, records: sealed } of rows) {
    const name = token.toString('hex');
    const all = unpackRecords(openBytes(former, sealed, name), batch);
    const left = all.filter(({ place }) => !ordinals.has(place.ordinal));
    found ||= left.length < all.length;
    if (left.length === 0) gone.push(token);
    else records.push({ token, records: sealBytes(dataKey, packRelated(left), name, random) });
  }
  if (!found) return undefined;
  return { batch: { ...batch, wrappedKey: project.wrapDataKey(dataKey, context) }, records, gone };
}

/** Single rows are remembered, as facilities and code tables come again; so many of a join. */
const remembered = 20_000;

/** Finds what the records of a run reach, by one statement for each join and batch. */
export function relatedFinder(
  { database, key }: { database: Queries; key: ProjectKey },
  run: string,
): FindRelated {
  const memos = new Map<string, Memo<readonly RelatedRecord[]>>();
  const repeating = new Map<string, boolean>();
  return async (wanted: WantedKeys) => {
    const answers = new Map<string, Map<string, readonly RelatedRecord[]>>();
    for (const [name, { join, keys }] of wanted) {
      const { stream } = join;
      const memo = memos.get(name) ?? new Memo(remembered);
      memos.set(name, memo);
      const found = await findJoined(database, key, { run, name, keys, memo });
      let repeats = repeating.get(stream);
      repeats ??= await hasRepeatedKeys(database, run, stream);
      repeating.set(stream, repeats);
      answers.set(name, repeats ? await markRepeated(database, key, run, stream, found) : found);
    }
    return answers;
  };
}

/**
 * Records whose key another one of their stream has too are held, and nothing is made of them, or set
 * aside where another one stands.
 */
async function markRepeated(
  database: Queries,
  project: ProjectKey,
  run: string,
  stream: string,
  found: Map<string, readonly RelatedRecord[]>,
): Promise<Map<string, readonly RelatedRecord[]>> {
  const answers: [string, readonly RelatedRecord[]][] = [];
  const services = { database, key: project };
  const all = [...found.values()].flat();
  const keys = all.map(({ key }) => key);
  const placeOf = (at: number) => (all[at] as RelatedRecord).place;
  const fates = await repeatedFates(services, { run, stream }, keys, placeOf);
  let at = 0;
  for (const [key, records] of found) {
    const marked = records.map((record): RelatedRecord => {
      const fate = fates.get(at++);
      if (fate?.state === 'excluded') return { ...record, setAside: true };
      return fate?.state === 'quarantined' ? { ...record, held: fate.reason } : record;
    });
    answers.push([key, marked]);
  }
  return new Map(answers);
}

interface Search {
  run: string;
  name: string;
  keys: ReadonlySet<string>;
  memo: Memo<readonly RelatedRecord[]>;
}

async function findJoined(
  database: Queries,
  project: ProjectKey,
  { run, name, keys, memo }: Search,
): Promise<Map<string, readonly RelatedRecord[]>> {
  const answers = new Map<string, RelatedRecord[]>();
  const texts = new Map<string, string>();
  const known = new Map<string, readonly RelatedRecord[]>();
  const tokens: Buffer[] = [];
  for (const text of keys) {
    const before = memo.get(text);
    if (before !== undefined) {
      known.set(text, before);
      continue;
    }
    const token = joinToken(project, name, text);
    tokens.push(token);
    texts.set(token.toString('hex'), text);
    answers.set(text, []);
  }
  if (tokens.length === 0) return known;
  for (const found of await joinedUnder(database, run, name, tokens)) {
    const token = found.token.toString('hex');
    const context = joinedKeyContext(run, name, found.slice, found.number);
    const dataKey = project.unwrapDataKey(found.wrappedKey, context);
    const records = unpackRecords(openBytes(dataKey, found.records, token), found);
    answers.get(texts.get(token) as string)?.push(...records);
  }
  for (const [text, records] of answers) {
    if (records.length === 1) memo.set(text, records);
    known.set(text, records);
  }
  return known;
}

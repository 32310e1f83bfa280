import type { Row } from '../formats/copyText.ts';
import { openRowReader } from '../formats/rowReader.ts';
import type { RecordBatch } from '../model/record.ts';
import type { Source } from '../model/source.ts';
import type { Stream } from '../model/stream.ts';
import { columnChanges, type ColumnChange } from './columnChanges.ts';

/** What a later delivery of a stream has that an earlier one had not, and the other way round. */
export interface StreamChanges {
  stream: string;
  /** Records in either; undefined: the delivery has no such stream. */
  formerRecords?: number;
  laterRecords?: number;
  columns: readonly ColumnChange[];
  /** Undefined where the records cannot be told apart by the same key: it is another now. */
  records?: RecordChanges;
}

/**
 * Counts of keys. `changed` compares the columns that both deliveries have, by their values; of a
 * stream without a key equal records are the same, so that none is changed.
 */
export interface RecordChanges {
  added: number;
  changed: number;
  removed: number;
  unchanged: number;
  /** Keys that several records of one delivery have: which is which cannot be told. */
  repeated: number;
}

/** Keys compared at once; a longer stream is read again for the next part of its keys. */
const mostKeys = 500_000;

/** Compare two deliveries, both open, stream by stream. `digest` is keyed. */
export async function deliveryChanges(
  former: Source,
  later: Source,
  digest: (data: Uint8Array) => string,
  signal: AbortSignal,
  most = mostKeys,
): Promise<StreamChanges[]> {
  const before = new Map((await former.streams()).map((stream) => [stream.name, stream]));
  const now = new Map((await later.streams()).map((stream) => [stream.name, stream]));
  const found: StreamChanges[] = [];
  for (const name of new Set([...before.keys(), ...now.keys()])) {
    const [one, other] = [before.get(name), now.get(name)];
    if (one === undefined || other === undefined) {
      const counts = { ...recordsOf('formerRecords', one), ...recordsOf('laterRecords', other) };
      found.push({ stream: name, ...counts, columns: [] });
      continue;
    }
    const sides = {
      former: { source: former, stream: one },
      later: { source: later, stream: other },
    };
    found.push(await streamChanges(name, sides, { digest, signal, most }));
  }
  return found;
}

function recordsOf<Name extends string>(name: Name, stream: Stream | undefined) {
  return stream === undefined ? {} : ({ [name]: stream.count ?? 0 } as Record<Name, number>);
}

interface Side {
  source: Source;
  stream: Stream;
}

interface Comparing {
  digest: (data: Uint8Array) => string;
  signal: AbortSignal;
  most: number;
}

async function streamChanges(
  name: string,
  { former, later }: { former: Side; later: Side },
  comparing: Comparing,
): Promise<StreamChanges> {
  const columns = columnChanges(former.stream, later.stream);
  const counts = {
    ...recordsOf('formerRecords', former.stream),
    ...recordsOf('laterRecords', later.stream),
  };
  const nameNow = new Map(
    columns.flatMap((one) => (one.change === 'renamed' ? [[one.from, one.column]] : [])),
  );
  const keyBefore = former.stream.key.map((column) => nameNow.get(column) ?? column);
  if (keyBefore.join() !== later.stream.key.join()) return { stream: name, ...counts, columns };
  const [before, now] = sharedColumns(former.stream, later.stream, nameNow);
  const total = Math.max(former.stream.count ?? 0, later.stream.count ?? 0);
  const passes = Math.max(1, Math.ceil(total / comparing.most));
  const records: RecordChanges = { added: 0, changed: 0, removed: 0, unchanged: 0, repeated: 0 };
  for (let pass = 0; pass < passes; pass++) {
    const part = new Part(keyBefore.length > 0);
    const mine = (key: string): boolean => key.charCodeAt(0) % passes === pass;
    for await (const [key, value] of recordDigests(former, before, comparing)) {
      if (mine(key)) part.had(key, value);
    }
    for await (const [key, value] of recordDigests(later, now, comparing)) {
      if (mine(key)) part.has(key, value);
    }
    part.countInto(records);
  }
  return { stream: name, ...counts, columns, records };
}

/** Places of the columns that both have, in the same order. */
function sharedColumns(
  former: Stream,
  later: Stream,
  nameNow: ReadonlyMap<string, string>,
): [number[], number[]] {
  const pairs = former.columns.flatMap(({ name }, at): [number, number][] => {
    const other = later.columns.findIndex((one) => one.name === (nameNow.get(name) ?? name));
    return other < 0 ? [] : [[at, other]];
  });
  return [pairs.map(([at]) => at), pairs.map(([, other]) => other)];
}

/** Key and values of each record, as short digests that tell them apart. */
async function* recordDigests(
  { source, stream }: Side,
  columns: readonly number[],
  { digest, signal }: Comparing,
): AsyncGenerator<[key: string, value: string]> {
  const short = (data: Uint8Array): string =>
    Buffer.from(digest(data), 'hex').toString('latin1', 0, 16);
  const wanted = stream.columns.map((_, at) => columns.includes(at));
  const row: Row = [];
  for (const slice of await source.slices(stream, 1)) {
    const request = { stream, slice, records: 5_000, bytes: 4 * 1024 * 1024 };
    for await (const batch of source.read(request, signal)) {
      const reader = openRowReader(batch.mediaType, wanted);
      reader?.open(batch);
      for (const [ordinal, key] of batch.keys.entries()) {
        // What cannot be read as a row is compared as it stands.
        const problem = reader === undefined ? 'no row' : reader.read(ordinal, row);
        const value =
          problem === undefined
            ? short(Buffer.from(JSON.stringify(columns.map((at) => row[at]))))
            : short(bytesOf(batch, ordinal));
        yield stream.key.length === 0 ? [value, value] : [short(Buffer.from(key)), value];
      }
    }
  }
}

function bytesOf({ bytes, offsets }: RecordBatch, ordinal: number): Buffer {
  return bytes.subarray(offsets[ordinal], offsets[ordinal + 1]);
}

type Fate = 'added' | 'changed' | 'unchanged' | 'repeated';

/** A part of the keys: what the earlier delivery had, and what the later one makes of it. */
class Part {
  readonly #keyed: boolean;
  readonly #values = new Map<string, string>();
  readonly #fates = new Map<string, Fate>();
  /** Without a key: how many more equal records the earlier delivery had, or fewer. */
  readonly #surplus = new Map<string, number>();
  #same = 0;

  constructor(keyed: boolean) {
    this.#keyed = keyed;
  }

  had(key: string, value: string): void {
    if (!this.#keyed) this.#surplus.set(key, (this.#surplus.get(key) ?? 0) + 1);
    else if (this.#values.has(key)) this.#fates.set(key, 'repeated');
    else this.#values.set(key, value);
  }

  has(key: string, value: string): void {
    if (!this.#keyed) {
      const surplus = this.#surplus.get(key) ?? 0;
      if (surplus > 0) this.#same++;
      this.#surplus.set(key, surplus - 1);
      return;
    }
    const former = this.#values.get(key);
    if (this.#fates.has(key)) this.#fates.set(key, 'repeated');
    else if (former === undefined) this.#fates.set(key, 'added');
    else this.#fates.set(key, former === value ? 'unchanged' : 'changed');
  }

  countInto(records: RecordChanges): void {
    for (const fate of this.#fates.values()) records[fate]++;
    for (const key of this.#values.keys()) if (!this.#fates.has(key)) records.removed++;
    for (const surplus of this.#surplus.values()) {
      if (surplus > 0) records.removed += surplus;
      else records.added -= surplus;
    }
    records.unchanged += this.#same;
  }
}

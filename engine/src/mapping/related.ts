import type { Row } from '../formats/copyText.ts';
import { openRowReader } from '../formats/rowReader.ts';
import type { RowReader } from '../formats/tableRow.ts';
import { objectOf, type ObjectPlace } from '../model/largeObject.ts';
import type { RecordBatch, RecordMediaType } from '../model/record.ts';
import { joinName } from '../model/related.ts';
import type { Join, Related, RelatedRecord, WantedKeys } from '../model/related.ts';
import type { Column } from '../model/stream.ts';

/** A join as a mapping uses it. Which columns it reads is known once everything is compiled. */
export interface JoinUse {
  join: Join;
  name: string;
  columns: readonly Column[];
  emptyIs: '' | null;
  reads: Set<string>;
}

/** A related record as a row, or the code of why it is none. */
export interface RelatedRow {
  record: RelatedRecord;
  row: Row;
  problem: string | undefined;
  /** Why the source says that it cannot be used. */
  unusable: string | undefined;
}

const none: readonly RelatedRow[] = [];

/**
 * The related rows of one batch, parsed when first asked for. A key that nobody has looked for yet
 * is noted in `wanted` and yields nothing; the batch is then mapped again with what was found.
 */
export class RelatedRows {
  readonly #related: Related | undefined;
  readonly #known = new Map<string, Map<string, readonly RelatedRow[]>>();
  readonly #readers = new Map<string, RowReader>();
  readonly #objects = new Map<string, ObjectPlace>();
  readonly #wanted = new Map<string, { join: Join; keys: Set<string> }>();

  constructor(related: Related | undefined) {
    this.#related = related;
  }

  get wanted(): WantedKeys {
    return this.#wanted;
  }

  /** `undefined`: not found yet, and wanted. */
  rows(use: JoinUse, key: string): readonly RelatedRow[] | undefined {
    let known = this.#known.get(use.name);
    if (known === undefined) this.#known.set(use.name, (known = new Map()));
    const rows = known.get(key);
    if (rows !== undefined) return rows;
    const records = this.#related?.records(use.join, key);
    if (records === undefined) {
      this.#want(use, key);
      return undefined;
    }
    const read = records.length === 0 ? none : records.map((record) => this.#read(use, record));
    known.set(key, read);
    return read;
  }

  #want({ join, name }: JoinUse, key: string): void {
    const wanted = this.#wanted.get(name);
    if (wanted !== undefined) wanted.keys.add(key);
    else this.#wanted.set(name, { join, keys: new Set([key]) });
  }

  #read(use: JoinUse, record: RelatedRecord): RelatedRow {
    const row: Row = use.columns.map(() => undefined);
    const reader = this.#reader(use, record.mediaType);
    if (reader === undefined)
      return { record, row, problem: 'media-type-unsupported', unusable: undefined };
    reader.open(batchOf(record));
    const problem = reader.read(0, row);
    if (problem === undefined) this.#noteObjects(use, record, row);
    const stated = use.columns.findIndex((column) => column.problem === true);
    return { record, row, problem, unusable: (stated !== -1 && row[stated]) || undefined };
  }

  /** The record that this large object belongs to, if it is one of those that were read. */
  placeOfObject(text: string): ObjectPlace | undefined {
    return this.#objects.get(text);
  }

  #noteObjects({ columns, join }: JoinUse, { place }: RelatedRecord, row: Row): void {
    for (const [at, { type }] of columns.entries()) {
      const text = type === 'binary' ? row[at] : undefined;
      if (text && objectOf(text)) this.#objects.set(text, { ...place, stream: join.stream });
    }
  }

  #reader(use: JoinUse, mediaType: RecordMediaType): RowReader | undefined {
    const name = `${use.name} ${mediaType}`;
    let reader = this.#readers.get(name);
    if (reader === undefined) {
      const wanted = use.columns.map((column) => use.reads.has(column.name));
      reader = openRowReader(mediaType, wanted, use.emptyIs);
      if (reader !== undefined) this.#readers.set(name, reader);
    }
    return reader;
  }
}

function batchOf({ bytes, mediaType, key }: RelatedRecord): RecordBatch {
  const offsets = Uint32Array.of(0, bytes.length);
  return { stream: '', mediaType, bytes, offsets, keys: [key], cursor: '' };
}

/** Join uses of one mapping: one for each join, whoever asks. */
export class JoinUses {
  readonly #uses = new Map<string, JoinUse>();

  get all(): readonly JoinUse[] {
    return [...this.#uses.values()];
  }

  of(join: Join, columns: readonly Column[], emptyIs: '' | null): JoinUse {
    const name = joinName(join);
    let use = this.#uses.get(name);
    if (use === undefined) {
      const stated = columns.flatMap((column) => (column.problem === true ? [column.name] : []));
      use = { join, name, columns, emptyIs, reads: new Set([...join.columns, ...stated]) };
      this.#uses.set(name, use);
    }
    return use;
  }
}

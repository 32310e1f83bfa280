import { systemCode } from '../../base/errors.ts';
import type { AbsentResource, Fact, FactBatch } from '../../model/fact.ts';
import type { RecordBatch } from '../../model/record.ts';
import { keySeparator } from '../../model/record.ts';
import type { Stream } from '../../model/stream.ts';
import type { RecordFields } from './fields.ts';
import { openRecordFields } from './recordFields.ts';
import type { Reader } from './readings.ts';

/** The facts of one stream, ready to be read from its records. */
export interface CompiledFacts {
  stream: string;
  /** SHA-256 (hex) of all that decides what is stated. */
  digest: string;
  /** Concepts declared by resource type: about these, silence is a statement too. */
  declared: ReadonlyMap<string, ReadonlySet<string>>;
  read(batch: RecordBatch): FactBatch;
}

/** The value of a column, `null` for NULL. */
export type Values = (column: number) => string | null;
export type Condition = (values: Values) => boolean;

export interface FactRule {
  concept: string;
  /** Position of the column; -1 for a constant. */
  column: number;
  read: Reader;
  trim: boolean;
  when: readonly Condition[];
  unless: readonly Condition[];
}

export interface FactBlock {
  resource: string;
  type: string;
  subject: { column: number; stream: string; resource: string } | undefined;
  unless: readonly Condition[];
  rules: readonly FactRule[];
}

interface Identities {
  identify(stream: string, key: string): Buffer;
  stableId(tag: Buffer, resource: string): string;
}

export function createFacts(
  stream: Stream,
  blocks: readonly FactBlock[],
  digest: string,
  identities: Identities,
): CompiledFacts {
  const declared = new Map<string, Set<string>>();
  for (const { type, rules } of blocks) {
    const words = declared.get(type) ?? new Set();
    for (const { concept } of rules) words.add(concept);
    declared.set(type, words);
  }
  const key = stream.key.map((name) => stream.columns.findIndex((each) => each.name === name));
  const subjects = new SubjectIds(identities);
  return {
    stream: stream.name,
    digest,
    declared,
    read: (batch) => new BatchReader(stream, key, blocks, identities, subjects, batch).run(),
  };
}

/** Ids of subjects: patients come again and again. */
class SubjectIds {
  readonly #identities: Identities;
  readonly #known = new Map<string, string>();

  constructor(identities: Identities) {
    this.#identities = identities;
  }

  of(stream: string, key: string, resource: string): string {
    const name = `${stream}\n${resource}\n${key}`;
    let id = this.#known.get(name);
    if (id === undefined) {
      id = this.#identities.stableId(this.#identities.identify(stream, key), resource);
      if (this.#known.size >= remembered) this.#known.clear();
      this.#known.set(name, id);
    }
    return id;
  }
}

const remembered = 100_000;

class BatchReader {
  readonly #stream: Stream;
  readonly #key: readonly number[];
  readonly #blocks: readonly FactBlock[];
  readonly #identities: Identities;
  readonly #subjects: SubjectIds;
  readonly #batch: RecordBatch;
  readonly #splitter: RecordFields;
  readonly #facts: Fact[] = [];
  readonly #absent: AbsentResource[] = [];
  readonly #unreadable: FactBatch['unreadable'] = [];

  constructor(
    stream: Stream,
    key: readonly number[],
    blocks: readonly FactBlock[],
    identities: Identities,
    subjects: SubjectIds,
    batch: RecordBatch,
  ) {
    this.#stream = stream;
    this.#key = key;
    this.#blocks = blocks;
    this.#identities = identities;
    this.#subjects = subjects;
    this.#batch = batch;
    this.#splitter = openRecordFields(batch.mediaType, stream.columns.length);
  }

  run(): FactBatch {
    const { bytes, offsets, keys } = this.#batch;
    for (let ordinal = 0; ordinal < keys.length; ordinal++) {
      this.#record(ordinal, bytes.subarray(offsets[ordinal], offsets[ordinal + 1]));
    }
    return { facts: this.#facts, absent: this.#absent, unreadable: this.#unreadable };
  }

  #record(ordinal: number, record: Uint8Array): void {
    const fields = this.#splitter.split(record);
    if (typeof fields === 'string') return this.#unreadableRecord(ordinal, fields);
    const values: Values = (column) => this.#splitter.unescape(fields[column] as string);
    try {
      const key = this.#keyOf(ordinal, values);
      if (key === '') return this.#unreadableRecord(ordinal, 'key-missing');
      if (key !== this.#batch.keys[ordinal]) return this.#unreadableRecord(ordinal, 'key-differs');
      const tag = this.#identities.identify(this.#stream.name, key);
      for (const block of this.#blocks) this.#block(ordinal, block, tag, values);
    } catch (error) {
      if (systemCode(error) !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
      this.#unreadableRecord(ordinal, 'encoding-invalid');
    }
  }

  /** From the record itself, except where its stream has no key: then it is known by its bytes. */
  #keyOf(ordinal: number, values: Values): string {
    if (this.#key.length === 0) return this.#batch.keys[ordinal] as string;
    return this.#key.map((column) => values(column) ?? '').join(keySeparator);
  }

  /** A record that cannot be read leaves every fact about it in doubt. */
  #unreadableRecord(ordinal: number, code: string): void {
    for (const { rules } of this.#blocks) {
      for (const { concept } of rules) this.#unreadable.push({ ordinal, concept, code });
    }
  }

  #block(ordinal: number, block: FactBlock, tag: Buffer, values: Values): void {
    const { type } = block;
    const id = this.#identities.stableId(tag, block.resource);
    const subject = this.#subject(block, values);
    if (block.unless.some((holds) => holds(values))) {
      this.#absent.push({ ordinal, type, id, ...(subject && { subject }) });
      return;
    }
    if (subject === undefined) {
      this.#unreadable.push({ ordinal, concept: 'subject', code: 'subject-missing' });
    }
    for (const rule of block.rules) {
      if (!rule.when.every((holds) => holds(values))) continue;
      if (rule.unless.some((holds) => holds(values))) continue;
      this.#state(ordinal, { type, id, subject: subject ?? '' }, rule, values);
    }
  }

  #subject({ subject }: FactBlock, values: Values): string | undefined {
    if (subject === undefined) return '';
    const key = values(subject.column);
    if (key === null || key === '') return undefined;
    return this.#subjects.of(subject.stream, key, subject.resource);
  }

  #state(
    ordinal: number,
    about: { type: string; id: string; subject: string },
    { concept, column, read, trim }: FactRule,
    values: Values,
  ): void {
    const written = column === -1 ? '=' : values(column);
    const text = trim ? written?.trim() : written;
    if (text === null || text === undefined || text === '') return;
    const reading = read(text);
    if (reading === undefined) return;
    if ('code' in reading) this.#unreadable.push({ ordinal, concept, code: reading.code });
    else this.#facts.push({ ordinal, ...about, concept, ...reading });
  }
}

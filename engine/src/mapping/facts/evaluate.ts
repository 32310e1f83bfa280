import { systemCode } from '../../base/errors.ts';
import type { AbsentResource, Fact, FactBatch } from '../../model/fact.ts';
import type { RecordBatch } from '../../model/record.ts';
import { keySeparator } from '../../model/record.ts';
import { comparePlaces, joinName } from '../../model/related.ts';
import type { Join, Related, RelatedRecord, WantedKeys } from '../../model/related.ts';
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
  /** Ways in which it reaches records of other streams, or of the same group. */
  joins: readonly Join[];
  /** Several records, of any stream of the source, may state facts of one resource. */
  tells?: true;
  /** What the records of a batch reach. */
  wanted(batch: RecordBatch): WantedKeys;
  /** Without `related`, what rows of other streams say is left out. */
  read(batch: RecordBatch, related?: Related): FactBatch;
}

/** The value of a column, `null` for NULL. */
export type Values = (column: number) => string | null;
export type Condition = (values: Values) => boolean;

export interface FactRule {
  concept: string;
  /** Position of the column; -1 for a constant. */
  column: number;
  /** Position of the column that numbers the element. */
  sequence: number | undefined;
  read: Reader;
  trim: boolean;
  once: boolean;
  when: readonly Condition[];
  unless: readonly Condition[];
}

export interface FactBlock {
  resource: string;
  type: string;
  subject: { column: number; stream: string; resource: string } | undefined;
  unless: readonly Condition[];
  rules: readonly FactRule[];
  related: readonly RelatedRules[];
  /** All records with the same values in these columns state facts of one resource. */
  group: { join: Join; columns: readonly number[] } | undefined;
}

/** Facts that rows of another stream state about the resource. */
export interface RelatedRules {
  join: Join;
  /** Positions of the columns, here and there, that hold the same. */
  on: readonly number[];
  by: readonly number[];
  /** Names of all columns there. */
  columns: readonly string[];
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
  for (const { type, rules, related } of blocks) {
    const words = declared.get(type) ?? new Set();
    const all = [...rules, ...related.flatMap((each) => each.rules)];
    for (const { concept } of all) words.add(concept);
    declared.set(type, words);
  }
  const key = stream.key.map((name) => stream.columns.findIndex((each) => each.name === name));
  const subjects = new SubjectIds(identities);
  return {
    stream: stream.name,
    digest,
    declared,
    joins: blocks.flatMap(joinsOf),
    wanted: (batch) => wantedKeys(batch, stream.columns.length, blocks),
    read: (batch, related) =>
      new BatchReader({ stream, key, blocks, identities, subjects, batch, related }).run(),
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

interface Reading {
  stream: Stream;
  key: readonly number[];
  blocks: readonly FactBlock[];
  identities: Identities;
  subjects: SubjectIds;
  batch: RecordBatch;
  related: Related | undefined;
}

class BatchReader {
  readonly #stream: Stream;
  readonly #key: readonly number[];
  readonly #blocks: readonly FactBlock[];
  readonly #identities: Identities;
  readonly #subjects: SubjectIds;
  readonly #batch: RecordBatch;
  readonly #related: Related | undefined;
  readonly #splitter: RecordFields;
  readonly #facts: Fact[] = [];
  readonly #absent: AbsentResource[] = [];
  readonly #unreadable: FactBatch['unreadable'] = [];

  constructor({ stream, key, blocks, identities, subjects, batch, related }: Reading) {
    this.#stream = stream;
    this.#key = key;
    this.#blocks = blocks;
    this.#identities = identities;
    this.#subjects = subjects;
    this.#batch = batch;
    this.#related = related;
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
    const rows = block.group === undefined ? [values] : this.#group(ordinal, block, values);
    const [first] = rows ?? [];
    if (rows === undefined || first === undefined) return;
    const { type } = block;
    const own = block.group === undefined ? tag : this.#groupTag(block.group.columns, values);
    const id = this.#identities.stableId(own, block.resource);
    const subject = this.#subject(block, first);
    const stating = rows.filter((row) => !block.unless.some((holds) => holds(row)));
    if (stating.length === 0) {
      this.#absent.push({ ordinal, type, id, ...(subject && { subject }) });
      return;
    }
    if (subject === undefined) {
      this.#unreadable.push({ ordinal, concept: 'subject', code: 'subject-missing' });
    }
    const about = { ordinal, type, id, subject: subject ?? '' };
    for (const row of stating) {
      this.#apply(about, block.rules, row);
      for (const each of block.related) this.#relatedFacts(about, each, row);
    }
  }

  #apply(about: About, rules: readonly FactRule[], values: Values): void {
    for (const rule of rules) {
      if (!rule.when.every((holds) => holds(values))) continue;
      if (rule.unless.some((holds) => holds(values))) continue;
      this.#state(about, rule, values);
    }
  }

  #groupTag(columns: readonly number[], values: Values): Buffer {
    const key = columns.map((column) => values(column) ?? '').join(keySeparator);
    return this.#identities.identify(this.#stream.name, key);
  }

  /** The rows of the group, where this record is the first of it; `undefined` elsewhere. */
  #group(
    ordinal: number,
    { group, unless, rules }: FactBlock,
    values: Values,
  ): Values[] | undefined {
    if (group === undefined || this.#related === undefined) return [values];
    const key = keyOf(group.columns, values);
    if (key === undefined) {
      for (const { concept } of rules) {
        this.#unreadable.push({ ordinal, concept, code: 'key-missing' });
      }
      return undefined;
    }
    const place = this.#related.placeOf(ordinal);
    const rows = (this.#related.records(group.join, key) ?? [])
      .toSorted((left, right) => comparePlaces(left.place, right.place))
      .map((record) => ({
        place: record.place,
        row: this.#rowOf(record, this.#stream.columns.length),
      }))
      .filter(({ row }) => row !== undefined && !unless.some((holds) => holds(row)));
    const [first] = rows;
    if (first === undefined) return [values];
    if (comparePlaces(first.place, place) !== 0) return undefined;
    return rows.flatMap(({ row }) => row ?? []);
  }

  #relatedFacts(about: About, each: RelatedRules, values: Values): void {
    const key = keyOf(each.on, values);
    if (key === undefined || this.#related === undefined) return;
    for (const record of this.#related.records(each.join, key) ?? []) {
      const row = this.#rowOf(record, each.columns.length);
      if (row === undefined || keyOf(each.by, row) !== key) {
        for (const { concept } of each.rules) {
          const code = row === undefined ? 'related-unreadable' : 'key-differs';
          this.#unreadable.push({ ordinal: about.ordinal, concept, code });
        }
      } else if (!each.unless.some((holds) => holds(row))) this.#apply(about, each.rules, row);
    }
  }

  #rowOf({ mediaType, bytes }: RelatedRecord, columns: number): Values | undefined {
    const splitter = openRecordFields(mediaType, columns);
    const fields = splitter.split(bytes);
    if (typeof fields === 'string') return undefined;
    return (column) => splitter.unescape(fields[column] as string);
  }

  #subject({ subject }: FactBlock, values: Values): string | undefined {
    if (subject === undefined) return '';
    const key = values(subject.column);
    if (key === null || key === '') return undefined;
    return this.#subjects.of(subject.stream, key, subject.resource);
  }

  #state(about: About, rule: FactRule, values: Values): void {
    const { concept, column, read, trim, once } = rule;
    const written = column === -1 ? '=' : values(column);
    const text = trim ? written?.trim() : written;
    if (text === null || text === undefined || text === '') return;
    const reading = read(text);
    if (reading === undefined) return;
    const { ordinal } = about;
    if ('code' in reading) this.#unreadable.push({ ordinal, concept, code: reading.code });
    else if (!once || this.#isNew(about, concept, reading)) {
      const numbered = rule.sequence !== undefined && { sequence: values(rule.sequence) ?? '' };
      this.#facts.push({ ...about, concept, ...reading, ...numbered });
    }
  }

  /** Whether no row has said so yet of the resource: its facts stand together, at the end. */
  #isNew({ ordinal, id }: About, concept: string, { value, system }: Stated): boolean {
    for (let at = this.#facts.length - 1; at >= 0; at--) {
      const fact = this.#facts[at];
      if (fact?.ordinal !== ordinal || fact.id !== id) return true;
      if (fact.concept === concept && fact.value === value && fact.system === system) return false;
    }
    return true;
  }
}

type About = Pick<Fact, 'ordinal' | 'type' | 'id' | 'subject'>;
type Stated = Pick<Fact, 'value' | 'system'>;

/** The texts of columns as a key; `undefined` where one is empty. */
function keyOf(columns: readonly number[], values: Values): string | undefined {
  const parts = columns.map((column) => values(column) ?? '');
  return parts.includes('') ? undefined : parts.join(keySeparator);
}

function joinsOf({ related, group }: FactBlock): Join[] {
  return [...related.map(({ join }) => join), ...(group === undefined ? [] : [group.join])];
}

function wantedKeys(batch: RecordBatch, columns: number, blocks: readonly FactBlock[]): WantedKeys {
  const wanted = new Map<string, { join: Join; keys: Set<string> }>();
  const ways = blocks.flatMap(({ related, group }) => [
    ...related.map(({ join, on }) => ({ join, on })),
    ...(group === undefined ? [] : [{ join: group.join, on: group.columns }]),
  ]);
  if (ways.length === 0) return wanted;
  const splitter = openRecordFields(batch.mediaType, columns);
  for (let ordinal = 0; ordinal < batch.keys.length; ordinal++) {
    const { bytes, offsets } = batch;
    const fields = splitter.split(bytes.subarray(offsets[ordinal], offsets[ordinal + 1]));
    if (typeof fields === 'string') continue;
    for (const { join, on } of ways) {
      const name = joinName(join);
      const known = wanted.get(name) ?? { join, keys: new Set<string>() };
      wanted.set(name, known);
      const key = keyOf(on, (column) => splitter.unescape(fields[column] as string));
      if (key !== undefined) known.keys.add(key);
    }
  }
  return wanted;
}

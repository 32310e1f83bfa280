import { HandoverError } from '../base/errors.ts';
import type { CompiledExpression } from '../fhirpath/compile.ts';
import type { Row } from '../formats/copyText.ts';
import { openRowReader } from '../formats/rowReader.ts';
import type { RowReader } from '../formats/tableRow.ts';
import type { Draft, MappedBatch, PackedBodies, RecordOutcome } from '../model/draft.ts';
import type { RecordBatch } from '../model/record.ts';
import type { Join, Related, WantedKeys } from '../model/related.ts';
import type { Column } from '../model/stream.ts';
import { BodyPacker } from './packing.ts';
import type { Identities } from './reference.ts';
import { RelatedRows } from './related.ts';
import type { JoinUse } from './related.ts';
import { Work } from './work.ts';
import type { Writer } from './work.ts';
import { decide } from './writers.ts';

/** A mapping ready to run: a pure function of a batch. One instance serves one thread. */
export interface CompiledMapping {
  stream: string;
  /** Its records are mapped by declaration and yield no draft. */
  lookup: boolean;
  /** Names of the resources that it can make: `Patient`, `Observation#weight`. */
  resources: readonly string[];
  /** Streams that its references lead to. */
  refersTo: readonly string[];
  /** Columns that some rule reads, those of the key among them; the others count as unread. */
  columnsRead: readonly string[];
  /** SHA-256 (hex) of all that decides what it yields: its text, code maps, settings, columns. */
  digest: string;
  /** Ways in which its records reach others; without any, `map` needs nothing but the batch. */
  joins: readonly Join[];
  /** @throws HandoverError `media-type-unsupported` for records that are not rows of a table. */
  map(batch: RecordBatch): PackedMappedBatch;
  /** The same with the records that those of the batch reach, or the keys still to be looked for. */
  mapRelated(batch: RecordBatch, related: Related): PackedMappedBatch | { wanted: WantedKeys };
}

/** Draft `i` of the batch has body `i` of `bodies`, ready to be sealed. */
export interface PackedMappedBatch extends MappedBatch {
  bodies: PackedBodies;
}

export interface Exclusion {
  when: CompiledExpression;
  reason: string;
}

export interface ResourceRule {
  name: string;
  type: string;
  write: Writer;
}

export interface MappingParts {
  stream: string;
  columns: readonly Column[];
  key: readonly string[];
  columnsRead: ReadonlySet<string>;
  joins: readonly JoinUse[];
  lookup: boolean;
  exclusions: readonly Exclusion[];
  resources: readonly ResourceRule[];
  emptyIs: '' | null;
  refersTo: readonly string[];
  digest: string;
}

const mapped: RecordOutcome = { state: 'mapped' };

export function createMapping(parts: MappingParts, identities: Identities): CompiledMapping {
  const { stream, lookup, digest, columns } = parts;
  const touched = new Set([...parts.columnsRead, ...parts.key]);
  const read = columns.map(({ name }) => name).filter((name) => touched.has(name));
  return {
    stream,
    lookup,
    digest,
    resources: parts.resources.map(({ name }) => name),
    columnsRead: read,
    refersTo: parts.refersTo,
    joins: parts.joins.map(({ join }) => join),
    map(batch) {
      if (parts.joins.length > 0) throw relatedNeeded(stream);
      return new BatchMapper(parts, identities, batch, undefined).run();
    },
    mapRelated(batch, related) {
      const mapper = new BatchMapper(parts, identities, batch, related);
      const result = mapper.run();
      return mapper.wanted.size === 0 ? result : { wanted: mapper.wanted };
    },
  };
}

function relatedNeeded(stream: string): HandoverError {
  return new HandoverError('related-needed', `The mapping of ${stream} reads other streams.`);
}

/** Maps the records of one batch in order. */
class BatchMapper {
  readonly #parts: MappingParts;
  readonly #identities: Identities;
  readonly #batch: RecordBatch;
  readonly #reader: RowReader;
  readonly #row: Row;
  readonly #related: RelatedRows;
  readonly #work: Work;
  readonly #drafts: Draft[] = [];
  readonly #bodies: BodyPacker;

  constructor(
    parts: MappingParts,
    identities: Identities,
    batch: RecordBatch,
    related: Related | undefined,
  ) {
    this.#related = new RelatedRows(related);
    this.#work = new Work(this.#related);
    this.#parts = parts;
    this.#identities = identities;
    this.#batch = batch;
    this.#reader = openReader(parts, batch);
    this.#row = parts.columns.map(() => undefined);
    this.#bodies = new BodyPacker(batch.bytes.length * 4);
  }

  /** Keys that were needed and not known: what {@link run} gave is of no use then. */
  get wanted(): WantedKeys {
    return this.#related.wanted;
  }

  run(): PackedMappedBatch {
    const outcomes: RecordOutcome[] = [];
    for (let ordinal = 0; ordinal < this.#batch.keys.length; ordinal++) {
      this.#work.begin(ordinal);
      outcomes.push(this.#record(ordinal));
    }
    return {
      drafts: this.#drafts,
      outcomes,
      issues: this.#work.issues,
      unread: this.#unread(),
      bodies: this.#bodies.finish(),
    };
  }

  #record(ordinal: number): RecordOutcome {
    const problem = this.#reader.read(ordinal, this.#row);
    if (problem !== undefined) this.#work.fail(problem, '');
    if (this.#batch.keys[ordinal] === '') this.#work.fail('key-missing', '');
    if (this.#work.failure !== undefined) return this.#quarantined();
    const excluded = this.#excluded();
    if (excluded !== undefined) return excluded;
    return this.#parts.lookup ? mapped : this.#draft(ordinal);
  }

  #excluded(): RecordOutcome | undefined {
    for (const { when, reason } of this.#parts.exclusions) {
      const holds = decide(when, this.#row, 'exclude', this.#work);
      if (holds === true) return { state: 'excluded', reason };
      if (holds === undefined) return this.#quarantined();
    }
    return undefined;
  }

  /** All resources of a record or none: a half-made one would look whole at the target. */
  #draft(ordinal: number): RecordOutcome {
    const work = this.#work;
    const tag = this.#identities.identify(this.#parts.stream, this.#batch.keys[ordinal] as string);
    const bodies: string[] = [];
    const before = this.#drafts.length;
    for (const { name, type, write } of this.#parts.resources) {
      work.id = this.#identities.stableId(tag, name);
      work.references = [];
      const body = write(this.#row, work);
      if (body === '') continue;
      const references = distinct(work.references);
      this.#drafts.push(this.#bodies.draft(bodies.length, type, work.id, [ordinal], references));
      bodies.push(body);
    }
    if (work.failure === undefined && bodies.length === 0) work.fail('draft-none', '');
    if (work.failure !== undefined) {
      this.#drafts.length = before;
      return this.#quarantined();
    }
    for (const body of bodies) this.#bodies.add(body);
    return mapped;
  }

  #quarantined(): RecordOutcome {
    return { state: 'quarantined', reason: this.#work.failure as string };
  }

  #unread(): Map<string, number> {
    const unread = new Map<string, number>();
    this.#parts.columns.forEach(({ name }, at) => {
      const populated = this.#reader.populated[at] as number;
      if (populated > 0 && !this.#parts.key.includes(name)) unread.set(name, populated);
    });
    return unread;
  }
}

function openReader(parts: MappingParts, batch: RecordBatch): RowReader {
  const wanted = parts.columns.map(({ name }) => parts.columnsRead.has(name));
  const reader = openRowReader(batch.mediaType, wanted, parts.emptyIs);
  if (reader === undefined) {
    const next = 'Map this stream from a source that reads tables.';
    const problem = `Records of ${batch.mediaType} cannot be mapped as rows.`;
    throw new HandoverError('media-type-unsupported', problem, { next });
  }
  reader.open(batch);
  return reader;
}

function distinct(references: string[]): readonly string[] {
  return references.length < 2 ? references : [...new Set(references)];
}

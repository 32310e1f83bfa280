import type { TakenBack } from './telling.ts';
import { HandoverError } from '../base/errors.ts';
import type { Row } from '../formats/copyText.ts';
import { openRowReader } from '../formats/rowReader.ts';
import type { RowReader } from '../formats/tableRow.ts';
import type { Draft, MappedBatch, PackedBodies, RecordOutcome } from '../model/draft.ts';
import type { DraftObject } from '../model/largeObject.ts';
import { keySeparator } from '../model/record.ts';
import type { RecordBatch } from '../model/record.ts';
import { comparePlaces } from '../model/related.ts';
import type { Join, RecordPlace, Related, WantedKeys } from '../model/related.ts';
import type { Column } from '../model/stream.ts';
import { apartOf, foldKey, rowsOfFold } from './folds.ts';
import type { Contribution, Exclusion, Folded, FoldUse, RecordText } from './folds.ts';
import { documentDrafts, landedNames, type DocumentOf } from './landing/documentDrafts.ts';
import { itemsOf, landedRows, type LandedRows } from './landing/landedGroup.ts';
import { BodyPacker } from './packing.ts';
import type { Identities } from './reference.ts';
import { RelatedRows } from './related.ts';
import type { JoinUse, RelatedRow } from './related.ts';
import type { Protection } from '../privacy/protection/protection.ts';
import type { ScopeDeclaration } from './scopeSource.ts';
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
  /** Columns of the record that the rule of an element reads, by its path (`Patient.birthDate`). */
  columnsAt?: ReadonlyMap<string, ReadonlySet<string>>;
  /** Columns that stay behind by a word of the plan and need no disposition of their own. */
  leaves?: { columns: readonly string[]; reason: string };
  /** SHA-256 (hex) of all that decides what it yields: its text, code maps, settings, columns. */
  digest: string;
  /** Of which domain its records are, and how old. */
  scope: ScopeDeclaration | undefined;
  /** The stream whose mapping folds these records into its own. */
  foldedInto: string | undefined;
  /** Streams whose records it folds into its own; its own, where rows are grouped. */
  folds: readonly string[];
  /** What guards its drafts, by the plan. */
  protection?: Protection;
  /** Ways in which its records reach others; without any, `map` needs nothing but the batch. */
  joins: readonly Join[];
  /** Several records, of any stream of the source, may tell of one resource: see `telling.ts`. */
  tells?: true;
  /** @throws HandoverError `media-type-unsupported` for records that are not rows of a table. */
  map(batch: RecordBatch): PackedMappedBatch;
  /** The same with the records that those of the batch reach, or the keys still to be looked for. */
  mapRelated(batch: RecordBatch, related: Related): PackedMappedBatch | { wanted: WantedKeys };
}

/** Draft `i` of the batch has body `i` of `bodies`, ready to be sealed. */
export interface PackedMappedBatch extends MappedBatch {
  bodies: PackedBodies;
  /** Records beside those of `Draft.from` that took part: children, and rows of groups. */
  contributions: readonly Contribution[];
  /** Counts for the ledger, beside those of the outcomes: records by rule of the plan's scope. */
  tally?: ReadonlyMap<string, number>;
  /** Of a mapping whose records tell of resources together. */
  told?: ToldBatch;
  /** Records that took part in what is made of another one, which may be of another batch. */
  partOf?: readonly { ordinal: number; into: RecordPlace & { stream: string } }[];
}

export interface ToldBatch {
  /** When each record was written, as a text that compares; empty where it does not say. */
  moments: readonly string[];
  /** `Type/id` of drafts that no other record can tell of. */
  own: ReadonlySet<string>;
  /** By index of the draft, what its record takes back of it. */
  takenBack: ReadonlyMap<number, readonly TakenBack[]>;
}

export interface ResourceRule {
  name: string;
  type: string;
  write: Writer;
}

export interface MappingParts {
  stream: string;
  scope: ScopeDeclaration | undefined;
  columns: readonly Column[];
  key: readonly string[];
  columnsRead: ReadonlySet<string>;
  columnsAt: ReadonlyMap<string, ReadonlySet<string>>;
  joins: readonly JoinUse[];
  foldedInto: string | undefined;
  children: readonly FoldUse[];
  group: FoldUse | undefined;
  /** The document that its records land as, one for each group; they are not made discrete. */
  document: DocumentOf | undefined;
  lookup: boolean;
  exclusions: readonly Exclusion[];
  holds: readonly Exclusion[];
  resources: readonly ResourceRule[];
  emptyIs: '' | null;
  refersTo: readonly string[];
  digest: string;
}

const mapped: RecordOutcome = { state: 'mapped' };
const none: readonly string[] = [];

/** What is made of one group, once a batch: drafts are kept where its first record stands. */
interface GroupResult {
  /** Why nothing is made of it. */
  failure: string | undefined;
  first: RecordPlace;
  /** Whether its drafts were kept: a replay may have another record of it before the first. */
  own: boolean;
}

/** Which group: its rows share `key` and, where they are told apart, `value`; `name` says both. */
interface GroupName {
  group: FoldUse;
  key: string;
  value: string | undefined;
  name: string;
}

export function createMapping(parts: MappingParts, identities: Identities): CompiledMapping {
  const { stream, lookup, digest, columns } = parts;
  const problems = columns.flatMap(({ name, problem }) => (problem === true ? [name] : []));
  const touched = new Set([...parts.columnsRead, ...parts.key, ...problems]);
  const read = columns.map(({ name }) => name).filter((name) => touched.has(name));
  return {
    stream,
    lookup,
    digest,
    resources: resourcesOf(parts),
    columnsRead: read,
    columnsAt: parts.columnsAt,
    refersTo: parts.refersTo,
    scope: parts.scope,
    foldedInto: parts.foldedInto,
    folds: foldsOf(parts),
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

function resourcesOf({ resources, document }: MappingParts): string[] {
  return document === undefined ? resources.map(({ name }) => name) : Object.values(landedNames);
}

function foldsOf({ stream, children, group }: MappingParts): string[] {
  return group === undefined ? children.map(({ use }) => use.join.stream) : [stream];
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
  readonly #found: Related | undefined;
  readonly #related: RelatedRows;
  readonly #work: Work;
  readonly #contributions: Contribution[] = [];
  readonly #groups = new Map<string, GroupResult>();
  readonly #drafts: Draft[] = [];
  readonly #bodies: BodyPacker;

  constructor(
    parts: MappingParts,
    identities: Identities,
    batch: RecordBatch,
    related: Related | undefined,
  ) {
    this.#found = related;
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
      contributions: this.#contributions,
    };
  }

  #record(ordinal: number): RecordOutcome {
    const work = this.#work;
    const key = this.#batch.keys[ordinal] as string;
    const problem = this.#reader.read(ordinal, this.#row);
    if (problem !== undefined) this.#work.fail(problem, '');
    else this.#problemStated();
    if (key === '' && this.#needsKey) this.#work.fail('key-missing', '');
    const unusable = this.#work.failure !== undefined;
    for (const children of this.#parts.children) this.#fold(children, ordinal, key);
    if (unusable) return this.#quarantined();
    const excluded = this.#excluded();
    if (excluded !== undefined) return excluded;
    this.#hold();
    if (this.#work.failure !== undefined) return this.#quarantined();
    const { lookup, foldedInto, resources, group, document } = this.#parts;
    if (lookup || (foldedInto !== undefined && resources.length === 0)) return mapped;
    if (group !== undefined && document !== undefined) {
      // Out of scope: whoever judges that says so.
      if (group.includes?.(this.#recordText(ordinal)) === false) return mapped;
      itemsOf(this.#parts, this.#identities, key, this.#row, work);
      if (work.failure !== undefined) return this.#quarantined();
    }
    if (group !== undefined) return this.#group(group, ordinal);
    const tag = this.#identities.identify(this.#parts.stream, key);
    return this.#draft([ordinal], tag, this.#row);
  }

  #recordText(ordinal: number): RecordText {
    const { bytes, offsets, mediaType } = this.#batch;
    return { bytes: bytes.subarray(offsets[ordinal], offsets[ordinal + 1]), mediaType };
  }

  /** Of records that are only folded into others, or go by their group, no ids are made. */
  get #needsKey(): boolean {
    const { foldedInto, resources, group } = this.#parts;
    return group === undefined && (foldedInto === undefined || resources.length > 0);
  }

  /** Find the children of the record; a damaged one leaves nothing whole to be made. */
  #fold(children: FoldUse, ordinal: number, sourceKey: string): void {
    const work = this.#work;
    const key = foldKey(children, this.#row, sourceKey);
    const folded = key === undefined ? undefined : rowsOfFold(children, key, work);
    work.folded.set(children.name, folded?.rows ?? []);
    if (folded === undefined) return;
    if (folded.problem !== undefined) work.fail('child-held', children.name);
    this.#contribute(children, folded.members, ordinal);
  }

  #contribute({ use }: FoldUse, members: readonly RelatedRow[], into: number): void {
    const { stream } = use.join;
    for (const { record } of members) {
      this.#contributions.push({ stream, place: record.place, into });
    }
  }

  /** One of the rows of a group: what becomes of the group becomes of it. */
  #group(group: FoldUse, ordinal: number): RecordOutcome {
    const work = this.#work;
    const key = foldKey(group, this.#row, '');
    if (key === undefined) work.fail('group-key-missing', group.name);
    if (key === undefined) return this.#quarantined();
    const value =
      group.part?.(this.#recordText(ordinal)) ??
      (group.apart && apartOf(group.apart, group.name, this.#row, work));
    if (group.apart !== undefined && value === undefined) return this.#quarantined();
    const place = this.#placeOf(ordinal);
    const name = value === undefined ? key : `${key}${keySeparator}${value}`;
    const known = this.#groups.get(name);
    const made = known?.own === true || (known && comparePlaces(known.first, place) !== 0);
    const named = { group, key, value, name };
    const result = made ? known : this.#groupResult(named, ordinal, place);
    if (result === undefined) return mapped;
    if (result.failure === undefined) return mapped;
    const first = comparePlaces(result.first, place) === 0;
    if (work.failure === undefined) work.fail(first ? result.failure : 'group-held', group.name);
    return this.#quarantined();
  }

  /** `undefined` while its rows are not known. */
  #groupResult(
    { group, key, value, name }: GroupName,
    ordinal: number,
    place: RecordPlace,
  ): GroupResult | undefined {
    const work = this.#work;
    const folded = this.#groupRows(group, key, value);
    const first = folded?.members[0];
    if (folded === undefined || first === undefined) return undefined;
    work.folded.set(group.name, folded.rows);
    const own = comparePlaces(first.record.place, place) === 0;
    const make = (): void => {
      if (folded.problem !== undefined) work.fail('group-held', group.name);
      else this.#groupDraft(folded, { key: name, part: value }, ordinal, own);
    };
    let failure: string | undefined;
    if (own) {
      make();
      ({ failure } = work);
      // What is held is noted too: put right, it goes into what is made here.
      const { held = [] } = folded;
      this.#contribute(group, [...folded.members.slice(1), ...held], ordinal);
    } else {
      failure = work.aside(() => {
        make();
        return work.failure;
      });
    }
    const result = { failure, first: first.record.place, own };
    this.#groups.set(name, result);
    return result;
  }

  /** The rows of a group; of a document those that can be in it, each of the others being held alone. */
  #groupRows(
    group: FoldUse,
    key: string,
    value: string | undefined,
  ): (Folded & Partial<LandedRows>) | undefined {
    const folded = rowsOfFold(group, key, this.#work, value);
    if (folded === undefined || this.#parts.document === undefined) return folded;
    return landedRows(this.#parts, this.#identities, folded, this.#work);
  }

  /** Drafts are kept by the first record of the group; for another one they are only tried. */
  #groupDraft(
    folded: Folded & Partial<LandedRows>,
    { key, part }: { key: string; part: string | undefined },
    ordinal: number,
    keep: boolean,
  ): void {
    const tag = this.#identities.identify(this.#parts.stream, key);
    const { members, held = [], items } = folded;
    const [base] = members as [RelatedRow];
    const from = keep ? this.#inBatch(folded, ordinal) : [];
    const { document } = this.#parts;
    if (document === undefined || items === undefined) this.#draft(from, tag, base.row, keep);
    else {
      const about = { ...document, part, records: members.length, held: held.length };
      this.#documentOf(about, items, tag, keep ? from : undefined);
    }
  }

  /** Ordinals of the members that are in the batch at hand, beginning with the first of all. */
  #inBatch(folded: Folded, first: number): number[] {
    const here = new Set(folded.members.map(({ record }) => placeName(record.place)));
    const ordinals = [first];
    for (let at = 0; at < this.#batch.keys.length; at++) {
      if (at !== first && here.has(placeName(this.#placeOf(at)))) ordinals.push(at);
    }
    return ordinals;
  }

  #placeOf(ordinal: number): RecordPlace {
    return this.#found?.placeOf(ordinal) ?? { slice: '', number: 0, ordinal };
  }

  #excluded(): RecordOutcome | undefined {
    for (const { when, reason } of this.#parts.exclusions) {
      const holds = decide(when, this.#row, 'exclude', this.#work);
      if (holds === true) return { state: 'excluded', reason };
      if (holds === undefined) return this.#quarantined();
    }
    return undefined;
  }

  /** The source itself says why the record cannot be used. */
  #problemStated(): void {
    const at = this.#parts.columns.findIndex(({ problem }) => problem === true);
    const code = at === -1 ? undefined : this.#row[at];
    if (code) this.#work.fail(code, this.#parts.columns[at]?.name ?? '');
  }

  #hold(): void {
    for (const { when, reason } of this.#parts.holds) {
      if (this.#work.failure !== undefined) return;
      if (decide(when, this.#row, 'hold', this.#work) === true) this.#work.fail(reason, 'hold');
    }
  }

  /** The document of a group; without `from` it is only tried. */
  #documentOf(
    about: Parameters<typeof documentDrafts>[0],
    items: LandedRows['items'],
    tag: Buffer,
    from: readonly number[] | undefined,
  ): void {
    const work = this.#work;
    const made = documentDrafts(about, items, (name) => this.#identities.stableId(tag, name));
    if ('problem' in made) return work.fail(made.problem, 'scope');
    if (from === undefined) return;
    for (const [at, { type, id, references }] of made.drafts.entries()) {
      this.#drafts.push(this.#bodies.draft(at, type, id, from, references));
    }
    for (const { body } of made.drafts) this.#bodies.add(body);
  }

  /** All resources of a record or none: a half-made one would look whole at the target. */
  #draft(from: readonly number[], tag: Buffer, row: Row, keep = true): RecordOutcome {
    const work = this.#work;
    const bodies: string[] = [];
    const before = this.#drafts.length;
    work.tag = tag;
    work.row = row;
    work.made = [];
    for (const { name, type, write } of this.#parts.resources) {
      work.id = this.#identities.stableId(tag, name);
      work.references = [];
      work.objects = none;
      const body = write(row, work);
      if (body === '') continue;
      const references = distinct(work.references);
      const draft = this.#bodies.draft(bodies.length, type, work.id, from, references);
      if (work.objects.length > 0) draft.objects = this.#placed(work.objects, from);
      this.#drafts.push(draft);
      bodies.push(body);
      work.made.push(`${type}/${work.id}`);
    }
    if (work.failure === undefined && bodies.length === 0) work.fail('draft-none', '');
    if (work.failure !== undefined || !keep) {
      this.#drafts.length = before;
      return work.failure === undefined ? mapped : this.#quarantined();
    }
    for (const body of bodies) this.#bodies.add(body);
    return mapped;
  }

  /** Where the large objects of a draft lie: with a record that was looked up, or with its own. */
  #placed(texts: readonly string[], [own = 0]: readonly number[]): DraftObject[] {
    return texts.flatMap((text) => {
      const isOwn = this.#row.includes(text);
      const place = isOwn
        ? { stream: this.#parts.stream, ...this.#placeOf(own) }
        : this.#related.placeOfObject(text);
      if (place === undefined) this.#work.fail('object-unknown', '');
      return place === undefined ? [] : [{ text, place }];
    });
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
  const wanted = parts.columns.map(
    ({ name, problem }) => problem === true || parts.columnsRead.has(name),
  );
  const reader = openRowReader(batch.mediaType, wanted, parts.emptyIs);
  if (reader === undefined) {
    const next = 'Map this stream from a source that reads tables.';
    const problem = `Records of ${batch.mediaType} cannot be mapped as rows.`;
    throw new HandoverError('media-type-unsupported', problem, { next });
  }
  reader.open(batch);
  return reader;
}

function placeName({ slice, number, ordinal }: RecordPlace): string {
  return `${slice} ${number} ${ordinal}`;
}

function distinct(references: string[]): readonly string[] {
  return references.length < 2 ? references : [...new Set(references)];
}

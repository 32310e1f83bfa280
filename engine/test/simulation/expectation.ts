import { canonicalJson, toJson } from '../../src/base/json.ts';
import { encodeCopyRow } from '../../src/formats/copyText.ts';
import type { ProjectKey } from '../../src/keys/projectKey.ts';
import { stableId } from '../../src/keys/stableId.ts';
import { columnsOf, type ClinicRows, type SourceRow, type StreamName } from './clinic.ts';

/**
 * What must come of a clinic's rows, worked out by a second, much simpler author than the engine:
 * all rows at once, plain loops, none of the engine's code but ids, canonical JSON and the bytes of a row.
 */
export interface Expectation {
  /** Of the rows of each stream that moves: how many there are, and what becomes of them. */
  records: ReadonlyMap<StreamName, RecordCounts>;
  /** For each target, each draft that is meant for it. */
  drafts: ReadonlyMap<string, readonly ExpectedDraft[]>;
}

export interface RecordCounts {
  read: number;
  mapped: number;
  excluded: number;
  /** By reason. */
  quarantined: ReadonlyMap<string, number>;
}

export interface ExpectedDraft {
  stream: StreamName;
  /** `Type/id`. */
  name: string;
  body: string;
  references: readonly string[];
  /**
   * `loaded`, or why it is held. Whether a target refuses a draft is known only once it has been
   * sent, so that in circles the order decides what becomes of those that refer to it: then either
   * is right, as long as a referent that is missing is found by verify.
   */
  fate:
    | 'loaded'
    | 'held'
    | 'refused'
    | 'reference-unresolved'
    | 'loaded or unresolved'
    | 'refused or unresolved';
}

export interface ExpectationOptions {
  streams: readonly StreamName[];
  targets: readonly string[];
  /** The code map knows every code. */
  repaired: boolean;
  /** The mappings are the changed ones. */
  changed: boolean;
  /** Of what was held for its key under the first mapping, somebody chose the newest. */
  chosen: boolean;
  /** `chart` refuses what it does not like. */
  strict: boolean;
  /** `Type/id` of what stands at every target before the run. */
  present: ReadonlySet<string>;
}

interface Draft {
  stream: StreamName;
  type: string;
  name: string;
  references: string[];
  body: string;
  label: string | null;
}

export function expect(
  key: ProjectKey,
  rows: ClinicRows,
  options: ExpectationOptions,
): Expectation {
  const records = new Map<StreamName, RecordCounts>();
  const drafts: Draft[] = [];
  for (const stream of options.streams) {
    const counts = { read: 0, mapped: 0, excluded: 0, quarantined: new Map<string, number>() };
    for (const [at, row] of rows[stream].entries()) {
      counts.read++;
      const fate = fateOf(stream, row, rows, options);
      if (fate === 'mapped') {
        counts.mapped++;
        drafts.push(...draftsOf(key, stream, { row, at }, rows, options));
      } else if (fate === 'excluded') counts.excluded++;
      else counts.quarantined.set(fate, (counts.quarantined.get(fate) ?? 0) + 1);
    }
    records.set(stream, counts);
  }
  const byTarget = options.targets.map(
    (target) => [target, settle(target, drafts, options)] as const,
  );
  return { records, drafts: new Map(byTarget) };
}

const keys: Readonly<Partial<Record<StreamName, string>>> = {
  site: 'site_id',
  person: 'person_id',
  visit: 'visit_id',
  problem: 'problem_id',
  word: 'word_id',
};

/** Which mappings and code map are at work. */
export type Mapping = Pick<ExpectationOptions, 'repaired' | 'changed' | 'chosen'>;

function fateOf(stream: StreamName, row: SourceRow, rows: ClinicRows, mapping: Mapping): string {
  if (stream === 'memo') return mapping.changed && row.body === 'plain' ? 'excluded' : 'mapped';
  if (stream === 'part') return fateOfPart(row, rows, mapping);
  const column = keys[stream];
  if (column === undefined || row[column] === null) return 'key-missing';
  if (row.deleted === 'Y') return 'excluded';
  if (stream === 'site' && mapping.changed && row.title === 'plain') return 'excluded';
  const parts = stream === 'person' ? partsOf(row, rows, mapping) : [];
  if (parts.some((part) => repeatedFate('part', part, rows, mapping) === 'duplicate-key')) {
    return 'child-held';
  }
  if (row.sex_cd === 'X' && !mapping.repaired) return 'code-unmapped';
  return repeatedFate(stream, row, rows, mapping) ?? 'mapped';
}

/** By which column the newest of the rows with one key is chosen. */
export const newestBy: Readonly<Partial<Record<StreamName, string>>> = {
  site: 'title',
  person: 'family',
  part: 'word',
  visit: 'weight',
  problem: 'title',
};

/** Of a row whose key others have too; undefined: none has, or it is the one that stands. */
function repeatedFate(
  stream: StreamName,
  row: SourceRow,
  rows: ClinicRows,
  mapping: Mapping,
): 'duplicate-key' | 'excluded' | undefined {
  const column = stream === 'part' ? 'part_id' : (keys[stream] as string);
  if (!isRepeated(row, column, rows[stream])) return undefined;
  const standing = mapping.chosen ? newestOf(stream, row[column], rows) : undefined;
  if (standing === undefined) return 'duplicate-key';
  return standing === row ? undefined : 'excluded';
}

/** The one row with the greatest value among those that were held for this key at first. */
function newestOf(
  stream: StreamName,
  key: string | null | undefined,
  rows: ClinicRows,
): SourceRow | undefined {
  const by = newestBy[stream];
  if (by === undefined) return undefined;
  const column = stream === 'part' ? 'part_id' : (keys[stream] as string);
  const first = { repaired: false, changed: false, chosen: false };
  const held = rows[stream].filter(
    (row) =>
      row[column] === key &&
      fateOf(stream, row, rows, first) === 'duplicate-key' &&
      (row[by] ?? null) !== null,
  );
  const [newest, second] = held.toSorted((one, other) =>
    (one[by] as string) > (other[by] as string) ? -1 : 1,
  );
  return second !== undefined && newest?.[by] === second[by] ? undefined : newest;
}

/** What becomes of the person becomes of its parts. */
function fateOfPart(row: SourceRow, rows: ClinicRows, mapping: Mapping): string {
  if (isExcludedPart(row, mapping.changed)) return 'excluded';
  const repeated = repeatedFate('part', row, rows, mapping);
  if (repeated !== undefined) return repeated;
  const fates = rows.person.flatMap((person) =>
    row.person_id !== null && person.person_id === row.person_id
      ? [fateOf('person', person, rows, mapping)]
      : [],
  );
  if (fates.length === 0) return 'parent-missing';
  if (fates.includes('mapped')) return 'mapped';
  return fates.every((fate) => fate === 'excluded') ? 'excluded' : 'parent-held';
}

function isExcludedPart(part: SourceRow, changed: boolean): boolean {
  return part.deleted === 'Y' || (changed && part.word === 'b');
}

function partsOf(person: SourceRow, rows: ClinicRows, mapping: Mapping): SourceRow[] {
  return rows.part.filter(
    (part) =>
      person.person_id !== null &&
      part.person_id === person.person_id &&
      !isExcludedPart(part, mapping.changed) &&
      repeatedFate('part', part, rows, mapping) !== 'excluded',
  );
}

function isRepeated(row: SourceRow, column: string, all: readonly SourceRow[]): boolean {
  if (row[column] === null) return false;
  return all.filter((other) => other[column] === row[column]).length > 1;
}

/** Equal rows of a table without a key are told apart by how many came before. */
function memoKey(key: ProjectKey, memos: readonly SourceRow[], at: number): string {
  const text = (row: SourceRow | undefined): string =>
    encodeCopyRow(columnsOf.memo.map((column) => row?.[column] ?? null));
  const own = text(memos[at]);
  const number = memos.slice(0, at + 1).filter((other) => text(other) === own).length;
  return `${key.digest(Buffer.from(own)).toString('hex')}\u001f${number}`;
}

function draftsOf(
  key: ProjectKey,
  stream: StreamName,
  { row, at }: { row: SourceRow; at: number },
  rows: ClinicRows,
  mapping: Mapping,
): Draft[] {
  const { changed } = mapping;
  const more = (text: string | null | undefined): string | null | undefined =>
    changed && text !== null && text !== undefined ? `${text}+` : text;
  const references: string[] = [];
  const refer = (other: StreamName, type: string, value: string | null | undefined): unknown => {
    if (value === null || value === undefined) return undefined;
    const reference = resourceName(key, other, type, value);
    references.push(reference);
    return { reference };
  };
  const make = (type: string, content: Record<string, unknown>): Draft => {
    const own = stream === 'memo' ? memoKey(key, rows.memo, at) : row[keys[stream] as string];
    const name = resourceName(key, stream, type, own as string);
    const id = name.slice(type.length + 1);
    const security =
      row.label === null || row.label === undefined
        ? {}
        : { meta: { security: [{ system: 'urn:sim', code: row.label }] } };
    const body = canonicalJson(
      toJson({ resourceType: type, id, ...security, ...withoutNull(content) }),
    );
    const label = row.label ?? null;
    return { stream, type, name, references: references.splice(0), body, label };
  };
  switch (stream) {
    case 'site':
      return [
        make('Organization', {
          name: more(row.title),
          partOf: refer('site', 'Organization', row.parent_id),
        }),
      ];
    case 'person':
      return [
        make('Patient', {
          name: row.family === null ? null : [{ family: row.family }],
          gender: genders[row.sex_cd ?? ''],
          contact: contactsOf(row, rows, mapping),
          multipleBirthInteger: rows.site.filter(
            ({ site_id: id }) => id !== null && id === row.site_id,
          ).length,
          managingOrganization: refer('site', 'Organization', row.site_id),
        }),
      ];
    case 'visit':
      return visitDrafts(row, make, refer, { more, changed });
    case 'problem':
      return [
        make('Condition', {
          code: row.title === null ? null : { text: more(row.title) },
          subject: refer('person', 'Patient', row.person_id),
          encounter: refer('visit', 'Encounter', row.visit_id),
        }),
      ];
    case 'memo':
      return [
        make('DocumentReference', {
          status: 'current',
          description: more(row.body),
          subject: refer('person', 'Patient', row.person_id),
        }),
      ];
    case 'part':
    case 'word':
    case 'trail':
      return [];
  }
}

function contactsOf(row: SourceRow, rows: ClinicRows, mapping: Mapping): unknown {
  const words = partsOf(row, rows, mapping).flatMap(({ word }) => word ?? []);
  const told = words.toSorted().map((word) => (mapping.changed ? word.toUpperCase() : word));
  return told.length === 0 ? null : told.map((text) => ({ name: { text } }));
}

const genders: Readonly<Record<string, string>> = { M: 'male', F: 'female', X: 'other' };

function visitDrafts(
  row: SourceRow,
  make: (type: string, content: Record<string, unknown>) => Draft,
  refer: (other: StreamName, type: string, value: string | null | undefined) => unknown,
  { more, changed }: { more: (text: string) => string | null | undefined; changed: boolean },
): Draft[] {
  const condition = (): unknown => refer('problem', 'Condition', row.problem_id);
  const encounter = make('Encounter', {
    status: row.status_cd,
    subject: refer('person', 'Patient', row.person_id),
    diagnosis: row.problem_id === null ? null : [{ condition: condition() }],
  });
  const { weight = null } = row;
  if (weight === null || (changed && weight === '1.10')) return [encounter];
  const observation = make('Observation', {
    status: 'final',
    subject: refer('person', 'Patient', row.person_id),
    encounter: refer('visit', 'Encounter', row.visit_id),
    valueString: more(weight),
  });
  return [encounter, observation];
}

export function resourceName(
  key: ProjectKey,
  stream: StreamName,
  type: string,
  value: string,
): string {
  return `${type}/${stableId(key.tag(`clinic.${stream}`, value), type)}`;
}

function withoutNull(content: Record<string, unknown>): Record<string, unknown> {
  const kept = Object.entries(content).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(kept);
}

/** What becomes of each draft that is meant for a target. */
function settle(
  target: string,
  all: readonly Draft[],
  options: ExpectationOptions,
): ExpectedDraft[] {
  const routed = all.filter(
    ({ label }) => options.targets.length === 1 || target === 'archive' || label !== 'ETH',
  );
  const refusable = (draft: Draft): boolean =>
    options.strict && target === 'chart' && draft.body.includes('REFUSE');
  const sound = routed.filter(({ body }) => !body.includes('HOLD'));
  const hoped = closedSet(sound, options.present);
  const certain = closedSet(
    sound.filter((draft) => !refusable(draft)),
    options.present,
  );
  const fateOfDraft = (draft: Draft): ExpectedDraft['fate'] => {
    if (!sound.includes(draft)) return 'held';
    if (!hoped.has(draft.name)) {
      // Refused before the mappings changed, and made no otherwise since: it stays held for that.
      const before = options.changed && refusable(draft);
      return before ? 'refused or unresolved' : 'reference-unresolved';
    }
    if (certain.has(draft.name)) return 'loaded';
    if (!refusable(draft)) return 'loaded or unresolved';
    const leads = draft.references.every((one) => certain.has(one) || options.present.has(one));
    return leads ? 'refused' : 'refused or unresolved';
  };
  return routed.map((draft) => {
    const { stream, name, body, references } = draft;
    return { stream, name, body, references, fate: fateOfDraft(draft) };
  });
}

/**
 * The largest set of drafts that refer only to each other and to what stands at the target already:
 * take out what does not until nothing more falls.
 */
function closedSet(drafts: readonly Draft[], present: ReadonlySet<string>): Set<string> {
  const names = new Set(drafts.map(({ name }) => name));
  for (let fell = true; fell;) {
    fell = false;
    for (const { name, references } of drafts) {
      const leads = references.every((one) => names.has(one) || present.has(one));
      if (!leads && names.delete(name)) fell = true;
    }
  }
  return names;
}

import { canonicalJson, toJson } from '../../src/base/json.ts';
import type { ProjectKey } from '../../src/keys/projectKey.ts';
import { stableId } from '../../src/keys/stableId.ts';
import type { ClinicRows, SourceRow, StreamName } from './clinic.ts';

/**
 * What must come of a clinic's rows, worked out by a second, much simpler author than the engine:
 * all rows at once, plain loops, none of the engine's code but ids and canonical JSON.
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
  /** `loaded`, or why it is held. */
  fate: 'loaded' | 'held' | 'refused' | 'reference-unresolved';
}

export interface ExpectationOptions {
  targets: readonly string[];
  /** The code map knows every code. */
  repaired: boolean;
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

export const movedStreams = ['site', 'person', 'visit', 'problem', 'memo', 'word'] as const;

export function expect(
  key: ProjectKey,
  rows: ClinicRows,
  options: ExpectationOptions,
): Expectation {
  const records = new Map<StreamName, RecordCounts>();
  const drafts: Draft[] = [];
  for (const stream of movedStreams) {
    const counts = { read: 0, mapped: 0, excluded: 0, quarantined: new Map<string, number>() };
    for (const row of rows[stream]) {
      counts.read++;
      const fate = fateOf(stream, row, rows[stream], options.repaired);
      if (fate === 'mapped') {
        counts.mapped++;
        drafts.push(...draftsOf(key, stream, row));
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

function fateOf(
  stream: StreamName,
  row: SourceRow,
  all: readonly SourceRow[],
  repaired: boolean,
): string {
  const column = keys[stream];
  if (column === undefined || row[column] === null) return 'key-missing';
  if (row.deleted === 'Y') return 'excluded';
  if (row.sex_cd === 'X' && !repaired) return 'code-unmapped';
  if (all.filter((other) => other[column] === row[column]).length > 1) return 'duplicate-key';
  return 'mapped';
}

function draftsOf(key: ProjectKey, stream: StreamName, row: SourceRow): Draft[] {
  const references: string[] = [];
  const refer = (other: StreamName, type: string, value: string | null | undefined): unknown => {
    if (value === null || value === undefined) return undefined;
    const reference = resourceName(key, other, type, value);
    references.push(reference);
    return { reference };
  };
  const make = (type: string, content: Record<string, unknown>): Draft => {
    const name = resourceName(key, stream, type, row[keys[stream] as string] as string);
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
          name: row.title,
          partOf: refer('site', 'Organization', row.parent_id),
        }),
      ];
    case 'person':
      return [
        make('Patient', {
          name: row.family === null ? null : [{ family: row.family }],
          gender: genders[row.sex_cd ?? ''],
          managingOrganization: refer('site', 'Organization', row.site_id),
        }),
      ];
    case 'visit':
      return visitDrafts(row, make, refer);
    case 'problem':
      return [
        make('Condition', {
          code: row.title === null ? null : { text: row.title },
          subject: refer('person', 'Patient', row.person_id),
          encounter: refer('visit', 'Encounter', row.visit_id),
        }),
      ];
    default:
      return [];
  }
}

const genders: Readonly<Record<string, string>> = { M: 'male', F: 'female', X: 'other' };

function visitDrafts(
  row: SourceRow,
  make: (type: string, content: Record<string, unknown>) => Draft,
  refer: (other: StreamName, type: string, value: string | null | undefined) => unknown,
): Draft[] {
  const condition = (): unknown => refer('problem', 'Condition', row.problem_id);
  const encounter = make('Encounter', {
    status: row.status_cd,
    subject: refer('person', 'Patient', row.person_id),
    diagnosis: row.problem_id === null ? null : [{ condition: condition() }],
  });
  if (row.weight === null) return [encounter];
  const observation = make('Observation', {
    status: 'final',
    subject: refer('person', 'Patient', row.person_id),
    encounter: refer('visit', 'Encounter', row.visit_id),
    valueString: row.weight,
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

/**
 * The largest set of drafts in which each is acceptable and refers only to what is in the set or
 * stands at the target already: take out what is not until nothing more falls.
 */
function settle(
  target: string,
  all: readonly Draft[],
  options: ExpectationOptions,
): ExpectedDraft[] {
  const routed = all.filter(
    ({ label }) => options.targets.length === 1 || target === 'archive' || label !== 'ETH',
  );
  const fates = new Map<Draft, ExpectedDraft['fate']>();
  for (const draft of routed) {
    const refused = options.strict && target === 'chart' && draft.body.includes('REFUSE');
    fates.set(draft, draft.body.includes('HOLD') ? 'held' : refused ? 'refused' : 'loaded');
  }
  for (let fell = true; fell;) {
    fell = false;
    const loaded = new Set(
      [...fates].flatMap(([{ name }, fate]) => (fate === 'loaded' ? [name] : [])),
    );
    for (const draft of routed) {
      const leads = draft.references.every((one) => loaded.has(one) || options.present.has(one));
      if (leads || fates.get(draft) !== 'loaded') continue;
      fates.set(draft, 'reference-unresolved');
      fell = true;
    }
  }
  return routed.map((draft) => ({
    stream: draft.stream,
    name: draft.name,
    body: draft.body,
    fate: fates.get(draft) as ExpectedDraft['fate'],
  }));
}

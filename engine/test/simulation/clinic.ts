import type { Column, Stream } from '../../src/model/stream.ts';
import type { ProjectFiles } from '../../src/run/plan/read.ts';

/**
 * The invented clinic of the simulation: streams that refer to each other in circles, within a
 * stream (sites) and across two (visits and problems), one whose records are folded into those of
 * another (parts of persons), one without a key, one that is only looked
 * up, and one that is not moved.
 */
export const streamNames = [
  ...(['site', 'person', 'part', 'visit', 'problem', 'memo', 'word', 'trail'] as const),
] as const;

export type StreamName = (typeof streamNames)[number];

/** Column names; the first is the key, but for `memo`, which has none. */
export const columnsOf: Readonly<Record<StreamName, readonly string[]>> = {
  site: ['site_id', 'title', 'parent_id', 'label', 'deleted'],
  person: ['person_id', 'family', 'sex_cd', 'site_id', 'label', 'deleted'],
  part: ['part_id', 'person_id', 'word', 'deleted'],
  visit: ['visit_id', 'person_id', 'problem_id', 'status_cd', 'weight'],
  problem: ['problem_id', 'person_id', 'visit_id', 'title', 'label', 'deleted'],
  memo: ['person_id', 'body'],
  word: ['word_id', 'meaning'],
  trail: ['trail_id', 'what'],
};

/** What moves: everything, or so little that many runs can be simulated. */
export type Extent = 'wide' | 'narrow';

export const movedStreams: Readonly<Record<Extent, readonly StreamName[]>> = {
  wide: ['site', 'person', 'part', 'visit', 'problem', 'memo', 'word'],
  narrow: ['site', 'person', 'part', 'memo'],
};

/** A row by column; null where the source has NULL. */
export type SourceRow = Readonly<Record<string, string | null>>;

export type ClinicRows = Readonly<Record<StreamName, readonly SourceRow[]>>;

export function streamOf(name: StreamName): Stream {
  const columns = columnsOf[name].map((column): Column => ({
    name: column,
    sourceType: 'text',
    type: 'text',
    nullable: true,
  }));
  return { name, columns, key: name === 'memo' ? [] : [columnsOf[name][0] as string] };
}

/** The plan, its mappings and code maps as a person would write them. */
export function clinicFiles(options: {
  extent: Extent;
  /** `chart` alone, or `chart` and `archive` with a route. */
  targets: 1 | 2;
  /** Whether the code map knows the code that it lacked at first. */
  repaired: boolean;
  /** Whether the mappings are those of {@link changes}; not unless told. */
  changed?: boolean;
}): ProjectFiles {
  return {
    plan: planText(options.extent, options.targets),
    mappings: movedStreams[options.extent].map((name) => ({
      path: `mappings/clinic/${name}.yaml`,
      text: mappingText(name, options.changed === true),
    })),
    functions: [],
    codeMaps: [{ path: 'codes/sex.csv', text: sexCodes(options.repaired) }],
  };
}

function planText(extent: Extent, targets: 1 | 2): string {
  const decided = 'fate: not moved, reason: simulated, owner: lead, approver: HIM';
  const dispositions = streamNames.flatMap((name) => {
    if (!movedStreams[extent].includes(name)) return [`{ stream: clinic.${name}, ${decided} }`];
    return name === 'word' ? [`{ stream: clinic.word, columns: [meaning], ${decided} }`] : [];
  });
  return `
name: simulated-clinic
sources:
  clinic: { kind: simulated, emptyIs: 'null' }
strategy: { kind: big-bang }
dispositions: [${dispositions.join(', ')}]
targets:
  chart: { kind: simulated }
${targets === 1 ? '' : routes}`;
}

const routes = `  archive: { kind: simulated }
route:
  - { when: "meta.security.where(code = 'ETH').exists()", to: [archive] }
  - { to: [chart, archive] }
`;

const sexCodes = (repaired: boolean): string =>
  ['source,target,status', 'M,male,approved', 'F,female,approved']
    .concat(repaired ? ['X,other,approved'] : [])
    .join('\n');

const labelled = "meta: { security: [{ $when: label.exists(), system: '=urn:sim', code: label }] }";

const mappings: Readonly<Partial<Record<StreamName, string>>> = {
  site: `
stream: clinic.site
key: site_id
exclude: { when: "deleted ~ 'Y'", reason: deleted-in-source }
resources:
  Organization:
    ${labelled}
    name: title
    partOf: parent_id.reference('clinic.site')
`,
  person: `
stream: clinic.person
key: person_id
exclude: { when: "deleted ~ 'Y'", reason: deleted-in-source }
children:
  parts: { stream: clinic.part, by: person_id, order: [word, part_id] }
resources:
  Patient:
    contact: [{ $each: parts, name: { text: word } }]
    ${labelled}
    name: [{ family: family }]
    gender: sex_cd.map('sex')
    multipleBirthInteger: site_id.related('clinic.site').count()
    managingOrganization: site_id.reference('clinic.site')
facts:
  resource: Patient
  subject: person_id
  unless: { column: deleted, equals: [Y] }
  declare:
    - { concept: family, value: family, text: true }
    - { concept: sex, value: sex_cd, as: { M: male, F: female, X: other } }
`,
  part: `
stream: clinic.part
key: part_id
exclude: { when: "deleted ~ 'Y'", reason: deleted-part }
foldedInto: clinic.person
`,
  visit: `
stream: clinic.visit
key: visit_id
resources:
  Encounter:
    status: status_cd
    subject: person_id.reference('clinic.person')
    diagnosis: [{ condition: problem_id.reference('clinic.problem') }]
  Observation:
    $when: weight.exists()
    status: =final
    subject: person_id.reference('clinic.person')
    encounter: visit_id.reference('clinic.visit', 'Encounter')
    valueString: weight
facts:
  resource: Encounter
  subject: { column: person_id, stream: clinic.person }
  declare:
    - { concept: encounter-status, value: status_cd, text: true }
`,
  problem: `
stream: clinic.problem
key: problem_id
exclude: { when: "deleted ~ 'Y'", reason: deleted-in-source }
resources:
  Condition:
    ${labelled}
    code: { text: title }
    subject: person_id.reference('clinic.person')
    encounter: visit_id.reference('clinic.visit', 'Encounter')
`,
  memo: `
stream: clinic.memo
resources:
  DocumentReference:
    status: =current
    description: body
    subject: person_id.reference('clinic.person')
`,
  word: `
stream: clinic.word
key: word_id
lookup: true
`,
};

function mappingText(name: StreamName, changed: boolean): string {
  const text = mappings[name] as string;
  return (changed ? (changes[name] ?? []) : []).reduce((now, [from, to]) => {
    if (!now.includes(from)) throw new RangeError(`no "${from}" in the mapping of ${name}`);
    return now.replace(from, to);
  }, text);
}

const more = (column: string): string => `"iif(${column}.exists(), ${column} & '+', {})"`;

/** Other texts, drafts that no longer arise, and records that are excluded now. */
const changes: Readonly<Partial<Record<StreamName, readonly (readonly [string, string])[]>>> = {
  // What refers to a site that is excluded now is held, and what refers to that.
  site: [
    ["deleted ~ 'Y'", "deleted ~ 'Y' or title ~ 'plain'"],
    ['name: title', `name: ${more('title')}`],
  ],
  person: [['text: word', 'text: word.upper()']],
  part: [["deleted ~ 'Y'", "deleted ~ 'Y' or word ~ 'b'"]],
  visit: [
    ['weight.exists()', "weight.exists() and weight != '1.10'"],
    ['valueString: weight', `valueString: ${more('weight')}`],
  ],
  problem: [['text: title', `text: ${more('title')}`]],
  memo: [
    ['resources:', `exclude: { when: "body ~ 'plain'", reason: plain-memo }\nresources:`],
    ['description: body', `description: ${more('body')}`],
  ],
};

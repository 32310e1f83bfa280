/** A target in use: a hospital that has charts of its own, joined by a clinic of six people. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { canonicalJson, toJson, type JsonObject } from '../../src/base/json.ts';
import { draftBalances } from '../../src/ledger/balances.ts';
import type { TargetId } from '../../src/model/target.ts';
import { objects, texts } from '../../src/verification/concepts/elements.ts';
import { chartOf, ownClinic, textsOf, type OwnClinic } from './ownClinic.ts';
import { owned } from './owned.ts';
import type { TestProject } from './project.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

const columns = 'family,given,born,sex,street,zip,phone,ssn';
const people = [
  'NUNEZ,ANA,1974-12-03,F,12 OAK ST,60546,7085550101,078051120',
  'OKAFOR,JOHN,1950-06-14,M,3 ELM AVE,60402,7085550199,457555462',
  'KOWALSKI,EWA,1988-02-29,F,77 PINE RD,60513,7085550133,219099998',
  'BERG,LARS,1963-09-09,M,5 LAKE DR,60525,7085550177,512345678',
  'TRAN,MINH,1991-01-17,M,18 HILL CT,60534,7085550188,523456789',
  'SINGH,ASHA,2001-05-05,F,41 MAIN ST,60148,6305550144,534567890',
];

export const clinic: OwnClinic = {
  tables: {
    person: [`pt,${columns}`, ...people.map((one, at) => `p${at},${one}`)].join('\n'),
    visit: ['visit,pt,status', ...people.map((_, at) => `v${at},p${at},finished`)].join('\n'),
  },
  mappings: {
    person: `
stream: clinic.person
resources:
  Patient:
    identifier:
      - { system: '=urn:riverside', value: pt }
      - { system: '=http://hl7.org/fhir/sid/us-ssn', value: ssn }
    name: [{ family: family, given: [given] }]
    birthDate: born.date('yyyy-MM-dd')
    gender: iif(sex = 'F', 'female', 'male')
    address: [{ line: [street], postalCode: zip }]
    telecom: [{ system: =phone, value: phone }]
facts:
  resource: Patient
  declare:
    - { concept: mrn, value: pt, text: true, system: 'urn:riverside' }
    - { concept: birth-date, value: born, date: yyyy-MM-dd }
`,
    visit: `
stream: clinic.visit
resources:
  Encounter:
    status: status
    class: { code: =AMB }
    subject: pt.reference('clinic.person')
facts:
  resource: Encounter
  subject: { column: pt, stream: clinic.person }
  declare: [{ concept: encounter-status, value: status, text: true }]
`,
  },
  plan: 'linkage: {}',
};

/** What the target has of its own: Ana with a slip and another number, Ewa under a former number too. */
export const meridian: readonly JsonObject[] = [
  patient('mer-1', 'M-100', {
    name: [{ family: 'Nunes', given: ['Ana'] }],
    birthDate: '1974-12-03',
    gender: 'female',
    address: [{ line: ['12 Oak St'], postalCode: '60546' }],
    telecom: [{ system: 'phone', value: '7085550101' }],
    ssn: '078051120',
  }),
  patient('mer-2', 'M-200', {
    name: [{ family: 'Kowalski', given: ['Ewa'] }],
    birthDate: '1988-02-29',
    gender: 'female',
    address: [{ line: ['77 Pine Rd'], postalCode: '60513' }],
    telecom: [{ system: 'phone', value: '7085550133' }],
    link: [{ other: { reference: 'Patient/mer-3' }, type: 'replaces' }],
    ssn: '219099998',
  }),
  patient('mer-3', 'M-201', {
    active: false,
    name: [{ family: 'Kowalska', given: ['Ewa'] }],
    birthDate: '1988-02-29',
    gender: 'female',
    link: [{ other: { reference: 'Patient/mer-2' }, type: 'replaced-by' }],
  }),
  patient('mer-4', 'M-400', {
    name: [{ family: 'Olsen', given: ['Kari'] }],
    birthDate: '1970-07-07',
    gender: 'female',
  }),
  toJson({
    resourceType: 'Encounter',
    id: 'enc.1',
    status: 'finished',
    class: { code: 'AMB' },
    subject: { reference: 'Patient/mer-1' },
  }) as JsonObject,
];

function patient(id: string, number: string, rest: Readonly<Record<string, unknown>>): JsonObject {
  const { ssn, ...own } = rest;
  const identifier = [
    { system: 'urn:meridian', value: number },
    ...(ssn === undefined ? [] : [{ system: 'http://hl7.org/fhir/sid/us-ssn', value: ssn }]),
  ];
  return toJson({ resourceType: 'Patient', id, identifier, ...own }) as JsonObject;
}

/** What users of the target write there, with their own hands. */
export async function write(project: TestProject, resources: readonly JsonObject[]): Promise<void> {
  const chart = await project.openChart();
  const puts = resources.map((one) => ({
    kind: 'put' as const,
    type: one['resourceType'] as string,
    id: one['id'] as string,
    body: Buffer.from(canonicalJson(one)),
  }));
  const receipts = await chart.write(puts, new AbortController().signal);
  await chart.close();
  assert.ok(receipts.every(({ state }) => state === 'delivered'));
}

export async function remove(project: TestProject, { type, id }: TargetId): Promise<void> {
  const chart = await project.openChart();
  await chart.write([{ kind: 'remove', type, id }], new AbortController().signal);
  await chart.close();
}

export interface Bench {
  project: TestProject;
  bench: Workbench;
  /** What stood at the target before the first run. */
  before: Map<string, string>;
}

export async function inUse(context: TestContext): Promise<Bench> {
  const project = owned(context, await ownClinic(clinic));
  await project.edit('handover.yaml', '{ kind: embedded }', '{ kind: embedded, existing: link }');
  await write(project, meridian);
  const before = await textsOf(project);
  assert.equal(before.size, meridian.length);
  const bench = owned(context, await openWorkbench(project.opened, { records: 4 }));
  return { project, bench, before };
}

export async function finished({ bench }: Bench): Promise<string> {
  const { run, state, code } = await bench.run();
  assert.deepEqual(bench.errors, []);
  assert.equal(state, 'finished', code);
  return run;
}

export async function requireGreen(all: Bench, run: string): Promise<void> {
  assert.deepEqual(await all.bench.findings(run), []);
  await requireBalance(all, run, 0);
}

export async function requireBalance(
  { bench }: Bench,
  run: string,
  quarantined: number,
): Promise<void> {
  let held = 0;
  for (const { stream, target, ...counts } of await draftBalances(bench.database, run)) {
    const { drafted, loaded, merged, superseded, removed, excluded, waiting } = counts;
    const accounted = loaded + merged + superseded + removed + counts.quarantined + excluded;
    assert.equal(drafted, accounted + waiting, `${stream} at ${target} balances`);
    assert.equal(waiting, 0, stream);
    held += counts.quarantined;
  }
  assert.equal(held, quarantined);
}

const numbersOf = (one: JsonObject): string[] =>
  objects(one, 'identifier').flatMap((each) => texts(each, 'value'));

export async function patients(project: TestProject): Promise<JsonObject[]> {
  return [...(await chartOf(project)).values()].filter((one) => one['resourceType'] === 'Patient');
}

/** The chart that a number leads to; exactly one does. */
export async function chartWith(project: TestProject, number: string): Promise<string> {
  return chartIn(await patients(project), number);
}

export function chartIn(charts: readonly JsonObject[], number: string): string {
  const found = charts.filter((one) => numbersOf(one).includes(number));
  assert.equal(found.length, 1, 'a number is on exactly one chart');
  return found[0]?.['id'] as string;
}

export async function visitOf(project: TestProject, chart: string): Promise<JsonObject[]> {
  return [...(await chartOf(project)).values()].filter(
    (one) => texts(one, 'subject.reference')[0] === `Patient/${chart}`,
  );
}

/** The number of a chart in the system that is left. */
export function riversideNumber(chart: JsonObject): string {
  return objects(chart, 'identifier')
    .filter((each) => texts(each, 'system')[0] === 'urn:oid:2.16.840.1.113883.19.5')
    .flatMap((each) => texts(each, 'value'))
    .join();
}

/** A chart as the other hospital has it: another number, slips, an old house, not always the national number. */
export function asAtMeridian(chart: JsonObject, at: number): JsonObject {
  const { meta: _, extension: __, generalPractitioner: ___, ...known } = chart;
  const [name] = objects(chart, 'name');
  const family = texts(name ?? {}, 'family')[0] ?? '';
  const slip = at % 3 === 0 && family.length > 4;
  const unknown = at % 4 === 1 && objects(chart, 'telecom').length > 0;
  const national = objects(chart, 'identifier').filter(
    (one) => !unknown && texts(one, 'system')[0] === 'http://hl7.org/fhir/sid/us-ssn',
  );
  const moved = at % 5 === 0 && national.length > 0;
  return toJson({
    ...known,
    id: `mer-${at}`,
    identifier: [{ system: 'urn:meridian', value: `M${1000 + at}` }, ...national],
    name: [{ ...name, family: slip ? `${family.slice(0, 2)}${family.slice(3)}` : family }],
    ...(moved && { address: [{ line: ['1 Former Road'], city: 'Elsewhere' }] }),
  }) as JsonObject;
}

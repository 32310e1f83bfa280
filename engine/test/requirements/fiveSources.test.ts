/**
 * The region of the sample hospital through a run: three databases, a feed of messages and an archive of
 * claims that know many of the same people, with the truth of who everybody is.
 */
import assert from 'node:assert/strict';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { JsonObject } from '../../src/base/json.ts';
import { stableId } from '../../src/keys/stableId.ts';
import { openQuestions } from '../../src/run/linkage/worklist.ts';
import { writeSources, type SourceTruth } from '../../src/sample/sources/files.ts';
import { objects, texts } from '../../src/verification/concepts/elements.ts';
import { chartOf } from './ownClinic.ts';
import { owned } from './owned.ts';
import { testProject, type TestProject } from './project.ts';
import { openWorkbench } from './workbench.ts';

const sexes = `iif(sex = 'F', 'female', iif(sex = 'M', 'male', 'unknown'))`;
const security = `{ $when: ssn.exists(), system: '=http://hl7.org/fhir/sid/us-ssn', value: ssn }`;

const mappings: Readonly<Record<string, string>> = {
  registration: `
stream: registration.registration
resources:
  Patient:
    identifier: [{ system: '=urn:riverside', value: mrn }, ${security}]
    name: [{ family: last_name, given: [first_name, middle_initial], suffix: [name_suffix] }]
    birthDate: date_of_birth.date('MM/dd/yyyy')
    gender: ${sexes}
    address: [{ line: [street], city: city, state: state, postalCode: zip }]
    telecom:
      - { $when: home_phone.exists(), system: =phone, value: home_phone }
      - { $when: cell_phone.exists(), system: =phone, use: =mobile, value: cell_phone }
      - { $when: email.exists(), system: =email, value: email }
facts:
  resource: Patient
  declare: [{ concept: mrn, value: mrn, text: true, system: 'urn:riverside' }]
`,
  clinic: `
stream: clinic.clinic
resources:
  Patient:
    identifier:
      - { system: '=urn:clinic', value: chart_number }
      - { $when: hospital_mrn.exists(), system: '=urn:riverside', value: hospital_mrn }
      - { $when: social_security.exists(), system: '=http://hl7.org/fhir/sid/us-ssn', value: social_security }
    name:
      - family: "patient_name.substring(0, patient_name.indexOf(','))"
        given:
          - "patient_name.substring(patient_name.indexOf(',') + 2).split(' ').first()"
          - "patient_name.substring(patient_name.indexOf(',') + 2).split(' ').skip(1).join(' ')"
    birthDate: dob.date('yyyy-MM-dd')
    gender: iif(gender.exists(), gender, 'unknown')
    address: [{ line: [address], city: city, postalCode: zip }]
    telecom:
      - { $when: phone.exists(), system: =phone, value: phone }
      - { $when: email.exists(), system: =email, value: email }
`,
  laboratory: `
stream: laboratory.laboratory
resources:
  Patient:
    identifier: [{ system: '=urn:laboratory', value: lab_patient_id }, ${security}]
    name: [{ family: surname, given: [forename] }]
    birthDate: birth_date.date('yyyyMMdd')
    gender: ${sexes}
    address: [{ line: [street], postalCode: postcode }]
    telecom: [{ $when: telephone.exists(), system: =phone, value: telephone }]
`,
  adt: 'stream: [adt.ADT, adt.unreadable]\nstandard: hl7v2\n',
  claims: 'stream: [claims.837P, claims.unreadable]\nstandard: x12\n',
};

const tables = { registration: 'mrn', clinic: 'chart_number', laboratory: 'lab_patient_id' };

interface Region {
  project: TestProject;
  truths: readonly SourceTruth[];
}

async function region(context: TestContext, people: number): Promise<Region> {
  const project = owned(context, await testProject({ patients: 1 }));
  const at = (...path: string[]): string => join(project.folder, ...path);
  await writeSources({ folder: at('five'), people, seed: 'five sources' });
  const files = { ...tables, adt: 'adt.hl7', claims: 'claims.837' };
  for (const name of Object.keys(files)) await mkdir(at('own', name), { recursive: true });
  for (const name of Object.keys(tables)) {
    await rename(at('five', `${name}.csv`), at('own', name, `${name}.csv`));
  }
  for (const name of ['adt', 'claims'] as const) {
    await rename(at('five', files[name]), at('own', name, files[name]));
  }
  await mkdir(at('maps'));
  for (const [name, text] of Object.entries(mappings)) {
    await project.write(join('maps', `${name}.yaml`), text);
  }
  const sources = Object.entries(tables).map(
    ([name, key]) =>
      `  ${name}: { kind: csv, folder: own/${name}, timeZone: America/Chicago, emptyIs: 'null', streams: { ${name}: { key: [${key}] } } }`,
  );
  await project.write(
    'handover.yaml',
    `name: region
sources:
${sources.join('\n')}
  adt: { kind: hl7v2, folder: own/adt, timeZone: America/Chicago }
  claims: { kind: x12, folder: own/claims, timeZone: America/Chicago }
targets:
  chart: { kind: embedded }
strategy: { kind: big-bang }
mappings: maps
linkage: {}
`,
  );
  const lines = (await readFile(at('five', 'truth.ndjson'), 'utf8')).trim().split('\n');
  return { project, truths: lines.map((line) => JSON.parse(line) as SourceTruth) };
}

/** Numbers of a chart as `system|value`, the system as the tables name it. */
function numbersOf(patient: JsonObject): string[] {
  return objects(patient, 'identifier').map((one) => {
    const [system = ''] = texts(one, 'system');
    const [value = ''] = texts(one, 'value');
    return `${system.slice(system.lastIndexOf(':') + 1)}|${value}`;
  });
}

test('R10 five sources through a run: no wrong chart, overlays told, any old number finds one chart', async (context) => {
  const { project, truths } = await region(context, 120);
  const bench = owned(context, await openWorkbench(project.opened, { slices: 2 }));
  const { run, state, code } = await bench.run();
  assert.deepEqual(bench.errors, []);
  assert.equal(state, 'finished', code);
  assert.deepEqual(await bench.findings(run), []);
  for (const { stream, balanced, waiting } of (await bench.report(run)).streams) {
    assert.ok(balanced && waiting === 0, `${stream} balances`);
  }
  const charts = [...(await chartOf(project)).values()].filter(
    (one) => one['resourceType'] === 'Patient',
  );
  const chartsWith = new Map<string, Set<string>>();
  for (const chart of charts) {
    for (const number of numbersOf(chart)) {
      const found = chartsWith.get(number) ?? new Set();
      chartsWith.set(number, found.add(chart['id'] as string));
    }
  }
  const { questions } = await openQuestions(bench.database);
  const asked = new Set(questions.flatMap(({ left, right }) => [left, right]));
  const names = {
    registration: 'riverside',
    clinic: 'clinic',
    laboratory: 'laboratory',
    adt: 'LAKESIDE',
  };
  const peopleOf = new Map<string, Set<number>>();
  let numbers = 0;
  for (const { source, key, person, overlaid } of truths) {
    if (source === 'claims') continue;
    const found = [...(chartsWith.get(`${names[source]}|${key}`) ?? [])];
    numbers++;
    assert.ok(found.length > 0, `a number of ${source} is on a chart`);
    // Two charts with a number: what the clinic was told of the hospital's number is doubtful.
    const doubtful = found.length > 1 && found.every((id) => asked.has(id));
    assert.ok(found.length === 1 || doubtful, `a number of ${source} is on one chart`);
    if (overlaid === true) {
      const own = source === 'adt' ? found : [stableIdOf(project, source, key)];
      assert.ok(
        own.some((id) => asked.has(id)),
        `an overlaid record of ${source} is asked about`,
      );
      continue;
    }
    for (const id of found.length === 1 ? found : []) {
      peopleOf.set(id, (peopleOf.get(id) ?? new Set()).add(person));
    }
  }
  assert.ok(numbers > 200);
  const wrong = [...peopleOf.values()].filter(({ size }) => size > 1).length;
  assert.equal(wrong, 0, 'no chart holds the numbers of two people');
  const records = truths.length;
  assert.ok(questions.length <= records * 0.05, `${questions.length} questions of ${records}`);
});

function stableIdOf(project: TestProject, source: string, key: string): string {
  return stableId(project.key.tag(`${source}.${source}`, key), 'Patient');
}

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  isJsonObject,
  JsonNumber,
  parseJson,
  type Json,
  type JsonObject,
} from '../../src/base/json.ts';
import { seededRandom } from '../../src/base/random.ts';
import { stableId } from '../../src/keys/stableId.ts';
import { testProject, type TestProject } from './project.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

const systems = 'http://terminology.hl7.org/CodeSystem';
const patient = 990001;

type Row = Readonly<Record<string, string | number | null>>;

const patients: readonly Row[] = [
  {
    pt_id: patient,
    mrn: '00990001',
    last_nm: 'Núñez',
    first_nm: 'Ana',
    dob: '12/03/74',
    sex_cd: 'F',
    deceased_fl: 'N',
  },
  {
    pt_id: 990002,
    mrn: '00990002',
    last_nm: 'Doe',
    first_nm: 'Jo',
    dob: '01/02/30',
    sex_cd: 'U',
    deceased_fl: 'Y',
    dod: '',
  },
  {
    pt_id: 990003,
    mrn: '00990003',
    last_nm: 'Roe',
    first_nm: 'Al',
    dob: '01/02/30',
    sex_cd: 'M',
    deceased_fl: 'Y',
    dod: '20240131',
  },
];

const allergies: readonly Row[] = [
  {
    alg_id: 1,
    status_cd: 'R',
    alg_type_cd: 'DA',
    alg_cd: 'PCN',
    alg_txt: 'Penicillin',
    onset_dt: '1974-12',
  },
  {
    alg_id: 2,
    status_cd: 'E',
    alg_type_cd: 'FA',
    alg_cd: 'PNUT',
    alg_txt: 'Peanuts',
    onset_dt: '1974',
  },
  {
    alg_id: 3,
    status_cd: 'I',
    alg_type_cd: 'EA',
    alg_cd: 'LATX',
    alg_txt: 'Latex',
    onset_dt: '1974-12-03',
  },
  { alg_id: 4, status_cd: 'U', alg_type_cd: 'DA', alg_cd: 'ASA', alg_txt: 'Aspirin' },
  { alg_id: 5, status_cd: 'A', alg_type_cd: 'NK', alg_cd: 'NKA', alg_txt: 'No known allergies' },
  {
    alg_id: 6,
    status_cd: 'A',
    alg_type_cd: 'NK',
    alg_cd: 'NKDA',
    alg_txt: 'No known drug allergies',
  },
  { alg_id: 7, status_cd: 'A', alg_type_cd: 'FA', alg_cd: '', alg_txt: 'those little red berries' },
].map((row) => ({ ...row, alg_id: 9900000 + row.alg_id, pt_id: patient }));

const orders: readonly Row[] = [
  { rx_id: 1, status_cd: 'A', drug_cd: 'D0114', dose_qty: '0.50', dose_unit: 'MG' },
  {
    rx_id: 2,
    status_cd: 'S',
    drug_cd: 'D0105',
    dose_qty: '112.0',
    dose_unit: 'MCG',
    stop_dt: '05-MAR-2024',
  },
  { rx_id: 3, status_cd: 'P', drug_cd: 'D0119', dose_qty: '81', dose_unit: 'MG' },
  { rx_id: 4, status_cd: 'U', drug_cd: 'D0120', dose_qty: null, dose_unit: '' },
  { rx_id: 5, status_cd: 'E', drug_cd: 'D0113', dose_qty: '0.250', dose_unit: 'MG' },
  { rx_id: 6, status_cd: 'H', drug_cd: 'D0117', dose_qty: '10', dose_unit: 'UNT' },
].map((row) => ({ ...row, rx_id: 9900000 + row.rx_id, pt_id: patient, drug_txt: 'as written' }));

const visits: readonly Row[] = [
  { enc_id: 1, status_cd: 'N', enc_cls: 'O', admit_ts: '2024-07-04 23:30:00', disch_dt: '' },
  {
    enc_id: 2,
    status_cd: 'E',
    enc_cls: 'I',
    admit_ts: '2024-01-04 08:00:00',
    disch_dt: '05-JAN-2024 10:15',
  },
  { enc_id: 3, status_cd: 'A', enc_cls: 'I', admit_ts: '2026-06-30 08:00:00', disch_dt: '' },
].map((row) => ({ ...row, enc_id: 9900000 + row.enc_id, pt_id: patient }));

function insert(table: string, row: Row): string {
  const texts = Object.values(row).map((value) =>
    value === null ? 'null' : `'${String(value).replaceAll("'", "''")}'`,
  );
  return `insert into ${table} (${Object.keys(row).join(', ')}) values (${texts.join(', ')})`;
}

/** The status of a record may be kept or lose certainty; it must never gain any. */
const certainty: Readonly<Record<string, number>> = {
  'entered-in-error': 0,
  refuted: 1,
  unconfirmed: 2,
  confirmed: 3,
};
const stated: Readonly<Record<string, string>> = {
  A: 'confirmed',
  I: 'confirmed',
  R: 'refuted',
  U: 'unconfirmed',
  E: 'entered-in-error',
};

const seed = process.env['SEED'] ?? String(process.pid);
const random = seededRandom(seed);
const drawn: readonly Row[] = Array.from({ length: 80 }, (_, number) => ({
  alg_id: 9910000 + number,
  pt_id: patient,
  status_cd: 'AIRUE'[random.integer(5)] as string,
  alg_type_cd: ['DA', 'FA', 'EA'][random.integer(3)] as string,
  alg_cd: ['PCN', 'PNUT', 'LATX', ''][random.integer(4)] as string,
  alg_txt: 'drawn',
}));

let project: TestProject;
let bench: Workbench;
const resources = new Map<string, JsonObject>();

before(async () => {
  project = await testProject({
    patients: 3,
    change: [
      ...patients.map((row) => insert('pt_demog', row)),
      ...[...allergies, ...drawn].map((row) => insert('allergies', row)),
      ...orders.map((row) => insert('medications', row)),
      ...visits.map((row) => insert('encounters', row)),
    ],
  });
  bench = await openWorkbench(project.opened);
  const { run } = await bench.run();
  const { verdict } = await bench.report(run);
  assert.equal(verdict.color, 'green', verdict.reasons.join(' '));
  const chart = await project.openChart();
  const never = new AbortController().signal;
  for await (const batch of chart.scan(undefined, never)) {
    for (const stored of await chart.fetch(batch.resources, 'body', never)) {
      const body = stored.state === 'present' ? stored.body : undefined;
      resources.set(stored.id, parseJson(String(body)) as JsonObject);
    }
  }
  await chart.close();
});

after(async () => {
  await bench.close();
  await project.close();
});

function resource(stream: string, key: string | number, type: string): JsonObject {
  const id = stableId(project.key.tag(`clinic.${stream}`, String(key)), type);
  const found = resources.get(id);
  assert.ok(found, `${type} of ${stream}`);
  return found;
}

/** What stands at some elements of a resource: numbers as they are written. */
function at(from: JsonObject, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, plain(from[name])]));
}

/** Without null prototypes, and numbers as they are written. */
function plain(value: Json | undefined): unknown {
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return value.map(plain);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}

const allergy = (number: number): JsonObject =>
  resource('allergies', 9900000 + number, 'AllergyIntolerance');
const order = (number: number): JsonObject =>
  resource('medications', 9900000 + number, 'MedicationRequest');
const visit = (number: number): JsonObject => resource('encounters', 9900000 + number, 'Encounter');

const coded = (name: string, code: string): object => ({
  coding: [{ code, system: `${systems}/${name}` }],
});

test('R07 a refuted allergy is refuted, and not active', () => {
  assert.deepEqual(at(allergy(1), 'clinicalStatus', 'verificationStatus'), {
    clinicalStatus: coded('allergyintolerance-clinical', 'inactive'),
    verificationStatus: coded('allergyintolerance-verification', 'refuted'),
  });
});

test('R07 what was entered in error arrives as such, without a clinical status', () => {
  assert.deepEqual(at(allergy(2), 'clinicalStatus', 'verificationStatus'), {
    clinicalStatus: undefined,
    verificationStatus: coded('allergyintolerance-verification', 'entered-in-error'),
  });
});

test('R07 inactive and unconfirmed stay what they are', () => {
  assert.deepEqual(at(allergy(3), 'clinicalStatus', 'verificationStatus'), {
    clinicalStatus: coded('allergyintolerance-clinical', 'inactive'),
    verificationStatus: coded('allergyintolerance-verification', 'confirmed'),
  });
  assert.deepEqual(at(allergy(4), 'clinicalStatus', 'verificationStatus'), {
    clinicalStatus: coded('allergyintolerance-clinical', 'active'),
    verificationStatus: coded('allergyintolerance-verification', 'unconfirmed'),
  });
});

test('R07 none known is a statement, and of which kind; not asked is no resource', () => {
  const codes = [5, 6].map((number) => at(allergy(number), 'code', 'category'));
  assert.deepEqual(codes, [
    {
      code: {
        coding: [
          { code: '716186003', display: 'No known allergy', system: 'http://snomed.info/sct' },
        ],
        text: 'No known allergies',
      },
      category: undefined,
    },
    {
      code: {
        coding: [
          { code: '409137002', display: 'No known drug allergy', system: 'http://snomed.info/sct' },
        ],
        text: 'No known drug allergies',
      },
      category: undefined,
    },
  ]);
  const notAsked = stableId(project.key.tag('clinic.pt_demog', '990002'), 'Patient');
  const about = [...resources.values()].filter(
    ({ resourceType, patient: of }) =>
      resourceType === 'AllergyIntolerance' &&
      (of as JsonObject)['reference'] === `Patient/${notAsked}`,
  );
  assert.deepEqual(about, []);
});

test('R07 an allergy that is only words keeps them, and gets no code', () => {
  assert.deepEqual(at(allergy(7), 'code'), { code: { text: 'those little red berries' } });
});

test('R07 partial dates stay as precise as they were: 1974-12, 1974, 1974-12-03', () => {
  const onsets = [1, 2, 3].map((number) => allergy(number)['onsetDateTime']);
  assert.deepEqual(onsets, ['1974-12', '1974', '1974-12-03']);
});

test('R07 doses keep their digits and units: 0.50 mg, 112.0 ug, 0.250 mg', () => {
  const dose = (number: number): unknown =>
    plain(
      (
        ((order(number)['dosageInstruction'] as JsonObject[])[0] as JsonObject)[
          'doseAndRate'
        ] as Json[]
      )[0],
    );
  const quantity = (value: string, code: string, unit: string): object => ({
    doseQuantity: { code, system: 'http://unitsofmeasure.org', unit, value },
  });
  assert.deepEqual([1, 2, 5, 6].map(dose), [
    quantity('0.50', 'mg', 'mg'),
    quantity('112.0', 'ug', 'mcg'),
    quantity('0.250', 'mg', 'mg'),
    quantity('10', '[iU]', 'units'),
  ]);
});

test('R07 active, stopped, completed, reported, unreconciled and mistaken orders stay apart', () => {
  const states = [1, 2, 6, 3, 4, 5].map((number) => {
    const { status, intent, reportedBoolean } = order(number);
    return [status, intent, reportedBoolean];
  });
  assert.deepEqual(states, [
    ['active', 'order', false],
    ['stopped', 'order', false],
    ['completed', 'order', false],
    ['active', 'plan', true],
    ['unknown', 'plan', true],
    ['entered-in-error', 'order', false],
  ]);
});

test('R07 dead without a date, dead on a date, alive', () => {
  const deaths = [990002, 990003, patient].map((key) =>
    at(resource('pt_demog', key, 'Patient'), 'deceasedBoolean', 'deceasedDateTime'),
  );
  assert.deepEqual(deaths, [
    { deceasedBoolean: true, deceasedDateTime: undefined },
    { deceasedBoolean: undefined, deceasedDateTime: '2024-01-31' },
    { deceasedBoolean: false, deceasedDateTime: undefined },
  ]);
});

test('R07 local times get the offset of their day, and a visit that did not happen is none', () => {
  assert.deepEqual(
    [1, 2, 3].map((number) => at(visit(number), 'status', 'period')),
    [
      { status: 'cancelled', period: { start: '2024-07-04T23:30:00-05:00' } },
      {
        status: 'entered-in-error',
        period: { start: '2024-01-04T08:00:00-06:00', end: '2024-01-05T10:15:00-06:00' },
      },
      { status: 'in-progress', period: { start: '2026-06-30T08:00:00-05:00' } },
    ],
  );
});

test('R07 no status is ever promoted', (context) => {
  context.diagnostic(`SEED=${seed}`);
  for (const { alg_id: key, status_cd: letter } of drawn) {
    const found = resource('allergies', key as number, 'AllergyIntolerance');
    const status = plain(found['verificationStatus']) as { coding: { code: string }[] };
    const code = status.coding[0]?.code ?? '';
    const source = stated[letter as string] ?? '';
    assert.ok((certainty[code] ?? 9) <= (certainty[source] ?? -1), `${source} became ${code}`);
  }
});

/**
 * R07 on the tables beyond the first five: rows that differ in one status alone, moved by the project
 * template, and what stands at the target.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  isJsonObject,
  JsonNumber,
  parseJson,
  type Json,
  type JsonObject,
} from '../../src/base/json.ts';
import { stableId } from '../../src/keys/stableId.ts';
import { testProject, type TestProject } from './project.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

const patient = 990001;
const doctor = 1001;

type Row = Readonly<Record<string, string | number | null>>;

const person: Row = {
  pt_id: patient,
  mrn: '09900010',
  last_nm: 'Ruth',
  first_nm: 'Ann',
  dob: '02/03/50',
  sex_cd: 'F',
  deceased_fl: 'N',
};

const visit: Row = {
  enc_id: 9900000,
  pt_id: patient,
  prov_id: doctor,
  enc_cls: 'O',
  status_cd: 'C',
  admit_ts: '2024-03-05 09:00:00',
};

function numbered(table: string, key: string, rows: readonly Row[]): string[] {
  return rows.map((row, at) => insert(table, { [key]: 9900001 + at, pt_id: patient, ...row }));
}

const statements: readonly string[] = [
  insert('pt_demog', person),
  insert('encounters', visit),
  ...numbered('problems', 'prob_id', [
    { icd_cd: 'I10', prob_txt: 'hypertension', status_cd: 'A', onset_dt: '12/1974' },
    { icd_cd: 'I10', prob_txt: 'hypertension', status_cd: 'X', onset_dt: '1974' },
    { icd_cd: 'I10', prob_txt: 'hypertension', status_cd: 'E' },
    { icd_cd: 'I10', prob_txt: 'hypertension', status_cd: 'S' },
    { icd_cd: 'I10', prob_txt: 'hypertension', status_cd: 'R', res_dt: '01/02/2020' },
    { icd_cd: 'NONE', prob_txt: 'No known problems', status_cd: 'A' },
  ]),
  ...numbered('visit_dx', 'dx_id', [
    { enc_id: 9900000, seq_no: 1, icd_cd: 'I10', dx_txt: 'hypertension', dx_typ: 'F' },
    { enc_id: 9900000, seq_no: 1, icd_cd: 'I10', dx_txt: 'hypertension', dx_typ: 'R' },
  ]),
  ...numbered('orders', 'ord_id', [
    { enc_id: 9900000, ord_typ: 'LAB', test_cd: 'K', ord_txt: 'K', status_cd: 'C', prio_cd: 'R' },
    { ord_typ: 'LAB', test_cd: 'K', ord_txt: 'K', status_cd: 'X', prio_cd: 'S' },
    { ord_typ: 'REF', ord_txt: 'cardiology', status_cd: 'H', prio_cd: 'U' },
    { ord_typ: 'REF', ord_txt: 'cardiology', status_cd: 'D', prio_cd: 'R' },
    { ord_typ: 'REF', ord_txt: 'cardiology', status_cd: 'E', prio_cd: 'R' },
  ]),
  ...numbered(
    'results',
    'res_id',
    ['P', 'F', 'C', 'X', 'E'].map((status_cd, at) => ({
      enc_id: 9900000,
      ord_id: 9900001,
      test_cd: 'TROP',
      test_txt: 'Troponin I',
      cmp_cd: at === 0 ? '<' : null,
      val_num: status_cd === 'X' ? null : (['0.010', '0.50', '1.20', '', '.70'][at] ?? null),
      unit_cd: status_cd === 'X' ? null : 'NG/ML',
      ref_high: '0.04',
      status_cd,
      coll_dt: at === 1 ? '202407042330' : '202401042330',
    })),
  ),
  ...numbered('immunisations', 'imm_id', [
    { vax_cd: 'TDAP', vax_txt: 'Tdap', status_cd: 'G', given_dt: '05/06/2019', lot_no: 'L1' },
    { vax_cd: 'TDAP', vax_txt: 'Tdap', status_cd: 'R', given_dt: '2009' },
    { vax_cd: 'TDAP', vax_txt: 'Tdap', status_cd: 'N', given_dt: '05/06/2019', refuse_cd: 'R' },
  ]),
  ...numbered('directives', 'dir_id', [
    { dir_cd: 'DNR', dir_txt: 'do not resuscitate', status_cd: 'A', eff_dt: '05-JAN-2024' },
    { dir_cd: 'FULL', dir_txt: 'full code', status_cd: 'R', eff_dt: '05-JAN-2023' },
    { dir_cd: 'DNI', dir_txt: 'do not intubate', status_cd: 'A', eff_dt: '05-JAN-2024' },
  ]),
  ...numbered('notes', 'note_id', [
    note('S', 'Ann Ruth (MRN 09900010)\nfine – ½ tab'),
    note('U', 'not signed'),
    note('A', 'amended'),
    note('X', 'of another patient'),
  ]),
];

function note(sign: string, body: string): Row {
  return {
    author_id: doctor,
    note_typ: 'PN',
    note_ts: '2024-07-04 12:00:00',
    sign_cd: sign,
    title: 'n',
    body_txt: body,
  };
}

function insert(table: string, row: Row): string {
  const texts = Object.values(row).map((value) =>
    value === null ? 'null' : `'${String(value).replaceAll("'", "''")}'`,
  );
  return `insert into ${table} (${Object.keys(row).join(', ')}) values (${texts.join(', ')})`;
}

let project: TestProject;
let bench: Workbench;
const resources = new Map<string, JsonObject>();

before(async () => {
  project = await testProject({ patients: 3, tables: 'all', change: statements });
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

/** What stands at a dotted path of the records of a table, counted from 1; lists by their first. */
function said(table: string, type: string, count: number, ...paths: string[]): unknown[][] {
  return Array.from({ length: count }, (_, at) => {
    const id = idOf(table, 9900001 + at, type);
    const found = resources.get(id);
    assert.ok(found, `${type} of ${table} ${at + 1}`);
    return paths.map((path) => valueAt(found, path));
  });
}

function idOf(table: string, key: number, type: string): string {
  return stableId(project.key.tag(`clinic.${table}`, String(key)), type);
}

function valueAt(from: JsonObject, path: string): unknown {
  let value: Json | undefined = from;
  for (const step of path.split('.')) {
    value = isJsonObject(value) ? value[step] : undefined;
    if (Array.isArray(value)) [value] = value;
  }
  return value instanceof JsonNumber ? value.text : value;
}

const status = (element: string): string => `${element}.coding.code`;

test('R07 problems: active, ruled out, entered in error, suspected, resolved, none known', () => {
  const paths = [status('clinicalStatus'), status('verificationStatus'), status('category')];
  const list = 'problem-list-item';
  assert.deepEqual(said('problems', 'Condition', 6, ...paths), [
    ['active', 'confirmed', list],
    ['inactive', 'refuted', list],
    [undefined, 'entered-in-error', list],
    ['active', 'provisional', list],
    ['resolved', 'confirmed', list],
    ['active', 'confirmed', list],
  ]);
  const [none] = said('problems', 'Condition', 6, status('code')).slice(5);
  assert.deepEqual(none, ['160245001']);
  const onsets = said('problems', 'Condition', 2, 'onsetDateTime');
  assert.deepEqual(onsets, [['1974-12'], ['1974']]);
});

test('R07 a visit diagnosis is none of the problem list, and one ruled out is refuted', () => {
  const paths = [status('category'), status('verificationStatus'), 'encounter.reference'];
  const encounter = `Encounter/${idOf('encounters', 9900000, 'Encounter')}`;
  assert.deepEqual(said('visit_dx', 'Condition', 2, ...paths), [
    ['encounter-diagnosis', 'confirmed', encounter],
    ['encounter-diagnosis', 'refuted', encounter],
  ]);
});

test('R07 results: preliminary, final, corrected, cancelled, in error; digits, units, comparators', () => {
  const value = 'valueQuantity';
  const paths = ['status', `${value}.comparator`, `${value}.value`, `${value}.code`];
  assert.deepEqual(said('results', 'Observation', 5, ...paths), [
    ['preliminary', '<', '0.010', 'ng/mL'],
    ['final', undefined, '0.50', 'ng/mL'],
    ['corrected', undefined, '1.20', 'ng/mL'],
    ['cancelled', undefined, undefined, undefined],
    ['entered-in-error', undefined, '0.70', 'ng/mL'],
  ]);
  const times = said('results', 'Observation', 2, 'effectiveDateTime', 'referenceRange.high.value');
  assert.deepEqual(times, [
    ['2024-01-04T23:30:00-06:00', '0.04'],
    ['2024-07-04T23:30:00-05:00', '0.04'],
  ]);
});

test('R07 a result leads to its order, and the order to its visit', () => {
  const order = `ServiceRequest/${idOf('orders', 9900001, 'ServiceRequest')}`;
  const encounter = `Encounter/${idOf('encounters', 9900000, 'Encounter')}`;
  const links = said('results', 'Observation', 1, 'basedOn.reference', 'encounter.reference');
  assert.deepEqual(links, [[order, encounter]]);
  assert.deepEqual(said('orders', 'ServiceRequest', 1, 'encounter.reference'), [[encounter]]);
});

test('R07 orders: completed, cancelled, on hold, draft, entered in error', () => {
  assert.deepEqual(said('orders', 'ServiceRequest', 5, 'status', 'priority', status('code')), [
    ['completed', 'routine', '2823-3'],
    ['revoked', 'stat', '2823-3'],
    ['on-hold', 'urgent', undefined],
    ['draft', 'routine', undefined],
    ['entered-in-error', 'routine', undefined],
  ]);
});

test('R07 immunisations: given here, reported by the year, refused and why', () => {
  const paths = ['status', 'primarySource', 'occurrenceDateTime', status('statusReason')];
  assert.deepEqual(said('immunisations', 'Immunization', 3, ...paths), [
    ['completed', true, '2019-05-06', undefined],
    ['completed', false, '2009', undefined],
    ['not-done', true, '2019-05-06', 'RELIG'],
  ]);
});

test('R07 code status: in force, revoked; what no code says exactly keeps its words', () => {
  const paths = ['status', status('provision.code'), 'provision.code.text'];
  assert.deepEqual(said('directives', 'Consent', 3, ...paths), [
    ['active', '304253006', 'do not resuscitate'],
    ['inactive', '304252001', 'full code'],
    ['active', undefined, 'do not intubate'],
  ]);
});

test('R07 notes: signed, unsigned, amended, retracted; the text as it was typed', () => {
  assert.deepEqual(said('notes', 'DocumentReference', 4, 'status', 'docStatus'), [
    ['current', 'final'],
    ['current', 'preliminary'],
    ['current', 'amended'],
    ['entered-in-error', 'final'],
  ]);
  const [[data] = []] = said('notes', 'DocumentReference', 1, 'content.attachment.data');
  const text = Buffer.from(String(data), 'base64').toString('utf8');
  assert.equal(text, 'Ann Ruth (MRN 09900010)\nfine – ½ tab');
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sha256Hex } from '../../../base/digest.ts';
import { parseMessage } from '../../../formats/hl7v2/message.ts';
import { timeZone } from '../../../formats/zones.ts';
import type { Resource } from '../resource.ts';
import { convertMessage } from './convert.ts';
import type { ConvertedMessage } from './convert.ts';

function converted(type: string, lines: readonly string[], zone?: string): ConvertedMessage {
  const header = `MSH|^~\\&|APP|HOSP|EHR|DEST|20240102101500+0100||${type}|M1|P|2.5`;
  const message = parseMessage(Buffer.from([header, ...lines].join('\r')));
  assert.ok(message !== undefined);
  const identify = (key: string): string => sha256Hex(key).slice(0, 26);
  return convertMessage(message, {
    identify,
    zone: zone === undefined ? undefined : timeZone(zone),
  });
}

function of({ resources }: ConvertedMessage, type: string): Resource[] {
  return resources.filter(({ resourceType }) => resourceType === type);
}

/** The only resource of its type. */
function the(result: ConvertedMessage, type: string): Resource {
  const [found, ...others] = of(result, type);
  assert.ok(found !== undefined && others.length === 0, `one ${type}`);
  return found;
}

/** A value by its path, as JSON writes it. */
function at(resource: Resource, path: string): unknown {
  let value: unknown = JSON.parse(JSON.stringify(resource));
  for (const name of path.split('.'))
    value = (value as Record<string, unknown> | undefined)?.[name];
  return value;
}

function idOf(resource: Resource): string {
  return `${resource.resourceType}/${resource.id}`;
}

const pid = 'PID|1||123^^^HOSP&1.2.3&ISO^MR||Doe^Jane^Q||19800203|F';

describe('HL7 v2 to FHIR', () => {
  test('every reference leads to a resource of the message', () => {
    const result = converted('ORU^R01', [
      pid,
      'PV1|1|I|W1^2^3^HOSP||||7^House^Greg||||||||||||V1^^^HOSP',
      'ORC|RE|P1|F1',
      'OBR|1|P1|F1|24323-8^Panel^LN|||202401011200|||||||||9^Who^Doc||||||||F',
      'OBX|1|NM|2345-7^Glucose^LN||5.50|mmol/L^^UCUM|3.9-5.5|N|||F|||202401011200',
      'NTE|1||fasting',
      'SPM|1|S1||SER^Serum^HL70487',
    ]);
    const ids = new Set(result.resources.map(idOf));
    const text = JSON.stringify(result.resources);
    for (const [, reference] of text.matchAll(/"reference":"([^"]+)"/g)) {
      assert.ok(ids.has(reference as string), reference);
    }
    assert.equal(at(the(result, 'Observation'), 'note.0.text'), 'fasting');
  });

  test('ids come from the content: the same patient and order in another message', () => {
    const one = converted('ADT^A01', [pid, 'PV1|1|I|||||||||||||||||V1^^^HOSP']);
    const other = converted('ADT^A08', [pid, 'PV1|1|I|||||||||||||||||V1^^^HOSP']);
    for (const type of ['Patient', 'Encounter'])
      assert.equal(the(one, type).id, the(other, type).id);
  });

  test('R07 digits, partial dates and zones are kept', () => {
    const result = converted('ORU^R01', [
      'PID|1||1||Doe||197412|M',
      'OBR|1||F1|1^x^L|||2023',
      'OBX|1|NM|1^a^LN||0.50||||||F|||20240102030405.678-0500',
      'OBX|2|NM|2^b^LN||12345678901234567890.10||||||F|||202401020304',
    ]);
    assert.equal(at(the(result, 'Patient'), 'birthDate'), '1974-12');
    assert.equal(at(the(result, 'DiagnosticReport'), 'effectiveDateTime'), '2023');
    const [first, second] = of(result, 'Observation') as [Resource, Resource];
    assert.match(JSON.stringify(first), /"value":0\.50\b/);
    assert.match(JSON.stringify(second), /"value":12345678901234567890\.10\b/);
    assert.equal(first['effectiveDateTime'], '2024-01-02T03:04:05.678-05:00');
    // MSH-7 says the zone of times that have none.
    assert.equal(second['effectiveDateTime'], '2024-01-02T03:04:00+01:00');
  });

  test('a time whose zone nobody knows is told as its date', () => {
    const bare = parseMessage(
      Buffer.from(
        `MSH|^~\\&|A|B|||20240102||ADT^A01|1\r${pid}\rPV1|1|I${'|'.repeat(42)}202401020304`,
      ),
    );
    assert.ok(bare !== undefined);
    const settings = { identify: (key: string) => key, zone: undefined };
    const without = convertMessage(bare, settings);
    assert.equal(at(the(without, 'Encounter'), 'period.start'), '2024-01-02');
    assert.deepEqual(without.issues, [
      { code: 'instant-imprecise', path: 'MSH-7' },
      { code: 'time-zone-missing', path: 'PV1-44' },
    ]);
    const zoned = convertMessage(bare, { ...settings, zone: timeZone('America/Chicago') });
    assert.equal(at(the(zoned, 'Encounter'), 'period.start'), '2024-01-02T03:04:00-06:00');
  });

  const statuses: readonly [obx: string, status: string][] = [
    ['P', 'preliminary'],
    ['F', 'final'],
    ['C', 'corrected'],
    ['W', 'entered-in-error'],
    ['X', 'cancelled'],
    ['S', 'unknown'],
    ['', 'unknown'],
  ];
  for (const [obx, status] of statuses) {
    test(`R07 a status is never promoted: OBX-11 "${obx}" is ${status}`, () => {
      const result = converted('ORU^R01', [pid, 'OBR|1||F|1^x', `OBX|1|ST|c||v||||||${obx}`]);
      assert.equal(the(result, 'Observation')['status'], status);
      assert.equal(the(result, 'DiagnosticReport')['status'], 'unknown');
    });
  }

  test('R13 a dose that is no number is told, never passed over', () => {
    const result = converted('RDE^O11', [pid, 'ORC|NW|1', 'RXE||D1^drug|1O||mg^mg^UCUM']);
    assert.deepEqual(result.issues, [{ code: 'number-unreadable', path: 'RXE-3' }]);
    assert.equal(
      at(the(result, 'MedicationRequest'), 'dosageInstruction.0.doseAndRate'),
      undefined,
    );
  });

  test('R07 negation is kept: refused, not done, entered in error, taken back', () => {
    const refused = converted('VXU^V04', [
      pid,
      'ORC|RE|P|F',
      'RXA|0|1|20240101||08^HepB^CVX|999||||||||||||00^refusal^NIP002||RE',
    ]);
    const immunization = the(refused, 'Immunization');
    assert.equal(immunization['status'], 'not-done');
    assert.equal(immunization['doseQuantity'], undefined);
    assert.equal(at(immunization, 'statusReason.coding.0.code'), '00');
    const deleted = converted('ADT^A60', ['EVN||20240101', pid, 'IAM|1|DA|P^Penicillin|SV||D|A1']);
    const allergy = the(deleted, 'AllergyIntolerance');
    assert.equal(at(allergy, 'verificationStatus.coding.0.code'), 'entered-in-error');
    assert.equal(allergy['clinicalStatus'], undefined);
    const problem = converted('PPR^PC3', [pid, 'PRB|DE|20240101|I10^Hypertension^I10|P1']);
    assert.equal(
      at(the(problem, 'Condition'), 'verificationStatus.coding.0.code'),
      'entered-in-error',
    );
  });

  for (const event of ['A18', 'A34', 'A35', 'A40', 'A47']) {
    test(`a merge is carried as a merge: ${event}`, () => {
      const result = converted(`ADT^${event}`, [
        'EVN||20240101',
        pid,
        'MRG|99^^^HOSP&1.2.3&ISO^MR',
      ]);
      const [survivor, former] = of(result, 'Patient') as [Resource, Resource];
      assert.deepEqual(survivor['link'], [
        { other: { reference: idOf(former) }, type: 'replaces' },
      ]);
      assert.deepEqual(former['link'], [
        { other: { reference: idOf(survivor) }, type: 'replaced-by' },
      ]);
      assert.equal(former['active'], false);
      assert.equal(survivor['active'], undefined);
    });
  }

  test('no charge is skipped: charges, credits and payments of one message', () => {
    const charge = (n: number, type: string): string =>
      `FT1|${n}|T${n}||20240101|20240102|${type}|99213^Visit^C4|||1|10.00&USD`;
    const result = converted('DFT^P03', [
      'EVN||20240101',
      pid,
      'PV1|1|O',
      charge(1, 'CG'),
      charge(2, 'CR'),
      charge(3, 'PY'),
    ]);
    const charges = of(result, 'ChargeItem');
    assert.equal(charges.length, 3);
    assert.ok(charges.every((each) => JSON.stringify(each).includes('"value":10.00')));
    assert.deepEqual(
      charges.map((each) => each['status']),
      ['unknown', 'aborted', 'unknown'],
    );
  });

  test('an OBX goes to its own report and order', () => {
    const result = converted('ORU^R01', [
      pid,
      'OBR|1||F1|A',
      'OBX|1|ST|a||x',
      'OBR|2||F2|B',
      'OBX|1|ST|a||y',
    ]);
    const [one, two] = of(result, 'DiagnosticReport') as [Resource, Resource];
    const values = of(result, 'Observation').map((each) => [idOf(each), each['valueString']]);
    assert.deepEqual(values, [
      [at(one, 'result.0.reference'), 'x'],
      [at(two, 'result.0.reference'), 'y'],
    ]);
  });

  test('two patients of one message are kept apart', () => {
    const second = 'PID|2||456^^^HOSP&1.2.3&ISO^MR||Roe';
    const result = converted('ORU^R01', [
      pid,
      'PV1|1|I',
      'OBR|1||F1|A',
      'OBX|1|ST|a||x',
      second,
      'OBR|1||F2|B',
      'OBX|1|ST|a||y',
    ]);
    const [one, two] = of(result, 'Patient') as [Resource, Resource];
    const observations = of(result, 'Observation');
    assert.deepEqual(
      observations.map((each) => at(each, 'subject.reference')),
      [idOf(one), idOf(two)],
    );
    assert.equal(observations[1]?.['encounter'], undefined);
  });

  test('what no rule touched is told by its path, null and unknown segments too', () => {
    const result = converted('ADT^A08', [
      'EVN||20240101',
      `${pid}|||""`,
      `PV1|1|I${'|'.repeat(39)}77`,
      'ZXY|1|secret',
    ]);
    assert.ok(result.unread.includes('ZXY-1') && result.unread.includes('ZXY-2'));
    assert.ok(result.unread.includes('PV1-41'));
    assert.ok(!result.unread.includes('PID-11') && the(result, 'Patient')['address'] === undefined);
    assert.ok(!JSON.stringify([result.unread, result.issues]).includes('secret'));
  });

  test('clinical content without a patient is not made of nobody', () => {
    const result = converted('ADT^A01', ['AL1|1|DA|P^Penicillin']);
    assert.equal(of(result, 'AllergyIntolerance').length, 0);
    assert.deepEqual(result.issues, [{ code: 'subject-missing', path: 'AL1' }]);
    assert.ok(result.unread.includes('AL1-3'));
  });

  test('a segment that stands where the message has none of it is read, and told', () => {
    const { issues } = converted('ADT^A08', ['OBR|1||F1|1^x^L', 'EVN||20240101', pid]);
    assert.deepEqual(
      issues.filter(({ code }) => code === 'segment-misplaced'),
      [{ code: 'segment-misplaced', path: 'OBR' }],
    );
  });

  test('code systems become URIs', () => {
    const systems = ['LN', 'SCT', 'I10', 'HL70078', '1.2.3', 'MYLAB'].map(
      (system) => `c^d^${system}`,
    );
    const result = converted('ADT^A01', [
      'EVN||2024',
      pid,
      ...systems.map((code, n) => `DG1|${n}||${code}`),
    ]);
    assert.deepEqual(
      of(result, 'Condition').map((each) => at(each, 'code.coding.0.system')),
      [
        'http://loinc.org',
        'http://snomed.info/sct',
        'http://hl7.org/fhir/sid/icd-10',
        'http://terminology.hl7.org/CodeSystem/v2-0078',
        'urn:oid:1.2.3',
        'urn:x-hl7v2:coding-system:MYLAB',
      ],
    );
  });
});

/** Nothing of a message is lost in another part of it, promoted, or carried to a place that is not its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMessage } from '../../../formats/hl7v2/message.ts';
import type { Resource } from '../resource.ts';
import { convertMessage, type ConvertedMessage } from './convert.ts';

const pid = 'PID|1||123^^^HOSP^MR||Doe^Jane';

function converted(type: string, ...lines: string[]): ConvertedMessage {
  const header = `MSH|^~\\&|APP|HOSP|EHR|DEST|20240102101500+0100||${type}|M1|P|2.5`;
  const message = parseMessage(Buffer.from([header, pid, ...lines].join('\r')));
  assert.ok(message !== undefined);
  return convertMessage(message, { identify: (key) => key, zone: undefined });
}

function of({ resources }: ConvertedMessage, type: string): Resource[] {
  return resources.filter(({ resourceType }) => resourceType === type);
}

const json = (value: unknown): string => JSON.stringify(value);

test('two segments with one key are two resources, unless they say the same', () => {
  const results = converted(
    'ORU^R01',
    'OBR|1|P1|F1|1^Panel',
    'OBX|1|NM|1^a^L||5||||||F',
    'OBX|1|NM|1^a^L||6||||||F',
    'OBX|1|NM|1^a^L||5||||||F',
  );
  const values = of(results, 'Observation').map((one) => json(one['valueQuantity']));
  assert.deepEqual(values, ['{"value":5}', '{"value":6}']);
  const charges = converted(
    'DFT^P03',
    'FT1|1|T1||20240101||CG|A||||10&USD',
    'FT1|1|T1||20240101||CG|B||||20&USD',
  );
  assert.equal(of(charges, 'ChargeItem').length, 2);
  const allergies = converted('ADT^A08', 'AL1|1|DA|||Rash', 'AL1|2|FA|||Hives', 'AL1|3|FA|||Hives');
  assert.equal(of(allergies, 'AllergyIntolerance').length, 2);
});

test('results of the orders of a charge are based on them, and an order after an order is no prior result', () => {
  const charge = converted(
    'DFT^P03',
    'PV1|1|O|||||||||||||||||V1',
    'ORC|RE|P1|F1',
    'OBR|1|P1|F1|1^Panel',
    'OBX|1|NM|1^a^L||5||||||F',
    'FT1|1|T1||20240101||CG|A||||10&USD',
    'ORC|RE|P2|F2',
    'OBR|1|P2|F2|1^Panel',
    'OBX|1|NM|1^a^L||6||||||F',
  );
  const based = of(charge, 'Observation').map((one) => json(one['basedOn']));
  assert.ok(based[0]?.includes('P1') && based[1]?.includes('P2'), based.join());
  const orders = converted(
    'OMG^O19',
    'ORC|NW|P1|F1',
    'OBR|1|P1|F1|1^Panel',
    'ORC|NW|P2|F2',
    'OBR|1|P2|F2|1^Panel',
    'DG1|1||I10^High^I10',
    'OBX|1|NM|1^a^L||6||||||F',
  );
  const [second] = of(orders, 'Observation');
  assert.match(json(second?.['basedOn']), /P2/);
});

test('a status that is no code of its table is told, one that FHIR does not have too', () => {
  const codes = (...lines: string[]): string[] =>
    converted('ORU^R01', ...lines).issues.map(({ code, path }) => `${code} ${path}`);
  const obx = (status: string): string => `OBX|1|ST|1^a^L||x||||||${status}`;
  assert.deepEqual(codes('OBR|1|P1|F1|1', obx('final')), ['status-unknown OBX-11']);
  assert.deepEqual(codes('OBR|1|P1|F1|1', obx('R')), ['code-unmapped OBX-11']);
  assert.deepEqual(codes(`OBR|1|P1|F1|1${'|'.repeat(21)}Q`), ['status-unknown OBR-25']);
  assert.deepEqual(codes('OBX|1|NM|1^a^L||<5||||||F'), ['number-kept-as-text OBX-5']);
});

test('zeros for a date are no date', () => {
  const { issues } = converted('ADT^A08', 'AL1|1|DA|1^x||y|00000000');
  assert.deepEqual(
    issues.map(({ code, path }) => `${code} ${path}`),
    ['date-unreadable AL1-6'],
  );
});

test('timing as old messages have it, in RXE-1, ORC-7 or OBR-27, is read', () => {
  const [order] = of(
    converted(
      'RDE^O01',
      'ORC|NW|P1',
      'RXE|2&TAB^BID^D10^202401020800^^S^^with food|1^Drug^NDC|1||TAB',
    ),
    'MedicationRequest',
  );
  const [dosage] = (order?.['dosageInstruction'] ?? []) as Record<string, unknown>[];
  assert.deepEqual(dosage?.['timing'], {
    code: { coding: [{ code: 'BID' }] },
    repeat: { boundsPeriod: { start: '2024-01-02T08:00:00+01:00' } },
  });
  assert.equal(order?.['priority'], 'stat');
  assert.deepEqual(dosage?.['additionalInstruction'], [{ text: 'with food' }]);
  const result = converted('ORM^O01', 'ORC|NW|P1||||E|1^QD^W2^^^R', 'OBR|1|P1||1^Panel');
  const [request] = of(result, 'ServiceRequest');
  assert.equal(request?.['priority'], 'routine');
  assert.match(json(request?.['occurrenceTiming']), /"boundsDuration":\{"value":2,"unit":"wk"/);
  assert.ok(!result.unread.some((path) => /^ORC-7(\.[236])?$/.test(path)), result.unread.join());
});

test('a null takes back what was told, or stays unread where nobody knows what is meant', () => {
  const { takenBack, unread } = converted('ADT^A08', 'PV1|1|I||||||""');
  assert.deepEqual(
    [...takenBack].map(([{ resourceType }, list]) => [
      resourceType,
      list.map((one) => one.element),
    ]),
    [['Encounter', ['participant']]],
  );
  assert.deepEqual(unread, []);
  // Which of the gathered identifiers a null in PID-4 means, no message says.
  const header = 'MSH|^~\\&|APP|HOSP|EHR|DEST|20240102101500+0100||ADT^A08|M1|P|2.5';
  const message = parseMessage(Buffer.from(`${header}\r${pid.replace('||Doe', '|""|Doe')}`));
  assert.ok(message);
  const other = convertMessage(message, { identify: (key) => key, zone: undefined });
  assert.deepEqual(other.unread, ['PID-4']);
});

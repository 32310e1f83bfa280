/** Vaccines whose segments came twice, or in another order: mapping and facts tell the same doses. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256Hex } from '../../base/digest.ts';
import { hl7v2Facts } from '../facts/standards/hl7v2.ts';
import { hl7v2 } from './hl7v2.ts';

const message = [
  'MSH|^~\\&|REG|RIVER|CHART|RIVER|20240105100000+0000||VXU^V04^VXU_V04|C1|P|2.5.1',
  'PID|1||1001^^^RIVER^MR||NUNEZ^ANA||19741203|F',
  'ORC|RE|P1^REG|F1^REG',
  'RXA|0|1|20240105||140^Influenza^CVX|0.5|mL^^UCUM||||||||LOT1||||||CP',
  'RXR|IM^^HL70162',
  'OBX|1|CE|64994-7^Eligibility^LN|1|V02^Medicaid^HL70064||||||F|||20240105',
  'ORC|RE|P2^REG|F2^REG',
  'RXA|0|1|20240106||03^MMR^CVX|0.5|mL^^UCUM||||||||LOT2||||||CP',
  'OBX|1|CE|64994-7^Eligibility^LN|1|V01^None^HL70064||||||F|||20240106',
];

const idOf = (key: string): string => sha256Hex(key).slice(0, 26);

function mapped(segments: readonly string[]): string[] {
  const { resources } = hl7v2.map(Buffer.from(segments.join('\r')), {
    identify: idOf,
    zone: undefined,
  });
  const told = resources.filter(({ resourceType: type }) => compared.has(type));
  return told.map(({ resourceType: type, id }) => `${type}/${id}`).toSorted();
}

function stated(segments: readonly string[]): string[] {
  const { facts } = hl7v2Facts.read(Buffer.from(segments.join('\r')), {
    identify: (type, key) => idOf(`${type}|${key}`),
    zone: undefined,
  });
  const told = facts.filter(({ type }) => compared.has(type));
  return [...new Set(told.map(({ type, id }) => `${type}/${id}`))].toSorted();
}

const compared: ReadonlySet<string> = new Set(['Immunization', 'Observation']);

const doses = (names: readonly string[]): number =>
  names.filter((name) => name.startsWith('Immunization/')).length;

const places = message.flatMap((segment, at) => (/^(ORC|RXA)/.test(segment) ? [at] : []));

test('a dose or an order that is there twice is one dose', () => {
  assert.equal(doses(mapped(message)), 2);
  for (const at of places) {
    const doubled = message.toSpliced(at, 0, message[at] as string);
    assert.deepEqual(mapped(doubled), stated(doubled), `segment ${at} twice`);
    assert.equal(doses(mapped(doubled)), 2, `segment ${at} twice`);
  }
});

test('wherever a dose or an order stands, mapping and facts tell the same', () => {
  for (const at of places) {
    const without = message.toSpliced(at, 1);
    assert.deepEqual(mapped(without), stated(without), `segment ${at} left out`);
    for (let to = 2; to <= without.length; to++) {
      const moved = without.toSpliced(to, 0, message[at] as string);
      assert.deepEqual(mapped(moved), stated(moved), `segment ${at} at ${to}`);
    }
  }
});

test('a second dose behind an order is not told under its number', () => {
  const other = 'RXA|0|1|20240107||08^HepB^CVX|0.5|mL^^UCUM||||||||LOT3||||||CP';
  const more = message.toSpliced(4, 0, other);
  const { resources } = hl7v2.map(Buffer.from(more.join('\r')), {
    identify: idOf,
    zone: undefined,
  });
  const lots = resources.flatMap((one) =>
    one.resourceType === 'Immunization'
      ? [[one['lotNumber'], one['identifier'] !== undefined]]
      : [],
  );
  assert.deepEqual(
    lots.toSorted(([one], [next]) => String(one).localeCompare(String(next))),
    [
      ['LOT1', true],
      ['LOT2', true],
      ['LOT3', false],
    ],
  );
  assert.deepEqual(mapped(more), stated(more));
});

/** Messages that are written, by HL7's own structures and required fields rather than by our reader. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { structureOf } from '../../../formats/hl7v2/structures.ts';
import type { StructureNode } from '../../../formats/hl7v2/structureSyntax.ts';
import { allergy, condition, observation, patient, writingOf } from '../outward/testing.ts';
import { writeMessages } from './writeChart.ts';

/**
 * Fields that HL7 v2.8.2 requires, of segments that are written: by the least cardinalities of HL7's
 * v2-to-FHIR segment maps, and by the attribute tables of HL7 v2+ where those differ (they still ask for
 * SCH-11 and SCH-12, §10.6.2, which are withdrawn and optional, and for DG1-2, PR1-2 and AL1-6, of old) or
 * have no table (AIS §10.6.4, AIG §10.6.5). Of IAM (§3.4.7) both ask for the action code, IAM-6.
 */
const required: Readonly<Record<string, string>> = {
  MSH: '7 9 10 11 12',
  EVN: '2',
  PID: '3 5',
  NK1: '1',
  PV1: '2',
  DG1: '1 3 6',
  PR1: '1 3 5',
  IN1: '1 2 3',
  IAM: '1 3 6',
  ORC: '1',
  OBR: '4',
  OBX: '3 11',
  SPM: '4',
  SCH: '6 16 20',
  RGS: '1',
  AIS: '1 3',
  AIG: '1 4',
  AIL: '1',
  AIP: '1',
};

interface Place {
  node: StructureNode;
  /** Where the group ends among the segments. */
  end: number;
}

/**
 * Takes segments into a group of a structure, each child as often as it comes: their order is the
 * structure's, nothing is left, and what is required is there.
 */
function take(names: readonly string[], node: StructureNode, from: number): Place | undefined {
  let at = from;
  for (const child of node.children ?? []) {
    for (let turn = 0; turn === 0 || child.repeats; turn++) {
      const next =
        child.children === undefined ? segment(names, child, at) : take(names, child, at)?.end;
      if (next !== undefined && next > at) at = next;
      else if (turn === 0 && child.required) return undefined;
      else break;
    }
  }
  return { node, end: at };
}

function segment(names: readonly string[], node: StructureNode, at: number): number | undefined {
  return node.names.includes(names[at] ?? '') ? at + 1 : undefined;
}

function problems(message: string): string[] {
  const segments = message.split('\r').filter((each) => each !== '');
  const names = segments.map((each) => each.slice(0, 3));
  const [, , , , , , , , kind = ''] = (segments[0] ?? '').split('|');
  const [type = '', event = '', named = ''] = kind.split('^');
  const structure = structureOf('', '', named);
  assert.ok(structure !== undefined, `${named} is no structure`);
  const whole = take(names, structure, 0);
  const misplaced =
    whole?.end === names.length
      ? []
      : [`${type}^${event}: ${names.slice(whole?.end ?? 0).join(' ')} has no place in ${named}`];
  const empty = segments.flatMap((each) => {
    const [name = '', ...fields] = each.split('|');
    const before = name === 'MSH' ? 2 : 1;
    return (required[name] ?? '')
      .split(' ')
      .filter((field) => field !== '' && (fields[Number(field) - before] ?? '') === '')
      .map((field) => `${name}-${field}`);
  });
  return [...misplaced, ...empty];
}

/** What is wrong with the messages of a chart, but for empty fields that were told. */
function broken(resources: readonly unknown[]): string[] {
  const writing = writingOf(resources);
  const found = new Set([...writeMessages(writing)].flatMap(problems));
  const told = writing.issues.filter(({ code }) => code === 'required-absent');
  for (const { path } of told) assert.ok(found.delete(path), `${path} is told and not empty`);
  return [...found].toSorted();
}

const subject = { reference: 'Patient/p' };
const words = (text: string): object => ({ text });
const statuses = ['planned', 'arrived', 'in-progress', 'finished', 'cancelled', 'onleave'];
const scheduled = ['proposed', 'booked', 'arrived', 'cancelled', 'noshow', 'entered-in-error'];

/** One of each kind with nothing but what FHIR asks for. */
const bare = [
  { resourceType: 'Patient', id: 'p' },
  { resourceType: 'AllergyIntolerance', id: 'a', patient: subject },
  { resourceType: 'Condition', id: 'c', subject },
  { resourceType: 'Procedure', id: 'q', status: 'completed', subject },
  { resourceType: 'Coverage', id: 'k', status: 'active', beneficiary: subject, payor: [subject] },
  { resourceType: 'RelatedPerson', id: 'r', patient: subject },
  ...statuses.map((status) => ({
    resourceType: 'Encounter',
    id: `e-${status}`,
    status,
    class: { code: 'AMB' },
    subject,
  })),
  { resourceType: 'Observation', id: 'o', status: 'final', code: words('x'), subject },
  { resourceType: 'DiagnosticReport', id: 'd', status: 'final', code: words('x'), subject },
  ...scheduled.map((status) => ({
    resourceType: 'Appointment',
    id: `s-${status}`,
    status,
    participant: [{ actor: subject, status: 'accepted' }],
  })),
];

/** What has segments of its own beside them. */
const full = [
  { ...bare[0], generalPractitioner: [{ display: 'Dr' }], contact: [{ name: { family: 'Roe' } }] },
  { resourceType: 'Specimen', id: 'sp', subject },
  { resourceType: 'Location', id: 'l', name: 'Ward' },
  { resourceType: 'Practitioner', id: 'dr', name: [{ family: 'Who' }] },
  { resourceType: 'Device', id: 'x', deviceName: [{ name: 'Scanner', type: 'other' }] },
  {
    resourceType: 'Encounter',
    id: 'e',
    status: 'in-progress',
    class: { code: 'IMP' },
    subject,
    diagnosis: [{ condition: { reference: 'Condition/c' } }],
  },
  { resourceType: 'Condition', id: 'c', subject, encounter: { reference: 'Encounter/e' } },
  {
    resourceType: 'Procedure',
    id: 'q',
    status: 'completed',
    subject,
    encounter: { reference: 'Encounter/e' },
  },
  {
    resourceType: 'DiagnosticReport',
    id: 'd',
    status: 'final',
    code: words('x'),
    subject,
    conclusion: 'Fine',
    specimen: [{ reference: 'Specimen/sp' }],
    result: [{ reference: 'Observation/o' }],
  },
  {
    resourceType: 'Observation',
    id: 'o',
    status: 'final',
    code: words('x'),
    subject,
    note: [{ text: 'A note' }],
    component: [{ code: words('y') }],
  },
  {
    resourceType: 'Appointment',
    id: 's',
    status: 'booked',
    start: '2024-01-02T10:00:00Z',
    comment: 'Come early',
    serviceType: [words('Visit')],
    participant: ['Practitioner/dr', 'Location/l', 'Device/x', 'Patient/p'].map((reference) => ({
      actor: { reference },
      status: 'accepted',
    })),
  },
];

describe('messages by the structures of HL7 v2', () => {
  test('with next to nothing in the chart', () => assert.deepEqual(broken(bare), []));

  test('what a message must have and the chart does not is told by its place', () => {
    const writing = writingOf([bare[0], { resourceType: 'Condition', id: 'c', subject }]);
    const [message = ''] = writeMessages(writing);
    assert.match(message, /\rDG1\|1\|\|\|/);
    assert.deepEqual(
      writing.issues.map(({ code, path }) => `${code} ${path}`),
      ['required-absent DG1-3'],
    );
  });

  test('with everything that has a segment of its own', () => assert.deepEqual(broken(full), []));

  test('whatever the chart says', () => {
    fc.assert(
      fc.property(patient, allergy, condition, observation, (...chart) => {
        assert.deepEqual(broken(chart), []);
      }),
    );
  });
});

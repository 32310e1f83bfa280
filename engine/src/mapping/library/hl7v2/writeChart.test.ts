import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { sha256Hex } from '../../../base/digest.ts';
import { FrameSplitter } from '../../../formats/hl7v2/frames.ts';
import { parseMessage } from '../../../formats/hl7v2/message.ts';
import {
  allergy,
  concept,
  condition,
  day,
  decimal,
  instant,
  observation,
  patient,
  words,
  writingOf,
  told,
  type Told,
} from '../outward/testing.ts';
import { convertMessage } from './convert.ts';
import { writeMessages } from './writeChart.ts';

interface RoundTrip {
  messages: string[];
  resources: Told[];
  /** Of the chart, what was not written. */
  unread: string[];
  issues: string[];
}

/** A chart as messages, and what our own reader makes of those. */
function roundTrip(resources: readonly unknown[]): RoundTrip {
  const writing = writingOf(resources);
  const messages = [...writeMessages(writing)];
  const splitter = new FrameSplitter();
  const frames = [...splitter.push(Buffer.from(messages.join(''), 'latin1')), ...splitter.finish()];
  const read = frames.flatMap((frame) => {
    assert.equal(frame.kind, 'message');
    const message = parseMessage((frame as { bytes: Buffer }).bytes);
    assert.ok(message !== undefined);
    const identify = (key: string): string => sha256Hex(key).slice(0, 26);
    const converted = convertMessage(message, { identify, zone: undefined });
    assert.deepEqual(converted.issues, []);
    return converted.resources;
  });
  const { patient: first, own } = writing.chart;
  return {
    messages,
    resources: read.map(told),
    unread: [first, ...own].flatMap((each) => each.unread()),
    issues: writing.issues.map(({ code, path }) => `${code} ${path}`),
  };
}

function of({ resources }: RoundTrip, type: string): Told[] {
  return resources.filter(({ resourceType }) => resourceType === type);
}

function keeps(made: Told | undefined, sent: unknown, names: readonly string[]): void {
  const whole = told(sent);
  for (const name of names) assert.deepEqual(made?.[name], whole[name], name);
}

const header = /^MSH\|\^~\\&\|HANDOVER\|\|\|\|20240304050607\+0000\|\|(\w{3})\^(\w{3})\^(\w+)\|/;

describe('FHIR to HL7 v2 and back', () => {
  test('a patient keeps name, number, sex, birth, address and telephone', () => {
    fc.assert(
      fc.property(patient, (own) => {
        const [made] = of(roundTrip([own]), 'Patient');
        keeps(made, own, ['identifier', 'name', 'gender', 'birthDate', 'address', 'telecom']);
      }),
    );
  });

  test('a result keeps code, status, value, unit and time', () => {
    fc.assert(
      fc.property(patient, observation, (own, result) => {
        const [made] = of(roundTrip([own, result]), 'Observation');
        const names = ['code', 'status', 'effectiveDateTime'];
        keeps(made, result, [
          ...names,
          ...Object.keys(result).filter((each) => each.startsWith('value')),
        ]);
      }),
    );
  });

  test('an allergy keeps its code, whether it holds, and when it was recorded', () => {
    fc.assert(
      fc.property(patient, allergy, (own, each) => {
        const [made] = of(roundTrip([own, each]), 'AllergyIntolerance');
        keeps(made, each, ['code', 'clinicalStatus', 'recordedDate']);
      }),
    );
  });

  test('a diagnosis keeps its code and its onset', () => {
    fc.assert(
      fc.property(patient, condition, (own, each) => {
        const [made] = of(roundTrip([own, each]), 'Condition');
        keeps(made, each, ['code', 'onsetDateTime']);
      }),
    );
  });

  const statuses = ['planned', 'in-progress', 'finished', 'cancelled', 'unknown'];
  const classes = ['AMB', 'IMP', 'EMER', 'VR', 'OBSENC'];
  test('a visit keeps number, status, class and times', () => {
    const times = fc.tuple(instant, instant);
    const kinds = fc.tuple(fc.constantFrom(...statuses), fc.constantFrom(...classes));
    fc.assert(
      fc.property(patient, kinds, times, words, (someone, [status, code], [start, end], number) => {
        const visit = {
          resourceType: 'Encounter',
          id: 'e',
          status,
          class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code },
          identifier: [{ system: 'urn:oid:1.2.9', value: number }],
          subject: { reference: 'Patient/p' },
          period: { start, ...(status === 'finished' && { end }) },
        };
        const [made] = of(roundTrip([someone, visit]), 'Encounter');
        keeps(made, visit, ['status', 'period']);
        assert.equal((made?.['class'] as Told | undefined)?.['code'], code);
        const [own] = (made?.['identifier'] ?? []) as Told[];
        assert.equal(own?.['value'], number);
      }),
    );
  });

  const scheduled = [
    'pending',
    'booked',
    'fulfilled',
    'cancelled',
    'noshow',
    'checked-in',
    'proposed',
  ];
  test('an appointment keeps status, times and what it is for', () => {
    const kinds = fc.tuple(fc.constantFrom(...scheduled), instant, instant, concept, words);
    fc.assert(
      fc.property(patient, kinds, (own, [status, start, end, service, comment]) => {
        const appointment = {
          resourceType: 'Appointment',
          id: 's',
          identifier: [{ system: 'urn:oid:1.2.8', value: 'A1' }],
          status,
          start,
          end,
          comment,
          serviceType: [service],
          participant: [{ actor: { reference: 'Patient/p' }, status: 'needs-action' }],
        };
        const [made] = of(roundTrip([own, appointment]), 'Appointment');
        keeps(
          made,
          appointment,
          ['status', 'start', 'end', 'serviceType', 'comment', 'participant'].filter(
            (name) => name !== 'participant',
          ),
        );
      }),
    );
  });

  test('a report keeps status, code and times, and has its results', () => {
    fc.assert(
      fc.property(
        patient,
        observation,
        fc.constantFrom('registered', 'preliminary', 'final', 'corrected', 'cancelled'),
        instant,
        day,
        (own, result, status, issued, effectiveDateTime) => {
          const report = {
            resourceType: 'DiagnosticReport',
            id: 'r',
            status,
            code: { coding: [{ system: 'http://loinc.org', code: '24323-8' }] },
            subject: { reference: 'Patient/p' },
            issued,
            effectiveDateTime,
            result: [{ reference: 'Observation/o' }],
          };
          const trip = roundTrip([own, result, report]);
          const [made] = of(trip, 'DiagnosticReport');
          keeps(made, report, ['status', 'code', 'issued', 'effectiveDateTime']);
          assert.equal((made?.['result'] as unknown[] | undefined)?.length, 1);
          assert.equal(of(trip, 'Observation').length, 1);
        },
      ),
    );
  });
});

const person = {
  resourceType: 'Patient',
  id: 'p',
  identifier: [{ value: '1' }],
  name: [{ family: 'Doe' }],
};

describe('what FHIR becomes in HL7 v2', () => {
  const observed = (more: object): object => ({
    resourceType: 'Observation',
    id: 'o',
    status: 'final',
    subject: { reference: 'Patient/p' },
    code: { text: 'Test' },
    ...more,
  });

  test('each kind of thing has its message, and each message its structure', () => {
    const subject = { reference: 'Patient/p' };
    const kinds = roundTrip([
      person,
      {
        resourceType: 'Encounter',
        id: 'e',
        status: 'finished',
        class: { code: 'AMB' },
        subject,
      },
      { resourceType: 'AllergyIntolerance', id: 'a', patient: subject, code: { text: 'Latex' } },
      observed({ valueString: 'x' }),
      { resourceType: 'Appointment', id: 's', status: 'noshow', participant: [{ actor: subject }] },
    ]).messages.map((each) => header.exec(each)?.slice(1).join(' '));
    assert.deepEqual(kinds, [
      'ADT A28 ADT_A05',
      'ADT A60 ADT_A60',
      'ADT A03 ADT_A03',
      'ORU R01 ORU_R01',
      'SIU S26 SIU_S12',
    ]);
  });

  test('what has no place is told by its path, and what is only near as an issue', () => {
    const { unread, issues } = roundTrip([
      {
        ...person,
        photo: [{ title: 'SECRET' }],
        contact: [{ name: { family: 'Roe', suffix: ['x'] } }],
      },
      observed({ valueBoolean: true, valueSampledData: undefined, issued: '2024-01-01T00:00:00Z' }),
      { resourceType: 'CarePlan', id: 'x', subject: { reference: 'Patient/p' } },
      {
        resourceType: 'Encounter',
        id: 'e',
        status: 'onleave',
        class: { code: 'IMP' },
        subject: { reference: 'Patient/p' },
      },
    ]);
    assert.ok(unread.includes('Patient.photo'));
    assert.ok(unread.includes('Observation.issued'));
    assert.ok(unread.includes('CarePlan.subject'));
    assert.ok(!unread.some((each) => each.startsWith('Patient.contact')), unread.join());
    assert.deepEqual(issues.toSorted(), [
      'status-approximated Encounter.status',
      'type-changed Observation.valueBoolean',
    ]);
    assert.ok(!JSON.stringify([unread, issues]).includes('SECRET'));
  });

  test('components stand under the number of what they are of, with its status and time', () => {
    const pressure = observed({
      effectiveDateTime: '2024-01-02',
      component: [
        {
          code: { coding: [{ system: 'http://loinc.org', code: '8480-6' }] },
          valueQuantity: { value: 120, unit: 'mm[Hg]' },
        },
        {
          code: { coding: [{ system: 'http://loinc.org', code: '8462-4' }] },
          valueQuantity: { value: decimal('80.0'), unit: 'mm[Hg]' },
        },
      ],
    });
    const [, results = ''] = roundTrip([person, pressure]).messages;
    const segments = results.split('\r').filter((each) => each.startsWith('OBX'));
    assert.deepEqual(segments, [
      'OBX|1||^^^^^^^^Test||||||||F|||20240102',
      'OBX|2|NM|8480-6^^LN|1|120|mm[Hg]|||||F|||20240102',
      'OBX|3|NM|8462-4^^LN|1|80.0|mm[Hg]|||||F|||20240102',
    ]);
  });

  test('where severity and criticality differ, the graver is written and told', () => {
    const { messages, issues } = roundTrip([
      person,
      {
        resourceType: 'AllergyIntolerance',
        id: 'a',
        patient: { reference: 'Patient/p' },
        code: { text: 'Latex' },
        criticality: 'high',
        reaction: [{ severity: 'mild', manifestation: [{ text: 'Hives' }] }],
      },
    ]);
    assert.match(messages[1] ?? '', /IAM\|1\|\|\^{8}Latex\|SV\|Hives\|A\r/);
    assert.deepEqual(issues, [
      'severity-and-criticality-differ AllergyIntolerance.reaction.severity',
    ]);
  });

  test('a circle of places and of panels ends', () => {
    const place = {
      resourceType: 'Location',
      id: 'l',
      name: 'W',
      partOf: { reference: 'Location/l' },
    };
    const visit = {
      resourceType: 'Encounter',
      id: 'e',
      status: 'in-progress',
      class: { code: 'IMP' },
      location: [{ location: { reference: 'Location/l' } }],
    };
    const panel = observed({ hasMember: [{ reference: 'Observation/o' }] });
    const { messages } = roundTrip([person, place, visit, panel]);
    assert.match(messages[1] ?? '', /PV1\|1\|IMP?\|W\^\^\^W/);
  });

  test('whatever stands where an element should, nothing is thrown', () => {
    const names = [
      'status',
      'code',
      'valueQuantity',
      'identifier',
      'name',
      'subject',
      'period',
      'class',
      'component',
      'participant',
      'reaction',
      'extension',
      'result',
      'location',
    ];
    const types = [
      'Observation',
      'Encounter',
      'AllergyIntolerance',
      'Condition',
      'Appointment',
      'DiagnosticReport',
      'Coverage',
      'RelatedPerson',
      'Procedure',
      'Account',
    ];
    const element = fc.dictionary(fc.constantFrom(...names), fc.jsonValue({ maxDepth: 4 }));
    fc.assert(
      fc.property(fc.constantFrom(...types), element, element, (resourceType, own, other) => {
        const writing = writingOf([
          { ...other, ...person, extension: other['extension'] },
          { ...own, resourceType, id: 'x' },
        ]);
        for (const each of writeMessages(writing)) assert.ok(each.endsWith('\r'));
      }),
      { numRuns: 500 },
    );
  });
});

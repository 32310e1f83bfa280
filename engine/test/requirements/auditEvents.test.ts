import assert from 'node:assert/strict';
import { test } from 'node:test';
import { balpEvents, type AuditResource } from '../../src/audit/balp.ts';
import type { PlacedEvent } from '../../src/audit/keptEvents.ts';
import { otlpLogs, syslogMessage } from '../../src/audit/siem.ts';
import { baseDefinitions } from '../../src/quality/validator/definitions/base.ts';
import { Validator } from '../../src/quality/validator/validator.ts';

const look: PlacedEvent = {
  event: '7',
  instant: '2026-03-01T10:00:00.123456Z',
  actor: 'doctor',
  action: 'read',
  resourceType: 'Encounter',
  resourceIds: ['e1', 'e2'],
  patient: 'p1',
  outcome: 'disclosed',
};

const actions = [
  ['read', 'PatientRead', 'R'],
  ['vread', 'PatientRead', 'R'],
  ['history', 'PatientRead', 'R'],
  ['reveal', 'PatientRead', 'R'],
  ['search', 'PatientQuery', 'E'],
  ['create', 'PatientCreate', 'C'],
  ['update', 'PatientUpdate', 'U'],
  ['delete', 'PatientDelete', 'D'],
  ['export', undefined, 'R'],
  ['extract', undefined, 'C'],
  ['break-glass', undefined, 'E'],
  ['sign-in', undefined, 'E'],
  ['sign-out', undefined, 'E'],
  ['decision', undefined, 'E'],
] as const;

const validator = new Validator(baseDefinitions());

interface Entity {
  what: { reference?: string };
  role: { code: string };
  query?: string;
}
const entities = (event: AuditResource) => event['entity'] as Entity[];

test('R06 every kind of event is a valid AuditEvent of R4', () => {
  for (const [action] of actions) {
    for (const patient of ['p1', undefined]) {
      for (const event of balpEvents({ ...look, action, patient }, 'handover/ab/audit')) {
        const errors = validator.judge(event).filter(({ severity }) => severity === 'error');
        assert.deepEqual(errors, [], `${action} ${JSON.stringify(event)}`);
      }
    }
  }
});

/** What the profiles of IHE BALP ask for beyond R4, slice by slice. */
test('R06 looks at a patient have the slices of IHE BALP, and one patient each', () => {
  for (const [action, profile, code] of actions) {
    const events = balpEvents({ ...look, action }, 'handover/ab/audit');
    assert.equal(events.length, action === 'search' ? 1 : 2, action);
    for (const event of events) {
      assert.equal(event['action'], code);
      const claimed = (event['meta'] as { profile: string[] } | undefined)?.profile[0];
      assert.equal(claimed?.split('IHE.BasicAudit.')[1], profile);
      const roles = entities(event).map(({ role }) => role.code);
      assert.deepEqual(roles, [action === 'search' ? '24' : '4', '1'], action);
      assert.equal(entities(event)[1]?.what.reference, 'Patient/p1');
      const agents = event['agent'] as {
        requestor: boolean;
        type: { coding: { code: string }[] };
      }[];
      const types = agents.map(({ type }) => type.coding[0]?.code);
      const [client, server] =
        profile === 'PatientRead' ? ['110152', '110153'] : ['110153', '110152'];
      assert.deepEqual(types, [client, server, 'IRCP']);
      assert.deepEqual(
        agents.map(({ requestor }) => requestor),
        [false, false, true],
      );
    }
  }
  const [query] = balpEvents({ ...look, action: 'search' }, 'handover/ab/audit');
  const asked = entities(query as AuditResource)[0]?.query ?? '';
  assert.equal(Buffer.from(asked, 'base64').toString(), 'Encounter?_id=e1,e2');
});

test('R06 a load is one disclosure for each patient, with all that was moved of them', () => {
  const load = {
    ...look,
    action: 'load',
    outcome: 'attempted',
    system: 'chart',
    resourceType: 'Encounter Observation',
    resourceIds: ['Encounter/e1', 'Observation/o1'],
  };
  const [event, ...others] = balpEvents(load, 'handover/ab/audit');
  assert.ok(event !== undefined && others.length === 0);
  assert.deepEqual(
    validator.judge(event).filter(({ severity }) => severity === 'error'),
    [],
  );
  const { profile } = event['meta'] as { profile: string[] };
  assert.match(profile[0] ?? '', /IHE\.BasicAudit\.PrivacyDisclosure\.Source$/);
  assert.equal((event['type'] as { code: string }).code, '110106');
  assert.deepEqual(
    entities(event).map(({ what }) => what.reference),
    ['Encounter/e1', 'Observation/o1', 'Patient/p1'],
  );
  const agents = event['agent'] as { who: object; type: { coding: { code: string }[] } }[];
  const ends = agents.map(({ type, who }) => [type.coding[0]?.code, who]);
  const observer = (event['source'] as { observer: object }).observer;
  assert.deepEqual(ends.slice(0, 2), [
    ['110153', observer],
    ['110152', { display: 'chart' }],
  ]);
  const [nobodys] = balpEvents({ ...load, patient: undefined }, 'handover/ab/audit');
  assert.equal(nobodys?.['meta'], undefined, 'a disclosure is of a patient');
});

test('R06 what was not there is told as such, and what concerns no patient names none', () => {
  const [event] = balpEvents(
    { ...look, resourceIds: [], outcome: 'not-found', patient: undefined },
    'h',
  );
  assert.ok(event !== undefined);
  assert.equal(event['outcome'], '4');
  assert.equal(entities(event).length, 1);
});

test('an event as syslog is a message of RFC 5424 with its parts as structured data', () => {
  const sender = { host: 'records-1', origin: 'handover/ab/audit' };
  const message = syslogMessage({ ...look, actor: 'a "quoted] name\\' }, sender);
  const form =
    /^<(\d{1,3})>1 (\S+) (\S+) (\S+) (\S+) (\S+) \[handover@32473(?: [a-z]+="(?:[^"\\\]]|\\["\\\]])*")*\]$/;
  const parts = form.exec(message);
  assert.ok(parts !== null, message);
  assert.deepEqual(parts.slice(1, 7), ['110', look.instant, 'records-1', 'handover', '-', 'read']);
  assert.match(message, /actor="a \\"quoted\\\] name\\\\"/);
  assert.match(syslogMessage({ ...look, action: 'break-glass' }, sender), /^<108>1 /);
});

test('events as OTLP logs keep the microseconds of the log', () => {
  const request = otlpLogs([look], { host: 'h', origin: 'o' }) as {
    resourceLogs: { scopeLogs: { logRecords: Record<string, unknown>[] }[] }[];
  };
  const [record] = request.resourceLogs[0]?.scopeLogs[0]?.logRecords ?? [];
  assert.equal(record?.['timeUnixNano'], '1772359200123456000');
  assert.equal(record?.['severityNumber'], 9);
  assert.match(JSON.stringify(record), /"handover.patient","value":\{"stringValue":"p1"\}/);
});

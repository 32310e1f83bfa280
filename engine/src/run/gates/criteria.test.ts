import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunReport } from '../../contract/report.ts';
import { judgeProject } from '../plan/read.ts';
import { exceptionsOf } from '../plan/wires.ts';
import { openingCriteria } from './criteria.ts';
import { gateState } from './gateState.ts';

const plan = `name: one
sources:
  feed: { kind: mllp, port: 2575, host: 0.0.0.0, withoutTls: { owner: network team, reason: a tunnel carries it, expires: '2027-01-31' } }
targets:
  chart: { kind: embedded }
strategy: { kind: big-bang }
gates: { owners: { endpoints: it.head } }
`;

/** A run that did nothing: what is asked of it here is about its plan. */
const nothing = {
  run: { id: 'a-run', revision: 'r', state: 'finished' },
  ...Object.fromEntries(
    ['streams', 'targets', 'dispositions', 'findings', 'held', 'goals', 'trialBalances'].map(
      (part) => [part, []],
    ),
  ),
} as unknown as RunReport;

function boardOn(today: string) {
  const { value } = judgeProject({ plan, mappings: [], codeMaps: [], functions: [] });
  assert.ok(value !== undefined);
  const { document } = value;
  const evidence = { target: 'chart', report: nothing, plan: document, samples: undefined, today };
  return gateState({
    gate: 'open:chart',
    request: undefined,
    criteria: openingCriteria(evidence),
    exceptions: exceptionsOf(document),
    approvals: [],
    waivers: [],
    opening: undefined,
    now: new Date(`${today}T12:00:00Z`),
  });
}

test('R15 R22 an exception from TLS shows at the gate with its owner and end, and needs a waiver', () => {
  const { criteria, exceptions } = boardOn('2027-01-31');
  assert.deepEqual(exceptions, [
    {
      system: 'sources.feed',
      owner: 'network team',
      reason: 'a tunnel carries it',
      expires: '2027-01-31',
    },
  ]);
  const about = criteria.filter(({ id }) => /tls|exception/.test(id));
  assert.deepEqual(
    about.map(({ id, met, waivable, owner }) => [id, met, waivable, owner]),
    [
      ['endpoints.without-tls', false, true, 'it.head'],
      ['endpoints.exception-ended', true, false, 'it.head'],
    ],
  );
});

test('R15 R22 an exception that has ended shuts the gate, and nobody waives it', () => {
  const ended = boardOn('2027-02-01').criteria.find(({ id }) => id.endsWith('exception-ended'));
  assert.deepEqual([ended?.met, ended?.waivable], [false, false]);
});

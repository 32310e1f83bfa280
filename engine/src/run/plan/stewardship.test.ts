import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeProject } from './read.ts';
import { stewardshipProblems } from './stewardship.ts';

const none = { mappings: [], codeMaps: [], functions: [] };

function problemsOf(purpose: string, clinic: string, today = '2026-11-27') {
  const plan = `name: one
${purpose}
sources:
  clinic: { kind: csv, folder: in${clinic} }
targets:
  chart: { kind: embedded, owner: IT, jurisdiction: US-MA, agreement: { kind: own, with: ourselves, expires: '2027-01-01' } }
strategy: { kind: big-bang }
`;
  const { value, problems } = judgeProject({ plan, ...none });
  assert.ok(value !== undefined, JSON.stringify(problems));
  return stewardshipProblems(value, today).map(({ code, line }) => `${code} ${line}`);
}

const named =
  ", owner: IT, jurisdiction: US-MA, agreement: { kind: BAA, with: clinic, expires: '2026-12-31' }";

test('a plan for production names owner, jurisdiction and an agreement in force of every system', () => {
  const lacking = ['steward-missing 4', 'steward-missing 4', 'steward-missing 4'];
  assert.deepEqual(problemsOf('purpose: production', ''), lacking);
  assert.deepEqual(problemsOf('purpose: production', named), []);
  assert.deepEqual(problemsOf('purpose: production', named, '2027-01-01'), ['agreement-ended 4']);
});

test('a demonstration and a rehearsal need none of it to run', () => {
  assert.deepEqual(problemsOf('purpose: demonstration', ''), []);
  assert.deepEqual(problemsOf('', ''), []);
});

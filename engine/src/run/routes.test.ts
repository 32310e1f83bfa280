import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Draft } from '../model/draft.ts';
import { compileRoutes } from './routes.ts';

function draft(resource: object): Draft {
  const body = JSON.stringify(resource);
  return { type: 'Observation', id: 'a', body, from: [0], references: [] };
}

const labelled = draft({
  resourceType: 'Observation',
  meta: { security: [{ code: 'ETH' }] },
});
const plain = draft({ resourceType: 'Observation' });

test('without rules every draft goes to every target, unparsed', () => {
  const { route, problems } = compileRoutes(undefined, ['chart', 'archive']);
  assert.deepEqual(problems, []);
  assert.equal(route([{ ...plain, body: 'not JSON' }]), undefined);
});

test('the first rule that holds decides; a draft that none takes goes nowhere', () => {
  const { route } = compileRoutes(
    [
      { when: "meta.security.where(code = 'ETH').exists()", to: ['archive'] },
      { when: 'meta.exists().not()', to: ['chart', 'archive'] },
    ],
    ['chart', 'archive'],
  );
  const other = draft({ resourceType: 'Observation', meta: { versionId: '1' } });
  assert.deepEqual(route([labelled, plain, other]), [['archive'], ['chart', 'archive'], []]);
});

test('a condition that cannot be read, or is no yes or no, is a problem with its rule', () => {
  const { problems } = compileRoutes(
    [
      { when: 'meta.security.where(', to: ['chart'] },
      { when: 'meta.versionId & meta.source', to: ['chart'] },
    ],
    ['chart'],
  );
  assert.deepEqual(
    problems.map(({ rule }) => rule),
    [0, 1],
  );
});

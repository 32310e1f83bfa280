import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sideEffectLines } from './sideEffects.ts';

test('each effect that a system of others may cause is told, with how it was asked not to', () => {
  const lines = sideEffectLines({
    targets: {
      archive: { kind: 'embedded' },
      chart: {
        kind: 'fhir',
        url: 'https://ehr.example/fhir',
        sideEffects: {
          notifications: { header: 'X-Notify: a secret' },
          workflow: { tag: 'urn:example:load|no-workflow' },
          billing: { agreed: 'support, ticket 4711' },
        },
      },
    },
  });
  assert.deepEqual(
    lines.map(({ target, effect, asked, by }) => [target, effect, asked, by]),
    [
      ['chart', 'notifications', 'header', 'X-Notify'],
      ['chart', 'interfaces', 'not asked', ''],
      ['chart', 'workflow', 'tag', 'urn:example:load|no-workflow'],
      ['chart', 'alerts', 'not asked', ''],
      ['chart', 'billing', 'agreed', 'support, ticket 4711'],
    ],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paths, read } from '../../engine/test/tidy/checkout.ts';
import { readPage, referencePages } from './pages.ts';

test('reference: every generated page says what the sources say', async () => {
  const pages = await referencePages();
  const stale = [...pages].filter(([place, text]) => readPage(place) !== text);
  const names = stale.map(([place]) => place).join(', ');
  assert.ok(stale.length === 0, `stale: ${names}. Run: npm run reference`);
});

test('reference: every reason for holding that the page of mappings names is given somewhere', () => {
  const page = readPage('docs/reference/mapping.md');
  const [, section = ''] = page.split('## Reasons for holding');
  const reasons = [...section.matchAll(/^\| `([a-z-]+)`/gm)].map(([, reason = '']) => reason);
  assert.ok(reasons.length > 10);
  const sources = paths('engine/src/**/*.ts').map(read).join('\n');
  assert.deepEqual(
    reasons.filter((reason) => !sources.includes(`'${reason}'`)),
    [],
  );
});

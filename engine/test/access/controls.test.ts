import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { root } from '../tidy/checkout.ts';

const pages = ['docs/security/controls.md', 'docs/security/asvs.md'];

/** Each `path`: name that a page gives as evidence, where the path is that of a test. */
function evidenceOf(page: string): { file: string; name: string }[] {
  const text = readFileSync(path.join(root, page), 'utf8');
  return [...text.matchAll(/`([^`]+\.test\.ts)`: ([^|\n]+?)\s*\|/g)].map(
    ([, file = '', name = '']) => ({ file, name }),
  );
}

for (const page of pages) {
  test(`every test that ${path.basename(page)} rests on is there`, () => {
    const evidence = evidenceOf(page);
    assert.ok(evidence.length >= 20, `${evidence.length}`);
    const missing = evidence.filter(({ file, name }) => {
      const place = path.join(root, file);
      return !existsSync(place) || !readFileSync(place, 'utf8').includes(name);
    });
    assert.deepEqual(missing, []);
  });
}

test('every row of the control matrix names its test, and what is proposed is marked', () => {
  const text = readFileSync(path.join(root, 'docs/security/controls.md'), 'utf8');
  const rows = text
    .split('\n')
    .filter((line) => /^\| (_Proposed_ )?(45|42|GDPR|HITECH|NIST)/.test(line));
  assert.ok(rows.length >= 25);
  assert.deepEqual(
    rows.filter((row) => !/`[^`]+\.test\.ts`: /.test(row)),
    [],
  );
});

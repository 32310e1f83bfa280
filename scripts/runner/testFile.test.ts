import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runTestFile } from './testFile.ts';
import type { Outcome } from './tally.ts';

describe('a file of tests', () => {
  let folder: string;
  before(() => {
    // node:test refuses to run files from inside a test; this test is about just that.
    delete process.env['NODE_TEST_CONTEXT'];
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'handover-runner-'));
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  async function outcomeOf(text: string, timeoutMs = 30_000): Promise<Outcome> {
    const file = path.join(folder, 'fixture.test.ts');
    fs.writeFileSync(file, `import { describe, test } from 'node:test';\n${text}`);
    return runTestFile(file, { timeoutMs, signal: new AbortController().signal });
  }

  test('tests are counted, suites are not, and a skip keeps its reason', async () => {
    const { passed, failures, skips, notes } = await outcomeOf(`
      describe('suite', () => { test('one', () => undefined); });
      test('two', async (t) => { await t.test('three', () => undefined); });
      test('no', { skip: 'no psql here' }, () => undefined);
      test('four', (t) => t.diagnostic('seed 7'));
      test('later', { todo: true }, () => undefined);`);
    assert.deepEqual([passed, failures, notes], [4, [], ['seed 7']]);
    assert.deepEqual(
      skips.map(({ reason }) => reason),
      ['no psql here', 'to do'],
    );
  });

  test('a failure is told once, with its place and its error', async () => {
    const { failures } = await outcomeOf(`
      describe('suite', () => { test('bad', () => { throw new Error('broken here'); }); });`);
    assert.equal(failures.length, 1);
    assert.match(failures[0]?.place ?? '', /fixture\.test\.ts:3$/);
    assert.match(failures[0]?.detail ?? '', /broken here/);
  });

  test('a file that throws, hangs or holds no test has failed', async () => {
    const texts = ['throw new Error("at once")', 'setInterval(() => 0, 1000)', ''];
    const told = ['at once', 'took too long', 'no test'];
    for (const [index, text] of texts.entries()) {
      const { failures } = await outcomeOf(text, 3000);
      assert.equal(failures.length, 1);
      assert.ok(failures[0]?.detail.includes(told[index] ?? ''), failures[0]?.detail);
    }
  });
});

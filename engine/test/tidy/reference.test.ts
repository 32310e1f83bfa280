import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitCodes } from '../../src/base/errors.ts';
import { blindSpots } from '../../src/verification/blindSpots.ts';
import { paths, read, readHouse } from './checkout.ts';
import { rowsOf } from './documents.ts';
import { isForTests } from './house.ts';
import { nameOf, textOf } from './sourceFile.ts';

const errors = 'docs/reference/errors.md';

function rows(path: string): Set<string> {
  return rowsOf({ path, text: read(path) });
}

test('reference: every code that an error is thrown with is on the page of errors', () => {
  const known = rows(errors);
  const unknown = readHouse()
    .matching(/^engine\/src\//)
    .filter((file) => !isForTests(file.path))
    .flatMap((file) =>
      file.nodes.flatMap((node) => {
        if (node.type !== 'NewExpression' || nameOf(node['callee']) !== 'HandoverError') return [];
        const code = textOf((node['arguments'] as unknown[])[0]);
        if (code === undefined || known.has(code)) return [];
        return [`${file.path}:${node.loc.start.line}: ${code}`];
      }),
    );
  assert.deepEqual(unknown, []);
});

test('reference: every code on the page of errors stands in the engine', () => {
  const sources = paths('engine/src/**/*.ts').map(read).join('\n');
  assert.deepEqual(
    [...rows(errors)].filter((code) => !sources.includes(`'${code}'`)),
    [],
  );
});

test('reference: every exit code is on its page', () => {
  const page = read('docs/reference/exit-codes.md');
  const listed = [...page.matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code));
  assert.deepEqual(listed, Object.values(exitCodes));
});

test('reference: the page on verification lists every blind spot', () => {
  const listed = rows('docs/concepts/verification.md');
  assert.deepEqual(
    [...listed],
    blindSpots.map(({ code }) => code),
  );
});

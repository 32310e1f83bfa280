import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as arrows from './arrows.ts';
import * as documents from './documents.ts';
import { House, isEntry } from './house.ts';
import { ambientReads, impureImports } from './purity.ts';
import { strangeOpeners } from './openers.ts';
import * as shape from './shape.ts';
import { parseSource } from './sourceFile.ts';
import type { Violation } from './sourceFile.ts';

/** A house of files given as texts; paths count from `engine/src`. */
function houseOf(texts: Record<string, string>): House {
  const entries = Object.entries(texts);
  return new House(entries.map(([path, text]) => parseSource(`engine/src/${path}`, text)));
}

/** `path:line what`, with paths as short as the fixtures write them. */
function places(violations: readonly Violation[]): string[] {
  return violations.map(({ path, line, what }) =>
    `${path}:${line} ${what}`.replaceAll('engine/src/', ''),
  );
}

/** An arrow in every form that the language has. */
const forms = {
  value: `import { a } from '../TO/a.ts';`,
  type: `import type { A } from '../TO/a.ts';`,
  bare: `import '../TO/a.ts';`,
  all: `export * from '../TO/a.ts';`,
  named: `export { a } from '../TO/a.ts';`,
  typeNamed: `export type { A } from '../TO/a.ts';`,
  call: `export const load = () => import('../TO/a.ts');`,
  inline: `export type B = import('../TO/a.ts').A;`,
  url: `export const place = new URL('../TO/a.ts', import.meta.url);`,
};

describe('floors', () => {
  for (const [name, form] of Object.entries(forms)) {
    test(`an arrow up is seen (${name})`, () => {
      const house = houseOf({ 'store/b.ts': form.replace('TO', 'run'), 'run/a.ts': '' });
      assert.deepEqual(places(arrows.floorViolations(house)), ['store/b.ts:1 imports ../run/a.ts']);
    });
  }

  test('an arrow sideways is seen, and one down is not', () => {
    const house = houseOf({
      'ledger/b.ts': `\n${forms.type.replace('TO', 'staging')}${forms.type.replace('TO', 'base')}`,
      'staging/a.ts': '',
      'base/a.ts': '',
    });
    assert.deepEqual(places(arrows.floorViolations(house)), [
      'ledger/b.ts:2 imports ../staging/a.ts',
    ]);
  });

  test('a test may use a neighbour and not what is above', () => {
    const house = houseOf({
      'ledger/b.test.ts': forms.value.replace('TO', 'staging') + forms.value.replace('TO', 'cli'),
    });
    assert.deepEqual(places(arrows.floorViolations(house)), [
      'ledger/b.test.ts:1 imports ../cli/a.ts',
    ]);
  });

  test('a folder without a floor is seen', () => {
    const house = houseOf({ 'attic/a.ts': '' });
    assert.deepEqual(places(arrows.floorViolations(house)), [
      'attic/a.ts:1 stands in attic, which has no floor',
    ]);
  });
});

test('R15 a file that opens a connection and is not named is seen', () => {
  const house = houseOf({
    'run/a.ts': `import { connect } from 'node:net';`,
    'run/b.ts': `export const ask = () => fetch('https://telemetry.example');`,
    'run/c.ts': `import type { Socket } from 'node:net';`,
    'connectors/fhir/exchange.ts': `export const ask = () => fetch('https://named.example');`,
  });
  assert.deepEqual(places(strangeOpeners(house)), [
    'run/a.ts:1 imports node:net',
    'run/b.ts:1 calls fetch',
  ]);
});

describe('arrows', () => {
  test('a circle is seen once, types included', () => {
    const house = houseOf({
      'run/a.ts': `import type { B } from './b.ts';`,
      'run/b.ts': `import { c } from './c.ts';`,
      'run/c.ts': `import { a } from './a.ts';`,
      'run/d.ts': `import { a } from './a.ts';`,
    });
    assert.deepEqual(places(arrows.circles(house)), [
      'run/a.ts:1 stands in a circle: run/b.ts, run/c.ts, run/a.ts',
    ]);
  });

  test('an import of nothing is seen', () => {
    const house = houseOf({ 'run/a.ts': `import './b.ts'; import 'zod'; import './data.json';` });
    assert.deepEqual(places(arrows.brokenImports(house)), ['run/a.ts:1 imports ./b.ts']);
  });

  test('a dead file is seen, and one that a test reaches is not', () => {
    const house = houseOf({
      'cli/main.ts': `import '../run/a.ts';`,
      'run/a.ts': '',
      'run/b.test.ts': `import './b.ts';`,
      'run/b.ts': '',
      'run/c.ts': `import './a.ts';`,
    });
    assert.deepEqual(places(arrows.deadFiles(house, isEntry)), ['run/c.ts:1 is dead']);
  });

  test('facts that reach the mapping by a detour are seen', () => {
    const house = houseOf({
      'mapping/facts/a.ts': `import '../../quality/q.ts'; import './b.ts';`,
      'mapping/facts/b.ts': '',
      'quality/q.ts': `import '../formats/dates.ts';`,
      'formats/dates.ts': '',
    });
    assert.deepEqual(places(arrows.dependentFacts(house)), [
      'mapping/facts/a.ts:1 reaches formats/dates.ts',
    ]);
  });
});

describe('purity', () => {
  test('input and output in a pure folder are seen', () => {
    const house = houseOf({
      'mapping/a.ts': `import 'node:fs';\nimport 'pg';\nimport { s } from '../store/s.ts';`,
      'mapping/b.ts': `import 'node:crypto'; import 'yaml'; import type { S } from '../store/s.ts';`,
      'mapping/c.ts': `import '../base/file.ts'; import '../base/id.ts';`,
      'mapping/a.test.ts': `import 'node:fs';`,
      'base/file.ts': `import 'node:fs/promises';`,
      'base/id.ts': `import 'node:crypto';`,
      'store/s.ts': `import 'node:fs';`,
    });
    assert.deepEqual(places(impureImports(house)), [
      'mapping/a.ts:1 imports node:fs',
      'mapping/a.ts:2 imports pg',
      'mapping/a.ts:3 imports ../store/s.ts',
      'mapping/c.ts:1 imports ../base/file.ts',
    ]);
  });

  test('model imports nothing of Node, types included', () => {
    const house = houseOf({ 'model/a.ts': `import type { Readable } from 'node:stream';` });
    assert.deepEqual(places(impureImports(house)), ['model/a.ts:1 imports node:stream']);
  });

  const reads = {
    'Date.now()': 'Date.now',
    'new Date()': 'the present Date',
    'Date()': 'the present Date',
    'Math.random()': 'Math.random',
    'performance.now()': 'performance.now',
    'globalThis.crypto.randomUUID()': 'crypto.randomUUID',
  };
  for (const [code, name] of Object.entries(reads)) {
    test(`${code} is seen outside base and tests`, () => {
      const text = `export const a = ${code};`;
      const house = houseOf({ 'run/a.ts': text, 'base/a.ts': text, 'run/a.test.ts': text });
      assert.deepEqual(places(ambientReads(house)), [`run/a.ts:1 uses ${name}`]);
    });
  }

  test('a date made of a value is no reading of the clock', () => {
    const house = houseOf({ 'run/a.ts': `export const a = new Date('2026-01-01');` });
    assert.deepEqual(places(ambientReads(house)), []);
  });
});

describe('shape', () => {
  test('names that say nothing are seen', () => {
    const seen = shape.refusedFileNames([
      'engine/src/run/utils.ts',
      'engine/src/common/a.ts',
      'engine/src/run/types.test.ts',
      'engine/src/run/plan.ts.orig',
      'engine/src/run/typesOfCare.ts',
    ]);
    assert.equal(seen.length, 4);
  });

  test('a long file and a long function are seen', () => {
    const body = 'a++;\n'.repeat(shape.longestFunction);
    const long = '\n'.repeat(shape.longestFile + 1);
    const house = houseOf({
      'run/a.ts': `let a = 0;\nexport function grow() {\n${body}}\nexport const b = () => {\n${body}};`,
      'run/b.ts': `class B {\n#grow() {\nlet a = 0;\n${body}}\n}\n`,
      'run/c.ts': `export const c = 1;${long}`,
    });
    assert.deepEqual(places(shape.longFunctions(house)), [
      'run/a.ts:2 grow has 82 lines',
      'run/a.ts:84 b has 82 lines',
      'run/b.ts:2 #grow has 83 lines',
    ]);
    assert.deepEqual(places(shape.longFiles(house)), ['run/c.ts:500 has 501 lines']);
  });

  test('the ninth decile is the size that nine in ten do not exceed', () => {
    const sizes = Array.from({ length: 10 }, (_, index) => ({
      path: '',
      line: 1,
      name: '',
      lines: index + 1,
    }));
    assert.equal(shape.ninthDecile(sizes), 10);
    assert.equal(shape.ninthDecile([]), 0);
  });

  test("any in a signature and a default export are seen; any in a body is the linter's", () => {
    const house = houseOf({
      'run/a.ts': `export function f(a: any) {}\nexport default 1;\nexport type T = { a: any };`,
      'run/b.ts': `export function f() { let a: any; return 1; }\nfunction g(a: any) {}`,
    });
    assert.deepEqual(places(shape.looseExports(house)), [
      'run/a.ts:1 exports any',
      'run/a.ts:2 exports a default',
      'run/a.ts:3 exports any',
    ]);
  });
});

describe('documents', () => {
  const exists = (path: string): boolean => ['docs/a.md', 'docs/b.md', 'engine/src'].includes(path);

  test('links that lead nowhere are seen, with and without a heading', () => {
    const pages = [
      {
        path: 'docs/a.md',
        text: '# One two\n[x](b.md#the-law) [y](b.md#no) [z](c.md) [w](#one-two)',
      },
      {
        path: 'docs/b.md',
        text: '## The `law`\n[out](https://example.org/c.md)\n```\n[q](q.md)\n```',
      },
    ];
    assert.deepEqual(places(documents.brokenLinks(pages, exists)), [
      'docs/a.md:2 links to b.md#no',
      'docs/a.md:2 links to c.md',
    ]);
  });

  test('paths that are not there are seen', () => {
    const page = { path: 'A.md', text: 'See `engine/src/`,\n`engine/src/run/load.ts` and `plan`.' };
    assert.deepEqual(places(documents.brokenPaths(page, exists)), ['A.md:2 names run/load.ts']);
  });

  test('a row that stands twice in one table is seen', () => {
    const page = { path: 'A.md', text: '| a |\n|---|\n| b |\n\n| a |\n|---|\n| c |\n| c |' };
    assert.deepEqual(places(documents.repeatedRows(page)), ['A.md:8 has the row c again']);
  });

  test('the rows of a table are read', () => {
    const page = { path: 'A.md', text: '| name | why |\n|---|---|\n| `pg` | SQL |\n| plain | x |' };
    assert.deepEqual([...documents.rowsOf(page)], ['pg']);
  });
});

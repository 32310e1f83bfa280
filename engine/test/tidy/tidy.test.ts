import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import * as arrows from './arrows.ts';
import { paths, readConsole, readHouse, readPages, root } from './checkout.ts';
import { brokenLinks, brokenPaths, repeatedRows } from './documents.ts';
import { isEntry, isForTests } from './house.ts';
import { ambientReads, impureImports } from './purity.ts';
import { strangeOpeners } from './openers.ts';
import * as shape from './shape.ts';
import { told } from './sourceFile.ts';
import type { Violation } from './sourceFile.ts';

const house = readHouse();
const pages = readPages();
const exists = (place: string): boolean => existsSync(path.join(root, place));

function none(violations: readonly Violation[]): void {
  assert.ok(violations.length === 0, `\n${violations.map(told).join('\n')}`);
}

test('tidy: there is something to judge', () => {
  assert.ok(house.matching(/^engine\/src\//).length > 10);
  assert.ok(pages.length > 3);
});

test('tidy: imports lead to files', () => none(arrows.brokenImports(house)));
test('tidy: imports run down and not sideways', () => none(arrows.floorViolations(house)));
test('tidy: no file stands in a circle', () => none(arrows.circles(house)));
test('tidy: the facts share no code with the mapping', () => none(arrows.dependentFacts(house)));

test('tidy: the console knows the contract alone', () => {
  const console = readConsole();
  assert.ok(console.files.size > 5);
  none(arrows.consoleBeyondContract(console));
  none(shape.longFiles(console));
  none(arrows.circles(console));
});

test('tidy: no file is dead', (context) => {
  none(arrows.deadFiles(house, isEntry));
  const started = (place: string): boolean => isEntry(place) && !isForTests(place);
  const unused = arrows.deadFiles(house, started).filter(({ path: place }) => !isForTests(place));
  if (unused.length > 0) {
    context.diagnostic(`only tests reach ${unused.map(({ path: place }) => place).join(', ')}`);
  }
});

test('tidy: pure folders do no input or output', () => none(impureImports(house)));
test('tidy: time, randomness and ids come through base', () => none(ambientReads(house)));

test('R15 tidy: who opens a connection is named, with where it goes', () => {
  none(strangeOpeners(house));
});

test('tidy: names say what is inside', () => {
  none(shape.refusedFileNames(paths('{.ci,console,docs,engine,scripts}/**/*')));
});

test('tidy: files are short', () => none(shape.longFiles(house)));

test('tidy: functions are short', (context) => {
  const sizes = [...house.files.values()].flatMap(shape.functionSizes);
  const decile = shape.ninthDecile(sizes);
  context.diagnostic(`nine functions in ten have at most ${decile} lines, of ${sizes.length}`);
  none(shape.longFunctions(house));
});

test('tidy: what is exported has a type and a name', () => none(shape.looseExports(house)));

test('tidy: links between pages lead somewhere', () => none(brokenLinks(pages, exists)));

test('tidy: paths that pages name are there', () => {
  none(pages.flatMap((page) => brokenPaths(page, exists)));
});

test('tidy: a table has each row once', () => none(pages.flatMap(repeatedRows)));

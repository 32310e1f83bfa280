import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MappingFunction } from '../../contract/mappingFunction.ts';
import { FunctionFailure } from '../../mapping/functions.ts';
import { loadFunctions } from './loadFunctions.ts';

const path = 'mappings/clinic/sig.ts';

function load(text: string): ReturnType<typeof loadFunctions> {
  return loadFunctions([{ path, text }]);
}

function call(body: string, values = '{}'): string {
  const { functions, problems } = load(`export function made(values: any): any { ${body} }\n`);
  assert.deepEqual(problems, []);
  return functions.get(path)?.call('made', values) ?? '';
}

/** What the compiler accepts of the published signature. */
const published: MappingFunction<{ sig: string; qty?: string }> = ({ sig, qty }) => ({
  text: sig,
  doseAndRate: [{ doseQuantity: { value: qty } }],
});

test('the published signature fits a function as the guide writes it', () => {
  assert.deepEqual(published({ sig: 'two' }), {
    text: 'two',
    doseAndRate: [{ doseQuantity: { value: undefined } }],
  });
});

test('typed functions are called with JSON and give JSON', () => {
  const { functions, problems } = load(`
import type { MappingFunction } from '@handover/engine/mapping-function';
interface Given { sig: string }
const twice = (text: string): string => text + text;
export const dosage: MappingFunction<{ sig: string }> = ({ sig }) => ({ text: twice(sig) });
export function nothing(): undefined {}
export const limit = 3;
`);
  assert.deepEqual(problems, []);
  const file = functions.get(path);
  assert.deepEqual(file?.names, ['dosage', 'nothing']);
  assert.equal(file?.call('dosage', '{"sig":"ab"}'), '{"text":"abab"}');
  assert.equal(file?.call('nothing', '{}'), '');
});

test('only the language is there: no clock, chance, platform or code from text', () => {
  for (const body of [
    'return Math.random()',
    'return Date.now()',
    'return new Date().getTime()',
    'return Date()',
    'return new (new Date(0).constructor)().getTime()',
    'return eval("1")',
    'return new Function("return 1")()',
    'return values.constructor.constructor("return process")().pid',
    'return globalThis.constructor.constructor("return process")().pid',
    'return process.pid',
    'return require("fs")',
    'return fetch("http://localhost")',
    'setTimeout(() => {}, 1)',
    'return { then() {} }',
    'return 1n',
  ]) {
    assert.throws(() => call(body), FunctionFailure, body);
  }
  assert.equal(call('return new Date(0).toISOString()'), '"1970-01-01T00:00:00.000Z"');
});

test('what a function threw stays inside: only its place is told', () => {
  for (const thrown of [
    "new Error('Miller 1960')",
    "'Miller'",
    'null',
    '{ get stack() { throw 1 } }',
  ]) {
    const text = `\nexport function made(): string {\n  throw ${thrown};\n}\n`;
    const file = load(text).functions.get(path);
    assert.throws(
      () => file?.call('made', '{}'),
      (error: unknown) => {
        assert.ok(error instanceof FunctionFailure);
        assert.match(error.place, /^sig\.ts(:3:9)?$/);
        assert.doesNotMatch(`${error.message} ${error.place}`, /Miller/);
        return true;
      },
    );
  }
});

test('a file that cannot be loaded is a problem with its place', () => {
  const found = (text: string): string => {
    const [problem] = load(text).problems;
    return `${problem?.file}:${problem?.line}:${problem?.column} ${problem?.code}`;
  };
  assert.equal(found('\nexport function a(b: string: c) {}\n'), `${path}:2:28 function-syntax`);
  assert.equal(found('\n\nenum A { b }\n'), `${path}:3:1 function-syntax`);
  assert.equal(found('\nconst a = 1;\nconst a = 2;\n'), `${path}:3:7 function-syntax`);
  assert.equal(found("import { readFile } from 'node:fs';\n"), `${path}:1:1 function-module`);
  assert.equal(found('const a = 1;\nexport default a;\n'), `${path}:2:1 function-module`);
  assert.equal(found("export const a = () => import('fs');\n"), `${path}:1:1 function-module`);
  assert.equal(found('export async function a() {}\n'), `${path}:1:1 function-module`);
  assert.equal(found('\nconst a = undefined;\na.b;\n'), `${path}:3:3 function-load`);
  assert.match(found('for (;;);\n'), /function-load$/);
});

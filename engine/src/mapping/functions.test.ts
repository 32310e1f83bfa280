import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileMapping } from './compile.ts';
import type { FunctionFile } from './functions.ts';
import { batchOf, plainIdentities, streamOf } from './testProject.ts';

const orders = streamOf('clinic.orders', 'ord_id', 'sig');

/** Stands for a file of functions: each gives what it was given. */
function echo(path: string, digest: string): FunctionFile {
  return { path, digest, names: ['echo', 'text'], call: (_name, values) => values };
}

function compile(template: string, digest = 'one'): ReturnType<typeof compileMapping> {
  const text = `stream: clinic.orders\nresources:\n  Basic:\n${template}\n`;
  const functions = new Map([['mappings/clinic/sig.ts', echo('mappings/clinic/sig.ts', digest)]]);
  const files = [{ path: 'mappings/clinic/orders.yaml', text }];
  return compileMapping(files, {
    streams: [orders],
    codeMaps: new Map(),
    functions,
    ...plainIdentities,
  });
}

const sound = '    code: { $function: sig.ts#echo, $with: { text: sig } }';

test('a function is given what its arguments say, and its source is in the digest', () => {
  const { mappings, problems } = compile(sound);
  assert.deepEqual(problems, []);
  const mapping = mappings.get('clinic.orders');
  assert.deepEqual(mapping?.columnsRead, ['ord_id', 'sig']);
  const mapped = mapping?.map(batchOf('clinic.orders', ['1', 'two'], ['2', null]));
  const bodies = mapped?.drafts.map(({ body }) => body.replace(/"id":"[^"]*",/, ''));
  assert.deepEqual(bodies, [
    '{"code":{"text":"two"},"resourceType":"Basic"}',
    '{"resourceType":"Basic"}',
  ]);
  const other = compile(sound, 'two').mappings.get('clinic.orders');
  assert.notEqual(mapping?.digest, other?.digest);
});

test('every mistake of a use has its place and the fix', () => {
  const { problems } = compile(`    code: { $function: sg.ts#echo, $with: { text: sig } }
    subject: { $function: sig.ts#ecko, $with: { display: sgi } }
    author: { $function: sig, $with: { text: =a } }
    created: { $function: sig.ts#text }
    identifier: [{ $function: sig.ts#echo, $with: { value: [] }, system: =urn:x }]`);
  assert.deepEqual(
    problems.map(({ line, code, suggestion }) => `${line} ${code} ${suggestion ?? ''}`.trim()),
    [
      '4 function-file-unknown sig.ts',
      '5 function-unknown echo',
      '5 unknown-name sig',
      '6 function-name for example sig.ts#dosage',
      '7 map-expected $with: { sig: sig_txt }',
      '8 text-expected',
      '8 function-mixed put it into what the function returns',
    ],
  );
});

test('a file that cannot be loaded is told of once, by its own problem', () => {
  const broken = { ...echo('mappings/clinic/sig.ts', 'one'), names: [], broken: true as const };
  const text = `stream: clinic.orders\nresources:\n  Basic:\n${sound}\n`;
  const { mappings, problems } = compileMapping([{ path: 'mappings/clinic/orders.yaml', text }], {
    streams: [orders],
    codeMaps: new Map(),
    functions: new Map([[broken.path, broken]]),
    ...plainIdentities,
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(mappings.get('clinic.orders')?.resources, ['Basic']);
});

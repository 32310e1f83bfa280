import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { temporaryFolder } from '../../src/store/testing.ts';
import { start } from './commandLine.ts';

interface Told {
  resources: number;
  refused: number;
  issues: { file: string; line?: number; severity: string; code: string; path: string }[];
  causes: { code: string; about?: string }[];
}

async function validate(folder: string, ...words: string[]): Promise<Told> {
  const { code, stdout } = await start(['validate', '--json', ...words], { folder }).end;
  assert.equal(code, 0, stdout);
  const told = JSON.parse(stdout) as Told;
  return { ...told, issues: told.issues.filter(({ severity }) => severity === 'error') };
}

const good = '{"resourceType":"Patient","gender":"male"}';
const bad = '{"resourceType":"Patient","gender":"m"}';

test('cli: validate reads compressed NDJSON line by line; one that breaks off is told', async () => {
  const folder = await temporaryFolder();
  try {
    // A line separator of Unicode ends no line of NDJSON.
    const named = '{"resourceType":"Patient","name":[{"family":"a\u2028b"}]}';
    const lines = gzipSync(`${good}\n${bad}\r\n\n${named}`);
    await writeFile(join(folder, 'a.ndjson.gz'), lines);
    const whole = await validate(folder, 'a.ndjson.gz');
    assert.deepEqual([whole.resources, whole.refused], [3, 1]);
    assert.deepEqual(
      whole.issues.map(({ line, code, path }) => `${line} ${code} ${path}`),
      ['2 code-unknown Patient.gender'],
    );
    const many = gzipSync(`${good}\n`.repeat(20_000), { level: 0 });
    await writeFile(join(folder, 'b.ndjson.gz'), many.subarray(0, many.length - 2000));
    await writeFile(join(folder, 'c.json.gz'), 'no archive');
    const broken = await validate(folder, 'b.ndjson.gz', 'c.json.gz');
    assert.equal(broken.refused, 2);
    assert.deepEqual(
      broken.issues.map(({ file, code }) => `${file} ${code}`),
      ['b.ndjson.gz gzip-unreadable', 'c.json.gz gzip-unreadable'],
    );
    const converted = start(
      ['convert', '--from', 'fhir', '--to', 'fhir', '--json', '.', 'out.ndjson'],
      { folder },
    );
    const report = JSON.parse((await converted.end).stdout) as { places: { reason: string }[] };
    assert.deepEqual(
      report.places.map(({ reason }) => reason),
      ['gzip-unreadable', 'gzip-unreadable'],
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('cli: a folder is judged with its lines, whatever they are called', async () => {
  const folder = await temporaryFolder();
  try {
    await writeFile(join(folder, 'a.jsonl'), `${good}\n${bad}\n`);
    const { resources, refused } = await validate(folder, '.');
    assert.deepEqual([resources, refused], [2, 1]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('cli: validate judges codes by the terminology that a site has', async () => {
  const folder = await temporaryFolder();
  try {
    const system = 'http://site.example/codes';
    const concept = [{ code: 'A' }];
    const codes = {
      resourceType: 'CodeSystem',
      url: system,
      status: 'active',
      content: 'complete',
      concept,
    };
    await mkdir(join(folder, 'codes'));
    await writeFile(join(folder, 'codes', 'codes.json'), JSON.stringify(codes));
    const of = (code: string): string =>
      JSON.stringify({ resourceType: 'Basic', code: { coding: [{ system, code }] } });
    await writeFile(join(folder, 'a.ndjson'), `${of('A')}\n${of('B')}\n`);
    const without = await validate(folder, 'a.ndjson');
    assert.equal(without.refused, 0);
    const judged = await validate(folder, '--terminology', 'codes', 'a.ndjson');
    assert.deepEqual(
      judged.issues.map(({ line, code, path }) => `${line} ${code} ${path}`),
      ['2 code-unknown Basic.code.coding[0].code'],
    );
    const missing = start(['validate', '--terminology', 'none', 'a.ndjson'], { folder });
    assert.match((await missing.end).stderr, /^terminology-missing: /);
  } finally {
    await rm(folder, { recursive: true });
  }
});

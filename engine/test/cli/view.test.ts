import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { openFileQueries, sqlText } from '../../src/query/fileQueries.ts';
import { withClient } from '../../src/store/provision.ts';
import { temporaryFolder, testCluster } from '../../src/store/testing.ts';
import { start, type Ended } from './commandLine.ts';

const tag = [{ name: 'ansi/type', value: 'DATE' }];
const view = {
  resource: 'Observation',
  select: [
    {
      column: [
        { name: 'id', path: 'id' },
        { name: 'value', path: 'value.ofType(Quantity).value', type: 'decimal' },
        { name: 'at', path: 'effective.ofType(dateTime)', type: 'date', tag },
        { name: 'codes', path: 'code.coding.code', collection: true },
        { name: 'final', path: "status = 'final'" },
        { name: 'many', path: 'code.coding.count()' },
      ],
    },
  ],
};
const result = (id: string, value: string, code = 'a"b'): string =>
  `{"resourceType":"Observation","id":${JSON.stringify(id)},"status":"final","effectiveDateTime":"2024-02-29","valueQuantity":{"value":${value}},"code":{"coding":[{"code":${JSON.stringify(code)}},{"code":"c"}]}}\n`;

async function run(folder: string, words: string[], environment = {}): Promise<Ended> {
  return start(['view', 'view.json', ...words], { folder, environment }).end;
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await temporaryFolder();
  try {
    await writeFile(join(folder, 'view.json'), JSON.stringify(view));
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const rows = [
  { id: 'x', value: '1.10', at: '2024-02-29', codes: ['a"b', 'c'], final: true, many: 2 },
  {
    id: 'tab\tñ\\N',
    value: '12345678901234567890.123',
    at: '2024-02-29',
    codes: ['', 'c'],
    final: true,
    many: 2,
  },
];
const lines = result('x', '1.10') + result('tab\tñ\\N', '12345678901234567890.123', '');

test('cli: view tells what is compressed and cannot be read, and reads the rest', () =>
  inFolder(async (folder) => {
    await mkdir(join(folder, 'in'));
    await writeFile(join(folder, 'in/a.ndjson'), result('x', '1.10'));
    await writeFile(join(folder, 'in/b.ndjson.gz'), gzipSync(result('y', '1.10')));
    const ended = await run(folder, ['in', 'out.ndjson', '--strict']);
    assert.equal(ended.code, 6);
    assert.match(ended.stdout, /1 row of 1 resource .*, 1 refused/);
    assert.match(ended.stdout, /b\.ndjson\.gz:1 at byte 0: fhir-compressed/);
    assert.match(ended.stdout, /^fhir-compressed: .* Decompress it first\.$/m);
    await writeFile(join(folder, 'c.xml'), '<Observation\n/>');
    const xml = await run(folder, ['c.xml', 'c.ndjson']);
    assert.match(
      xml.stdout,
      /0 rows of 0 resources .*, 1 refused\n {2}c\.xml:1 at byte 0: fhir-xml\n/,
    );
  }));

test('cli: view refuses a resource that has a key twice, as validate and convert do', () =>
  inFolder(async (folder) => {
    await mkdir(join(folder, 'in'));
    const twice = '{"resourceType":"Observation","id":"SECRET","id":"x"}';
    await writeFile(join(folder, 'in/a.ndjson'), `${twice}\n${result('y', '1.5', 'a": b')}`);
    await writeFile(join(folder, 'in/b.json'), `${twice}\n${result('z', '2.5')}`);
    await writeFile(join(folder, 'in/c.json'), `{\n"id" : "SECRET",\n"id" :"x"}`);
    await writeFile(join(folder, 'in/d.ndjson'), Buffer.from(result('SECRET', '1', 'ä'), 'latin1'));
    await writeFile(join(folder, 'in/e.xml'), '<Observation xmlns="http://hl7.org/fhir"/>');
    const refusals = [
      'in/a.ndjson:1 json-key-repeated',
      'in/b.json:1 json-key-repeated',
      'in/c.json:3 json-key-repeated',
      'in/d.ndjson:1 json-encoding',
    ];
    const ended = await run(folder, ['in', 'out.ndjson', '--json', '--strict']);
    assert.equal(ended.code, 6);
    assert.match(ended.stderr, /^Left out of in: 1 file not named as FHIR in NDJSON or JSON\.$/m);
    const converted = ['convert', '--from', 'fhir', '--to', 'fhir', '--json', 'in', 'r4.ndjson'];
    for (const { stdout } of [ended, await start(converted, { folder }).end]) {
      const { places } = JSON.parse(stdout) as {
        places: { file: string; line: number; reason: string }[];
      };
      assert.deepEqual(
        places.map(({ file, line, reason }) => `${file}:${line} ${reason}`),
        refusals,
      );
      assert.ok(!stdout.includes('SECRET'));
    }
    const written = await readFile(join(folder, 'out.ndjson'), 'utf8');
    assert.equal(written.trim().split('\n').length, 2);
    const validated = await start(['validate', '--json', 'in'], { folder }).end;
    const { issues } = JSON.parse(validated.stdout) as {
      issues: { file: string; line?: number; code: string }[];
    };
    const unread = issues.filter(({ code }) => code.startsWith('json-'));
    assert.deepEqual(
      unread.map(({ file, line, code }) => `${file}:${line} ${code}`),
      refusals,
    );
  }));

test('cli: view writes Parquet, exact and in order, over batches', () =>
  inFolder(async (folder) => {
    const filler = Array.from({ length: 9000 }, (_, at) => result(`r${at}`, '0.5')).join('');
    await writeFile(join(folder, 'in.ndjson'), lines + filler);
    assert.equal((await run(folder, ['in.ndjson', 'out.parquet'])).code, 0);
    const file = join(folder, 'out.parquet');
    const queries = await openFileQueries([file]);
    try {
      const from = `from read_parquet(${sqlText(file)}, file_row_number = true)`;
      const told = await queries.rows(
        `select id, value::varchar, "at"::varchar, to_json(codes)::varchar, final::varchar, many::varchar ${from} where file_row_number < 2`,
      );
      assert.deepEqual(told, [
        ['x', '1.100000000000000000', '2024-02-29', '["a\\"b","c"]', 'true', '2'],
        [
          'tab\tñ\\N',
          '12345678901234567890.123000000000000000',
          '2024-02-29',
          '["","c"]',
          'true',
          '2',
        ],
      ]);
      const [count] = await queries.rows(
        `select count(*)::varchar, sum((id = 'r' || (file_row_number - 2))::int)::varchar ${from}`,
      );
      assert.deepEqual(count, ['9002', '9000']);
    } finally {
      queries.close();
    }
  }));

test('cli: view refuses what it cannot read or hold, with the place and no value', () =>
  inFolder(async (folder) => {
    const bad = `{"resourceType":"Observation","id":["SECRET","B"]}\nSECRET\n{"resourceType":"Observation","valueQuantity":{"value":1e30}}\n`;
    await writeFile(join(folder, 'in.ndjson'), bad + lines);
    const { code, stdout, stderr } = await run(folder, [
      'in.ndjson',
      'out.ndjson',
      '--strict',
      '--json',
    ]);
    assert.equal(code, 6);
    const report = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual([report['rows'], report['refused']], [2, 3]);
    assert.deepEqual(report['places'], [
      { file: 'in.ndjson', line: 1, offset: 0, reason: 'many-items' },
      { file: 'in.ndjson', line: 2, offset: 51, reason: 'json-unreadable' },
      { file: 'in.ndjson', line: 3, offset: 58, reason: 'not-decimal' },
    ]);
    assert.ok(!(stdout + stderr).includes('SECRET'));
    const written = (await readFile(join(folder, 'out.ndjson'), 'utf8')).trim().split('\n');
    assert.equal(written[1]?.includes('"value":12345678901234567890.123,'), true);

    assert.equal((await run(folder, ['in.ndjson', 'out.ndjson'])).code, 2);
    const convert = ['convert', '--from', 'fhir', '--to', 'csv', 'in.ndjson', 'as.csv'];
    assert.equal((await start(convert, { folder }).end).code, 2);
    const viewed = await start([...convert, '--view', 'view.json'], { folder }).end;
    assert.equal(viewed.code, 0, viewed.stderr);
    assert.match(
      await readFile(join(folder, 'as.csv'), 'utf8'),
      /^id,value,at,codes,final,many\r\nx,1\.10,/,
    );
    await rm(join(folder, 'as.csv'));
    assert.equal((await run(folder, ['in.ndjson', 'out.xls'])).code, 2);
    await writeFile(join(folder, 'view.json'), '{"resource":"Patient","select":[{"forEach":1}]}');
    assert.equal((await run(folder, ['in.ndjson', 'other.csv'])).code, 3);
    assert.deepEqual((await readdir(folder)).toSorted(), ['in.ndjson', 'out.ndjson', 'view.json']);
  }));

test('cli: view fills a new table of PostgreSQL', () =>
  inFolder(async (folder) => {
    await writeFile(join(folder, 'in.ndjson'), lines);
    const { spec } = await (await testCluster()).freshDatabase();
    const environment = { TABLES_URL: spec.url };
    assert.equal((await run(folder, ['in.ndjson', 'env:TABLES_URL/results'], environment)).code, 0);
    await withClient(spec, async (client) => {
      const told = await client.query(
        'select id, value::text, at::text, codes, final, many from results order by value',
      );
      assert.deepEqual(told.rows, rows);
    });
    const again = await run(folder, ['in.ndjson', 'env:TABLES_URL/results'], environment);
    assert.equal(again.code, 2);
    assert.equal((await run(folder, ['in.ndjson', 'env:NOT_SET/results'])).code, 2);
    const elsewhere = await run(folder, ['in.ndjson', 'env:TABLES_URL/nowhere.t'], environment);
    assert.deepEqual([elsewhere.code, elsewhere.stderr.split(':')[0]], [2, 'output-unwritable']);
    const none = await run(folder, ['in.ndjson', 'env:NONE/t'], { NONE: 'no URL' });
    assert.deepEqual([none.code, none.stderr.split(':')[0]], [2, 'variable-unusable']);
  }));

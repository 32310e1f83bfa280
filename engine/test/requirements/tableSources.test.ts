/**
 * The same hospital from another kind of system: the project differs in its `sources:` alone, and
 * the target must hold the same, byte for byte.
 */
import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { silentLog } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { readStream, sourceOf } from '../../src/connectors/csv/testFolder.ts';
import { writeWorkbook } from '../../src/connectors/excel/testing.ts';
import { noServer, startTestServer } from '../../src/connectors/mysql/testServer.ts';
import { writeRows } from '../../src/connectors/parquet/testing.ts';
import { sqliteConnector } from '../../src/connectors/sqlite/sqliteConnector.ts';
import { CopyReader } from '../../src/formats/copyText.ts';
import { listExceptions } from '../../src/ledger/exceptions.ts';
import type { ColumnType, Stream } from '../../src/model/stream.ts';
import { createParcels } from '../../src/run/parcels.ts';
import { recordBehind } from '../../src/run/replay.ts';
import { writeSample } from '../../src/sample/sample.ts';
import { testProject, type TestProject } from './project.ts';
import { openWorkbench } from './workbench.ts';

const wish = { patients: 30, defects: 'planted', seed: 'requirements', tables: 'all' } as const;

const fromPostgres = `kind: postgres
    url: \${CLINIC_URL}
    schema: legacy`;

/** What a run of the project leaves in its target, and how it was accounted for. */
interface Moved {
  stored: Map<string, string>;
  held: number;
}

async function move(project: TestProject): Promise<Moved> {
  const bench = await openWorkbench(project.opened, { records: 700 });
  const { run, state, code } = await bench.run();
  assert.deepEqual(bench.errors, []);
  assert.equal(state, 'finished', code);
  const report = await bench.report(run);
  assert.deepEqual(report.findings, []);
  assert.ok(report.streams.every(({ balanced }) => balanced));
  const held = report.streams.reduce((sum, { quarantined }) => sum + quarantined, 0);
  const stored = await storedIn(project);
  await bench.close();
  return { stored, held };
}

async function storedIn(project: TestProject): Promise<Map<string, string>> {
  const chart = await project.openChart();
  const stored = new Map<string, string>();
  for await (const batch of chart.scan(undefined, new AbortController().signal)) {
    for (const { type, id, ...rest } of batch.resources) {
      if (rest.state === 'present') stored.set(`${type}/${id}`, rest.digest);
    }
  }
  await chart.close();
  return stored;
}

let expected: Promise<Moved> | undefined;

/** What comes of the hospital on PostgreSQL. */
function reference(): Promise<Moved> {
  expected ??= (async () => {
    const project = await testProject(wish);
    const moved = await move(project);
    await project.close();
    return moved;
  })();
  return expected;
}

after(() => expected);

async function moveAs(context: TestContext, settingsIn: (project: TestProject) => Promise<string>) {
  const project = await testProject(wish);
  context.after(() => project.close());
  await project.edit('handover.yaml', fromPostgres, await settingsIn(project));
  const moved = await move(project);
  const { stored, held } = await reference();
  assert.ok(stored.size > 500);
  assert.deepEqual(moved.stored, stored);
  assert.equal(moved.held, held);
}

/** Settings of a source as they stand below its name in the plan. */
function indented(yaml: string): string {
  return yaml.trimEnd().replaceAll('\n', '\n    ');
}

test('a hospital delivered as CSV arrives as it does from PostgreSQL', async (context) => {
  await moveAs(context, async ({ folder }) => {
    const path = join(folder, 'delivery');
    await writeSample({ ...wish, out: { kind: 'folder', path, form: 'csv' } }, { log: silentLog });
    const settings = await readFile(join(path, 'source.yaml'), 'utf8');
    return indented(`folder: delivery/tables\n${settings}`);
  });
});

test('a hospital delivered as an export set arrives as it does from PostgreSQL', async (context) => {
  await moveAs(context, async ({ folder }) => {
    const path = join(folder, 'export');
    const out = { kind: 'folder', path, form: 'export-set' } as const;
    await writeSample({ ...wish, out }, { log: silentLog });
    return indented('kind: export-set\nfolder: export/delivery\ndelivery: 1');
  });
});

test('a hospital in SQLite arrives as it does from PostgreSQL', async (context) => {
  await moveAs(context, async ({ folder }) => {
    const path = join(folder, 'clinic.sqlite');
    await writeSample({ ...wish, out: { kind: 'sqlite', path } }, { log: silentLog });
    return indented('kind: sqlite\nfile: clinic.sqlite');
  });
});

test('a hospital delivered as Parquet arrives as it does from PostgreSQL', async (context) => {
  await moveAs(context, async (project) => {
    const folder = join(project.folder, 'parquet');
    await mkdir(folder);
    const streams: Record<string, object> = {};
    for (const { stream, rows } of await sampleTables(project.folder)) {
      const { name, columns, key } = stream;
      const path = join(folder, `${name}.parquet`);
      const types = columns.flatMap((column) => {
        const type = fileTypes[column.type];
        return type === undefined ? [] : [[column.name, type]];
      });
      const names = columns.map((column) => column.name);
      await writeRows(path, names, rows, Object.fromEntries(types));
      await rm(`${path}.json`);
      // A decimal of a fixed scale would have other digits than those that were written.
      const decimals = columns
        .filter(({ type }) => type === 'decimal')
        .map((column) => column.name);
      const declared = Object.fromEntries(decimals.map((one) => [one, 'decimal']));
      streams[name] = { key, types: declared };
    }
    return indented(`kind: parquet
folder: parquet
streams: ${JSON.stringify(streams)}`);
  });
});

test('a hospital delivered as an Excel workbook arrives as it does from PostgreSQL', async (context) => {
  await moveAs(context, async (project) => {
    const tables = await sampleTables(project.folder);
    const sheets = tables.map(({ stream, rows }) => ({
      name: stream.name,
      rows: [stream.columns.map(({ name }) => name), ...rows],
    }));
    const file = join(project.folder, 'hospital.xlsx');
    await writeWorkbook(file, { sheets, strings: 'shared' });
    const streams = tables.map(({ stream: { name, key, columns } }) => {
      const typed = columns.filter(({ type }) => type !== 'text');
      const types = Object.fromEntries(typed.map((column) => [column.name, column.type]));
      return [name, { key, types }];
    });
    return indented(`kind: excel
file: hospital.xlsx
streams: ${JSON.stringify(Object.fromEntries(streams))}`);
  });
});

const fileTypes: Readonly<Partial<Record<ColumnType, string>>> = {
  integer: 'BIGINT',
  date: 'DATE',
  localDateTime: 'TIMESTAMP',
};

/** The hospital as rows of text, through the SQLite it can also be written to. */
async function sampleTables(folder: string): Promise<{ stream: Stream; rows: Row[] }[]> {
  const path = join(folder, 'clinic.sqlite');
  await writeSample({ ...wish, out: { kind: 'sqlite', path } }, { log: silentLog });
  const source = sourceOf(sqliteConnector('/'), { file: path });
  await source.open(new AbortController().signal);
  const tables: { stream: Stream; rows: Row[] }[] = [];
  for (const stream of await source.streams()) {
    const rows: Row[] = [];
    for (const batch of await readStream(source, stream)) {
      const reader = new CopyReader(stream.columns.map(() => true));
      reader.open(batch);
      for (let at = 0; at < batch.keys.length; at++) {
        const row: (string | null)[] = [];
        reader.read(at, row);
        rows.push(row);
      }
    }
    tables.push({ stream, rows });
  }
  await source.close();
  return tables;
}

type Row = (string | null)[];

test('a hospital in MariaDB arrives as it does from PostgreSQL', async (context) => {
  const missing = noServer();
  if (missing !== undefined) return context.skip(missing);
  const server = await startTestServer();
  context.after(() => server.stop());
  await moveAs(context, async ({ environment }) => {
    const url = await server.freshDatabase();
    await writeSample({ ...wish, out: { kind: 'mysql', url } }, { log: silentLog });
    environment['CLINIC_URL'] = url;
    const types = 'streams: { medications: { types: { dose_qty: decimal } } }';
    return indented(`kind: mysql\nurl: \${CLINIC_URL}\n${types}`);
  });
});

test('damaged lines of a file are held with their cause and line, and the rest arrives', async (context) => {
  const project = await testProject({ ...wish, defects: 'none' });
  context.after(() => project.close());
  const path = join(project.folder, 'delivery');
  const out = { kind: 'folder', path, form: 'csv' } as const;
  await writeSample({ ...wish, defects: 'none', out }, { log: silentLog });
  const settings = await readFile(join(path, 'source.yaml'), 'utf8');
  const source = indented(`folder: delivery/tables\n${settings}`);
  await project.edit('handover.yaml', fromPostgres, source);
  const file = join(path, 'tables', 'allergies.csv');
  const lines = (await readFile(file, 'latin1')).split('\n');
  const damage: Record<number, (line: string) => string> = {
    5: (line) => `${line},more`,
    9: (line) => line.replace(',', ',\xff'),
    12: (line) => line.replace(',', ',"'),
    15: (line) => line.slice(line.indexOf(',')),
  };
  const damaged = lines.map((line, at) => damage[at + 1]?.(line) ?? line);
  await writeFile(file, damaged.join('\n'), 'latin1');

  const bench = await openWorkbench(project.opened);
  const { run, state, code } = await bench.run();
  assert.equal(state, 'finished', code);
  const report = await bench.report(run);
  assert.deepEqual(report.findings, []);
  assert.ok(report.streams.every(({ balanced }) => balanced));
  const held = await listExceptions(bench.database, run, { kind: 'quarantined' });
  const parcels = createParcels({
    queries: bench.database,
    blobs: project.opened.blobs,
    key: project.key,
    random: systemRandom,
  });
  const found = new Map<number | undefined, string>();
  for (const one of held) found.set((await recordBehind(parcels, one))?.line, one.code);
  assert.deepEqual(
    found,
    new Map([
      [5, 'field-count'],
      [9, 'encoding-invalid'],
      [12, 'quote-unterminated'],
      [15, 'key-missing'],
    ]),
  );
  await bench.close();
});

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { silentLog } from '../base/log.ts';
import { withClient } from '../store/provision.ts';
import { testCluster } from '../store/testing.ts';
import { allDefects, defects } from './defects.ts';
import { hospital, tablesOf } from './hospital.ts';
import { parseSampleOut, writeSample, type SampleSummary } from './sample.ts';
import { shareTruths } from './shareWriter.ts';
import type { Expected, Row, Truth } from './table.ts';
import { createWorld, type WorldOptions } from './world.ts';

const services = { log: silentLog };

async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'handover-sample-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function rowsOf(options: WorldOptions): Map<string, Row[]> {
  const world = createWorld(options);
  const { tables = 'core' } = options;
  return new Map(tablesOf(tables).map((table) => [table.name, [...table.rows(world)]]));
}

function truthsOf(options: WorldOptions): Map<string, Map<string, Truth>> {
  return new Map(
    [...rowsOf(options)].map(([table, rows]) => [
      table,
      new Map(rows.map(({ truth }) => [truth.key, truth])),
    ]),
  );
}

/** Digest of all files of a folder, names included. */
async function digestOf(folder: string): Promise<string> {
  const digest = createHash('sha256');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).toSorted();
  for (const path of paths) {
    digest.update(path.slice(folder.length)).update(await readFile(path));
  }
  return digest.digest('hex');
}

function toFolder(path: string, seed: string, patients = 150): Promise<SampleSummary> {
  const out = { kind: 'folder', path } as const;
  return writeSample({ patients, seed, out, defects: 'planted', tables: 'all' }, services);
}

describe('sample', () => {
  it('gives the same bytes for the same seed, on any day and machine', async () => {
    const digests = await Promise.all(
      ['one', 'one', 'two'].map((seed) =>
        withFolder(async (folder) => {
          await toFolder(folder, seed);
          return digestOf(folder);
        }),
      ),
    );
    assert.equal(digests[0], digests[1]);
    assert.notEqual(digests[0], digests[2]);
    assert.equal(digests[0], pinnedDigest, 'the sample has changed: say so in the changelog');
  });

  it('shows every class of the first tables once in 130 patients, whatever the seed', () => {
    for (const seed of ['a', 'b', 'c']) {
      const found = plantedIn({ patients: 130, seed, defects: 'planted' });
      const once = new Map(Object.values(defects).map(({ name }) => [name, 1]));
      assert.deepEqual(found, once);
    }
  });

  it('shows every class of the whole hospital in 300 patients: at least 60', () => {
    for (const seed of ['a', 'b', 'c']) {
      const found = plantedIn({ patients: 300, seed, defects: 'planted', tables: 'all' });
      const names = allDefects.map(({ name }) => name);
      assert.deepEqual([...found.keys()].toSorted(), names.toSorted());
      assert.ok(names.length >= 60 && new Set(names).size === names.length);
      const doubles = found.get('person-doubled') ?? 0;
      assert.ok(doubles >= 28 && doubles <= 30, `${doubles} of 300 stand there twice`);
    }
  });

  it('plants nothing in a clean hospital, where the deleted are still deleted', () => {
    const truths = truthsOf({ patients: 500, seed: 'clean', defects: 'none', tables: 'all' });
    const outcomes = new Set<string>();
    for (const table of truths.values()) {
      for (const truth of table.values()) {
        outcomes.add(truth.outcome);
        assert.ok(!('defect' in truth));
      }
    }
    assert.deepEqual([...outcomes].toSorted(), ['arrives', 'excluded', 'folds', 'stays']);
  });

  it('lets no record that arrives refer to one that does not', () => {
    const options = { patients: 600, seed: 'closure', defects: 'planted', tables: 'all' } as const;
    const truths = truthsOf(options);
    let references = 0;
    for (const table of truths.values()) {
      for (const truth of table.values()) {
        if (truth.outcome !== 'arrives') continue;
        const said = Object.values(truth.expect).flatMap((value) => value);
        for (const { table: other, key } of said.filter(isReference)) {
          assert.equal(truths.get(other)?.get(key)?.outcome, 'arrives');
          references++;
        }
      }
    }
    assert.ok(references > 50_000);
  });

  it('gives each record a key of its own and a value for every column', () => {
    for (const [name, rows] of rowsOf({
      patients: 400,
      seed: 'keys',
      defects: 'planted',
      tables: 'all',
    })) {
      const table = hospital.find((one) => one.name === name);
      assert.equal(new Set(rows.map(({ truth }) => truth.key)).size, rows.length);
      for (const { values, truth } of rows) {
        assert.equal(values.length, table?.columns.length);
        assert.equal(values[0], truth.key);
      }
    }
  });

  it('writes a folder whose truths go line by line with the rows', async () => {
    await withFolder(async (folder) => {
      const summary = await toFolder(folder, 'lines', 60);
      for (const { name } of hospital) {
        const rows = (await readFile(join(folder, `${name}.copy`), 'utf8')).split('\n');
        const truths = (await readFile(join(folder, 'truth', `${name}.ndjson`), 'utf8')).split(
          '\n',
        );
        assert.equal(rows.length, truths.length);
        assert.equal(rows.length, (summary.tables[name]?.rows ?? 0) + 1);
        truths.slice(0, -1).forEach((truth, at) => {
          assert.equal((JSON.parse(truth) as Truth).key, rows[at]?.split('\t')[0]);
        });
      }
      const told = await readFile(join(folder, 'truth', 'summary.json'), 'utf8');
      assert.deepEqual(JSON.parse(told), summary);
    });
  });

  it('does not write into a folder that holds something', async () => {
    await withFolder(async (folder) => {
      await toFolder(folder, 'first', 5);
      await assert.rejects(toFolder(folder, 'second', 5), { code: 'sample-folder-not-empty' });
    });
  });

  it('refuses a size that is none', async () => {
    for (const patients of [0, -1, 1.5, 9_000_000]) {
      await assert.rejects(toFolder('/nowhere', 's', patients), { code: 'sample-size' });
    }
  });

  it('takes a database only by environment', () => {
    assert.deepEqual(parseSampleOut('out', {}), { kind: 'folder', path: 'out' });
    assert.deepEqual(parseSampleOut('env:CLINIC_URL', { CLINIC_URL: 'postgresql://x' }), {
      kind: 'postgres',
      url: 'postgresql://x',
    });
    assert.throws(() => parseSampleOut('env:CLINIC_URL', {}), { code: 'sample-out-unset' });
  });

  it('fills a database with the rows of the folder, once', async () => {
    const fresh = await (await testCluster()).freshDatabase();
    const out = { kind: 'postgres', url: fresh.spec.url } as const;
    const request = { patients: 150, seed: 'db', out, defects: 'planted', tables: 'all' } as const;
    const summary = await writeSample(request, services);
    await withClient(fresh.spec, async (client) => {
      const rows = rowsOf({ patients: 150, seed: 'db', defects: 'planted', tables: 'all' });
      for (const table of hospital) {
        const columns = table.columns.map(({ name }) => `${name}::text`).join(', ');
        const held = await client.query<string[]>({
          text: `SELECT ${columns} FROM legacy.${table.name} AS t ORDER BY t.${table.key.join(', t.')}`,
          rowMode: 'array',
        });
        const made = (rows.get(table.name) ?? []).map(({ values }) => values);
        assert.deepEqual(held.rows, made, table.name);
        assert.equal(held.rows.length, summary.tables[table.name]?.rows);
      }
    });
    await assert.rejects(writeSample(request, services), { code: 'sample-schema-exists' });
    await fresh.drop();
  });
});

const isOrphan = ({ reason }: { reason: string }): boolean => reason === 'document-orphan';

function tableTruths(options: WorldOptions): [string, Truth[]][] {
  return [...truthsOf(options)].map(([table, truths]) => [table, [...truths.values()]]);
}

/** How often each class is planted; each stands where it says, for the reason that it says. */
function plantedIn(options: WorldOptions): Map<string, number> {
  const found = new Map<string, number>();
  const files = [...shareTruths(createWorld(options))];
  const orphans = files.filter((one) => one.outcome === 'quarantined' && isOrphan(one));
  for (const [table, truths] of [...tableTruths(options), ['files', orphans] as const]) {
    for (const truth of truths) {
      if (!('defect' in truth) || truth.defect === undefined) continue;
      const planted = allDefects.find(({ name }) => name === truth.defect);
      assert.equal(planted?.table, table);
      if (truth.outcome === 'quarantined') assert.equal(planted.reason, truth.reason);
      else assert.ok(planted.deferred);
      found.set(truth.defect, (found.get(truth.defect) ?? 0) + 1);
    }
  }
  return found;
}

/** `sha256` of the folder of 150 patients with seed `one`. */
const pinnedDigest = '48d7cf1b6d68beef25b74ca153e21b40186ee63d2ba4aeb93447d431e07c5aa6';

function isReference(value: Expected): value is { table: string; key: string } {
  return typeof value === 'object' && 'table' in value && 'key' in value;
}

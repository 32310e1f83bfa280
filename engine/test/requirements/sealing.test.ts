/** What lies on the disk: sealed whole, with its keys apart from it. */
import assert from 'node:assert/strict';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createProjectState } from '../../src/cli/project.ts';
import { quickenKey } from '../../src/keys/testing.ts';
import { withClient } from '../../src/store/provision.ts';
import { temporaryFolder } from '../../src/store/testing.ts';
import { owned } from './owned.ts';
import { testProject, type TestProject } from './project.ts';

/** Values that say who somebody is, of every patient of the source. */
async function identifiersIn(project: TestProject): Promise<string[]> {
  const { rows } = await withClient(project.source.spec, (client) =>
    client.query<Record<string, string | null>>(
      'select mrn, ssn, home_phone, cell_phone, email, addr_1 from legacy.pt_demog',
    ),
  );
  return rows.flatMap((row) =>
    Object.values(row).flatMap((value) => ((value ?? '').length > 6 ? [value as string] : [])),
  );
}

/** A value as it may stand in a file: in clear, in base64 at each of three places, in hex. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const encoded = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    // What its neighbours have a part in says nothing.
    return text.slice(before === 0 ? 0 : before + 1, -4);
  });
  return [value, bytes.toString('hex'), ...encoded.filter((text) => text.length > 6)];
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

async function namesIn(files: readonly string[], values: readonly string[]): Promise<string[]> {
  const forms = values.flatMap((value) => formsOf(value));
  const found: string[] = [];
  for (const file of files) {
    const text = (await readFile(file)).toString('latin1');
    for (const form of forms) if (text.includes(form)) found.push(file);
  }
  return found;
}

test('R14 R05 nothing of a patient lies in clear on the disk: parcels, both databases, their write-ahead log', async (context) => {
  const project = owned(context, await testProject({ patients: 12 }));
  const values = await identifiersIn(project);
  assert.ok(values.length >= 40);
  // The database of the project's own, whose files all lie in its folder.
  delete project.environment['DATABASE_URL'];
  delete project.environment['HANDOVER_TARGET_URL'];
  const run = await project.cli(['--log-level', 'debug', 'run']);
  assert.equal(run.code, 0, run.stderr);
  const said = join(project.folder, 'said.txt');
  await writeFile(said, `${run.stdout}\n${run.stderr}`);
  const files = [...(await filesBelow(join(project.folder, '.handover'))), said];
  const wal = files.filter((file) => file.includes('pg_wal'));
  assert.ok(wal.length > 0 && files.length > 100, 'the files of the database are among them');
  assert.deepEqual(await namesIn(files, values), []);
  // The search finds what is there to be found.
  await writeFile(said, Buffer.from(`..${values[0]}..`).toString('base64'));
  assert.deepEqual(await namesIn([said], values), [said]);
});

test('R14 a backup without the key is unreadable, and a flipped bit is refused', async (context) => {
  const project = owned(context, await testProject({ patients: 12 }));
  assert.equal((await project.cli(['run'])).code, 0);
  const { rows } = await withClient(project.source.spec, (client) =>
    client.query<{ mrn: string }>(
      `select min(mrn) as mrn from legacy.pt_demog where deleted = 'N'`,
    ),
  );
  const number = `${rows[0]?.mrn}\n`;
  const show = (out: string) =>
    project.cli(['subject', 'show', '--patient', '-', '--out', join(project.folder, out)], number);
  assert.equal((await show('whole.json')).code, 0);

  const state = join(project.folder, '.handover');
  const parcels = (await filesBelow(join(state, 'parcels'))).filter((file) =>
    file.includes('records'),
  );
  assert.ok(parcels.length > 0);
  for (const file of parcels) {
    const bytes = await readFile(file);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
    await rm(file);
    await writeFile(file, bytes);
  }
  const flipped = await show('flipped.json');
  assert.deepEqual([flipped.code, flipped.stdout], [8, '']);
  assert.match(flipped.stderr, /parcel-broken/);

  // Everything but the key: database, parcels, plan; and a key of another project in its place.
  const keys = ['key.json', 'passphrase'];
  for (const name of keys) await rm(join(state, name));
  const without = await project.cli(['status']);
  assert.deepEqual([without.code, without.stdout], [2, '']);
  const other = await temporaryFolder();
  await createProjectState(other, {});
  await quickenKey(other);
  for (const name of keys) await cp(join(other, '.handover', name), join(state, name));
  for (const command of [['report'], ['certificate', 'issue']]) {
    const refused = await project.cli(command);
    assert.deepEqual([refused.code, refused.stdout], [8, ''], command.join(' '));
    assert.match(refused.stderr, /key-generation/);
  }
});

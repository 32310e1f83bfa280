/** An erasure that is killed after any of its durable operations, and carried out again: the same end. */
import assert from 'node:assert/strict';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { listenToDurableOperations } from '../../src/base/durableOperation.ts';
import { silentLog } from '../../src/base/log.ts';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { erasureCarryOutCommand } from '../../src/cli/commands/erasure.ts';
import { createOutput } from '../../src/cli/output.ts';
import type { Project } from '../../src/cli/project.ts';
import { committedParcelsOf } from '../../src/ledger/batches.ts';
import { createParcels } from '../../src/run/parcels.ts';
import { openFolderStore } from '../../src/staging/folderStore.ts';
import { itemsOf } from '../../src/staging/packedItems.ts';
import { openDatabase } from '../../src/store/database.ts';
import { withClient } from '../../src/store/provision.ts';
import { temporaryFolder, testCluster } from '../../src/store/testing.ts';
import { person } from '../access/people.ts';
import { testProject, type TestProject } from './project.ts';

let project: TestProject;
let confirm: string;
let run: string;

before(async () => {
  project = await testProject({ patients: 12 });
  assert.equal((await project.cli(['run'])).code, 0);
  confirm = /^name: (.*)$/m.exec(await project.read('handover.yaml'))?.[1] as string;
  const services = { database: project.control, key: project.key };
  const lead = await person(services, 'lead', 'lead');
  const officer = await person(services, 'officer', 'compliance');
  const { rows } = await withClient(project.source.spec, (client) =>
    client.query<{ mrn: string }>(
      `select min(mrn) as mrn from legacy.pt_demog p join legacy.allergies a using (pt_id) where p.deleted = 'N'`,
    ),
  );
  const asked = await project.cli(
    ['erasure', 'request', '--patient', '-', '--reason', 'as they asked', '--as', 'lead'],
    `${rows[0]?.mrn}\n${await lead.lines()}`,
  );
  assert.equal(asked.code, 0, asked.stderr);
  const approval = ['erasure', 'approve', '1', '--as', 'officer'];
  assert.equal((await project.cli(approval, await officer.lines())).code, 0);
  const runs = await project.control.query<{ id: string }>('select id from handover.run');
  run = runs.rows[0]?.id as string;
  // A database with somebody in it cannot be copied.
  await project.control.close();
});
after(() => project.close());

class Killed extends Error {}

/** Everything in a project after an erasure, so that two can be compared. */
interface End {
  /** By batch and role: what the parcels hold, opened. */
  parcels: Record<string, string>;
  /** Blobs that no batch names. */
  unnamed: string[];
  present: string[];
  records: number;
}

/** Carry the erasure out in a copy of the project, killed after durable operation `killAt`, and again. */
async function erased(killAt: number): Promise<{ end: End; operations: number }> {
  const cluster = await testCluster();
  const control = await cluster.freshDatabase(
    new URL(project.opened.control.url).pathname.slice(1),
  );
  const target = await cluster.freshDatabase(project.target.name);
  const folder = join(await temporaryFolder(), 'parcels');
  await cp(join(project.folder, '.handover', 'parcels'), folder, { recursive: true });
  const blobs = await openFolderStore({ folder, clock: systemClock });
  const copy: Project = {
    ...project.opened,
    blobs,
    control: control.spec,
    ownTarget: async () => target.spec,
  };
  const output = { ...createOutput(true), data: () => undefined, note: () => undefined };
  const carryOut = () => erasureCarryOutCommand(copy, output, '1', { confirm, version: 'test' });
  let operations = 0;
  listenToDurableOperations((_, moment) => {
    if (moment === 'after' && ++operations === killAt) throw new Killed();
  });
  try {
    await carryOut().catch((error: unknown) => {
      if (!isKilled(error)) throw error;
    });
    listenToDurableOperations(undefined);
    if (killAt > 0) {
      // Killed with the last thing done, it says that nothing is left to do.
      await carryOut().catch((error: unknown) => {
        assert.equal((error as { code?: string }).code, 'erasure-done', String(error));
      });
    }
    return { end: await endOf(copy), operations };
  } finally {
    listenToDurableOperations(undefined);
    await Promise.all([control.drop(), target.drop()]);
    await rm(folder, { recursive: true });
  }
}

function isKilled(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof Killed) return true;
  return false;
}

async function endOf(copy: Project): Promise<End> {
  const database = openDatabase(copy.control, { log: silentLog, instants: 'text', max: 2 });
  try {
    const { blobs, key } = copy;
    const parcels = createParcels({ queries: database, blobs, key, random: systemRandom });
    const held: Record<string, string> = {};
    const committed = await committedParcelsOf(database, run);
    for (const { key: batch, role } of committed) {
      const items = await parcels.read(batch, role);
      const { phase, target, stream, slice, number } = batch;
      const name = [phase, target, stream, slice, number, role].join(' ');
      held[name] =
        items === undefined ? 'none' : Buffer.concat([...itemsOf(items)]).toString('hex');
    }
    const named = new Set(committed.map(({ name }) => name));
    const unnamed: string[] = [];
    for await (const { name } of blobs.list('')) if (!named.has(name)) unnamed.push(name);
    const records = await database.query('select from handover.erasure');
    return { parcels: held, unnamed, present: await presentIn(copy), records: records.rows.length };
  } finally {
    await database.close();
  }
}

/** Rows of the target's own tables, by how many there are: what is deleted stays deleted. */
async function presentIn(copy: Project): Promise<string[]> {
  return withClient(await copy.ownTarget(), async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
        where schemaname not in ('pg_catalog', 'information_schema') order by 1`,
    );
    const counts: string[] = [];
    for (const { name } of rows) {
      const counted = await client.query<{ count: string }>(`select count(*) from ${name}`);
      counts.push(`${name} ${counted.rows[0]?.count}`);
    }
    return counts;
  });
}

test('R14 R02 killed after any durable operation and carried out again, an erasure comes to the same end', async (context) => {
  const { end: whole, operations } = await erased(0);
  assert.deepEqual([whole.unnamed, whole.records], [[], 1]);
  assert.ok(operations >= 8, `${operations} durable operations`);
  context.diagnostic(`${operations} points`);
  for (let killAt = 1; killAt <= operations; killAt++) {
    const { end } = await erased(killAt);
    assert.deepEqual(end, whole, `killed after operation ${killAt}`);
  }
});

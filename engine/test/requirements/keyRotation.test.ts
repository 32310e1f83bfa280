/** The project key is rotated: nothing is lost, the former key opens nothing, and no crash is between. */
import assert from 'node:assert/strict';
import { copyFile, cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { glassContext } from '../../src/access/breakGlass.ts';
import { listenToDurableOperations } from '../../src/base/durableOperation.ts';
import { systemRandom } from '../../src/base/random.ts';
import { keysRotateCommand } from '../../src/cli/commands/keys.ts';
import { createOutput } from '../../src/cli/output.ts';
import { openKey, type Project } from '../../src/cli/project.ts';
import { beginRotation, openProjectKey, type KeyFiles } from '../../src/keys/keyFile.ts';
import type { ProjectKey } from '../../src/keys/projectKey.ts';
import { existingContext } from '../../src/ledger/existingResources.ts';
import { conflictContext } from '../../src/run/existing/conflicts.ts';
import { existingCursorContext } from '../../src/run/existing/readExisting.ts';
import { parcelContext } from '../../src/connectors/mllp/inbox.ts';
import { reasonContext } from '../../src/run/linkage/decidePair.ts';
import { chartedContext } from '../../src/run/linkage/chartedRows.ts';
import { searchContext } from '../../src/run/phases/remap.ts';
import { joinedKeyContext } from '../../src/run/related.ts';
import { sealedColumns } from '../../src/run/rotation/sealedColumns.ts';
import { tellingContext } from '../../src/run/tellings.ts';
import { encodeBase32 } from '../../src/base/base32.ts';
import { withClient } from '../../src/store/provision.ts';
import { temporaryFolder, testCluster } from '../../src/store/testing.ts';
import { person } from '../access/people.ts';
import { testProject, type TestProject } from './project.ts';

let project: TestProject;
let confirm: string;

before(async () => {
  project = await testProject({ patients: 6 });
  assert.equal((await project.cli(['run'])).code, 0);
  confirm = /^name: (.*)$/m.exec(await project.read('handover.yaml'))?.[1] as string;
  const services = { database: project.control, key: project.key };
  const lead = await person(services, 'lead', 'lead');
  const officer = await person(services, 'officer', 'compliance');
  await sealElsewhere();
  const acts: readonly (readonly string[])[] = [
    ['erasure', 'request', '--run', (await runOf()) as string, '--reason', 'it ended'],
    ['keys', 'request', '--reason', 'yearly'],
  ];
  for (const words of acts) {
    const asked = await project.cli([...words, '--as', 'lead'], await lead.lines());
    assert.equal(asked.code, 0, asked.stderr);
  }
  const own = await project.cli(['keys', 'approve', '1', '--as', 'lead'], await lead.lines());
  assert.equal(own.code, 9);
  const early = await project.cli(['keys', 'rotate', '1', '--confirm', confirm]);
  assert.deepEqual([early.code, early.stdout], [9, '']);
  for (const words of [
    ['legal-hold', 'place', '--reason', 'a matter', '--as', 'officer'],
    ['keys', 'approve', '1', '--as', 'officer'],
  ]) {
    const done = await project.cli(words, await officer.lines());
    assert.equal(done.code, 0, done.stderr);
  }
  await writeFile(join(project.folder, 'new-passphrase'), 'another passphrase altogether\n', {
    mode: 0o600,
  });
  // A database with somebody in it cannot be copied.
  await project.control.close();
});
after(() => project.close());

async function runOf(): Promise<string | undefined> {
  const { rows } = await project.control.query<{ id: string }>('select id from handover.run');
  return rows[0]?.id;
}

/** What this project's own run has no reason to seal. */
async function sealElsewhere(): Promise<void> {
  const { control, key } = project;
  const run = (await runOf()) as string;
  const [one, other] = [Buffer.alloc(16, 1), Buffer.alloc(16, 2)];
  const some = Buffer.from('said');
  const dataKey = Buffer.alloc(32, 3);
  const rows: readonly (readonly [sql: string, ...values: unknown[]])[] = [
    [
      `insert into handover.telling values ($1, 'other', $2, $3)`,
      run,
      one,
      key.seal(some, tellingContext(run, 'other', one.toString('hex'))),
    ],
    [
      `insert into handover.person_record (token, stream, run) values ($1, 's', $3), ($2, 's', $3)`,
      one,
      other,
      run,
    ],
    [
      `insert into handover.person_decision (one, other, verdict, reason, decided_by)
       values ($1, $2, 'same', $3, 'ada')`,
      one,
      other,
      key.seal(some, reasonContext(encodeBase32(other), encodeBase32(one))),
    ],
    [`insert into handover.linkage_round values ($1, 7, 'm', '{}')`, run],
    [
      'insert into handover.charted values ($1, 7, $2, $3, $4)',
      run,
      one,
      other,
      key.seal(some, chartedContext(run)),
    ],
    [
      'insert into handover.brought_chart values ($1, 7, $2, $3, $4)',
      run,
      one,
      other,
      key.seal(some, chartedContext(run)),
    ],
    [
      `insert into handover.existing_resource values ('chart', 'Patient', $1, $2, $3)`,
      one,
      key.seal(some, existingContext('chart', 'Patient')),
      run,
    ],
    [
      `insert into handover.joined_batch values ($1, 'clinic.x', '1-0', 4, 'text/csv', $2)
       on conflict do nothing`,
      run,
      key.wrapDataKey(dataKey, joinedKeyContext(run, 'clinic.x', '1-0', 4)),
    ],
    [
      `insert into handover.conflict_decision
         (target, type, token, verdict, found, draft, reason, run, decided_by)
       values ('chart', 'Patient', $1, 'keep', '', '', $2, $3, 'ada')`,
      one,
      key.seal(some, conflictContext('Patient', encodeBase32(one))),
      run,
    ],
    [`insert into handover.inbox values ('feed')`],
    [
      `insert into handover.inbox_parcel values ('feed', 12, 1, '{adt}', '\\x00', '{}', $1, '{}', '\\x01')`,
      key.wrapDataKey(dataKey, parcelContext('feed', 12)),
    ],
    [
      `insert into access.break_glass (account, reason, began_at, expires_at)
       values ('lead', $1, now(), now() + interval '1 hour')`,
      key.seal(some, glassContext('lead')),
    ],
    [
      `insert into handover.slice (run, phase, target, stream, slice, range, cursor)
       values ($1, 'extract', 'chart', 's', 'again', $2, $3)`,
      run,
      key.seal(some, searchContext(run, 's')),
      key.seal(some, existingCursorContext(run, 'chart')),
    ],
  ];
  for (const [sql, ...values] of rows) {
    await control.transaction((transaction) => transaction.query(sql, values));
  }
}

/** What {@link sealElsewhere} made says nothing that a run could go by. */
const withoutOthers = [
  'charted',
  'brought_chart',
  'linkage_round',
  'person_decision',
  'existing_resource',
  'conflict_decision',
]
  .map(
    (name) =>
      `alter table handover.${name} disable trigger user; delete from handover.${name};
       alter table handover.${name} enable trigger user;`,
  )
  .join('\n');

class Killed extends Error {}

interface Copy {
  opened: Project;
  environment: Record<string, string>;
  keyFile: string;
  close(): Promise<void>;
}

/** The project with its own database, and its own key file. */
async function copyOf(): Promise<Copy> {
  const cluster = await testCluster();
  const control = await cluster.freshDatabase(
    new URL(project.opened.control.url).pathname.slice(1),
  );
  const folder = await temporaryFolder();
  await cp(project.folder, folder, { recursive: true });
  const environment: Record<string, string> = {
    ...project.environment,
    DATABASE_URL: control.spec.url,
  };
  return {
    opened: { ...project.opened, folder, environment, control: control.spec },
    environment,
    keyFile: join(folder, '.handover', 'key.json'),
    async close() {
      await control.drop();
      await rm(folder, { recursive: true });
    },
  };
}

/** Rotate, killed after durable operation `killAt` (0: not at all), and rotate again. */
async function rotate({ opened }: Copy, killAt: number): Promise<number> {
  const output = { ...createOutput(true), data: () => undefined, note: () => undefined };
  const carryOut = () => keysRotateCommand(opened, output, '1', { confirm });
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
      await carryOut().catch((error: unknown) => {
        assert.equal((error as { code?: string }).code, 'key-rotation-done', String(error));
      });
    }
    return operations;
  } finally {
    listenToDurableOperations(undefined);
  }
}

function isKilled(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof Killed) return true;
  return false;
}

/** Values of every sealed column, in the order of what they are bound to, opened; how many a key cannot open. */
async function openedBy(copy: Copy, key: ProjectKey): Promise<{ opened: string[]; shut: number }> {
  const opened: string[] = [];
  let shut = 0;
  await withClient(copy.opened.control, async (client) => {
    for (const each of sealedColumns) {
      const { table, column, kind, by } = each;
      const contexts = (row: Record<string, unknown>) => each.contexts(row);
      const { rows } = await client.query<Record<string, unknown> & { sealed: Buffer }>(
        `select "${column}" as sealed ${by.map((name) => `, "${name}"`).join('')}
           from ${table} where length("${column}") > 0`,
      );
      assert.ok(rows.length > 0, `nothing stands in ${table}.${column}`);
      for (const row of rows) {
        const plain = contexts(row).flatMap((context) => {
          try {
            return kind === 'sealed'
              ? key.open(row.sealed, context)
              : key.unwrapDataKey(row.sealed, context);
          } catch {
            return [];
          }
        });
        if (plain.length === 0) shut++;
        for (const one of plain) opened.push(`${table} ${contexts(row)[0]} ${one.toString('hex')}`);
      }
    }
  });
  return { opened: opened.toSorted(), shut };
}

test('R14 a rotated key: everything opens under the new one, and nothing under the former', async (context) => {
  const copy = await copyOf();
  context.after(() => copy.close());
  const held = await openedBy(copy, project.key);
  assert.equal(held.shut, 0);
  await copyFile(copy.keyFile, `${copy.keyFile}.former`);
  const operations = await rotate(copy, 0);
  context.diagnostic(`${operations} points, ${held.opened.length} values`);

  const key = await openKey(copy.opened.folder, {});
  assert.notEqual(key.generation, project.key.generation);
  assert.deepEqual(
    [key.fingerprint, key.tag('s', 'k'), key.digest('d'), key.secret('audit')],
    [
      project.key.fingerprint,
      project.key.tag('s', 'k'),
      project.key.digest('d'),
      project.key.secret('audit'),
    ],
  );
  assert.deepEqual(await openedBy(copy, key), held);
  const former = await openedBy(copy, project.key);
  assert.deepEqual(former, { opened: [], shut: held.opened.length });
  assert.doesNotMatch(await readFile(copy.keyFile, 'utf8'), /former/);
});

test('R14 after a rotation runs are verified, certified and audited as before; former key files are refused', async (context) => {
  const copy = await copyOf();
  context.after(() => copy.close());
  const { folder } = copy.opened;
  const { environment } = copy;
  await withClient(copy.opened.control, (client) => client.query(withoutOthers));
  await copyFile(copy.keyFile, `${copy.keyFile}.former`);
  const cli = (words: readonly string[], more: Record<string, string> = {}) =>
    project.cli(words, '', undefined, { folder, environment: { ...environment, ...more } });
  const fresh = { HANDOVER_NEW_PASSPHRASE_FILE: join(folder, 'new-passphrase') };
  const rotated = await cli(['keys', 'rotate', '1', '--confirm', confirm], fresh);
  assert.equal(rotated.code, 0, rotated.stderr);
  const refused = await cli(['status']);
  assert.deepEqual([refused.code, /passphrase-wrong/.test(refused.stderr)], [2, true]);
  const own = { HANDOVER_PASSPHRASE_FILE: fresh.HANDOVER_NEW_PASSPHRASE_FILE };
  for (const words of [
    ['verify'],
    ['certificate', 'issue', '--out', join(folder, 'certificate.txt')],
    ['audit', 'verify'],
    ['keys', 'show'],
    ['run'],
  ]) {
    const done = await cli(words, own);
    assert.equal(done.code, 0, `${words.join(' ')}: ${done.stderr}`);
  }
  const again = await cli(['keys', 'rotate', '1', '--confirm', confirm], own);
  assert.deepEqual([again.code, /key-rotation-done/.test(again.stderr)], [2, true]);
  await copyFile(`${copy.keyFile}.former`, copy.keyFile);
  const stale = await cli(['status']);
  assert.deepEqual([stale.code, stale.stdout, /key-generation/.test(stale.stderr)], [8, '', true]);
});

test('R14 R02 killed after any durable operation and rotated again, a rotation comes to the same end', async () => {
  const whole = await copyOf();
  const { opened: held } = await openedBy(whole, project.key);
  const operations = await rotate(whole, 0);
  await whole.close();
  assert.ok(operations >= 4, `${operations} durable operations`);
  for (let killAt = 1; killAt <= operations; killAt++) {
    const copy = await copyOf();
    const { folder } = copy.opened;
    await rotate(copy, killAt);
    const key = await openKey(folder, {});
    assert.equal(key.otherGeneration, undefined, `killed after operation ${killAt}`);
    assert.deepEqual((await openedBy(copy, key)).opened, held);
    assert.equal((await openedBy(copy, project.key)).opened.length, 0);
    await copy.close();
  }
});

test('R14 a program that opened the project before is in the way, or refused when it connects', async (context) => {
  const copy = await copyOf();
  context.after(() => copy.close());
  await withClient(copy.opened.control, async () => {
    await assert.rejects(rotate(copy, 0), { code: 'project-in-use' });
  });
  await rotate(copy, 0);
  const { openControl } = await import('../../src/cli/composition.ts');
  const stale = openControl({
    ...copy.opened,
    control: { ...copy.opened.control, sealedUnder: [project.key.generation] },
  });
  await assert.rejects(stale.query('select 1'), { code: 'key-generation' });
  await stale.close();
});

test('R14 a rotation that was begun and not committed leaves a project that works under the former key', async (context) => {
  const copy = await copyOf();
  context.after(() => copy.close());
  const files: KeyFiles = {
    keyFile: copy.keyFile,
    passphraseFile: join(copy.opened.folder, '.handover', 'passphrase'),
    random: systemRandom,
  };
  const begun = await beginRotation(files);
  assert.equal((await beginRotation(files)).generation, begun.generation);
  const sealed = begun.under(project.key.generation).seal(Buffer.from('x'), 'c');
  assert.equal(project.key.open(sealed, 'c').toString(), 'x');
  const held = await openProjectKey(files);
  assert.equal(held.open(begun.seal(Buffer.from('y'), 'c'), 'c').toString(), 'y');
});

/** Columns of bytes that the project key has not sealed, and what they are. */
const notSealed = new Set([
  'access.client_assertion.digest',
  'access.client_token.digest',
  'access.passkey.id',
  'access.passkey.public_key',
  'access.session.digest',
  'access.token.digest',
]);

test('R14 every column of bytes is rotated, or is known to hold tokens, digests, salts or packed numbers', async () => {
  const { rows } = await withClient(project.opened.control, (client) =>
    client.query<{ name: string }>(
      `select format('%s.%s.%s', n.nspname, c.relname, a.attname) as name
         from pg_attribute a join pg_class c on c.oid = a.attrelid
         join pg_namespace n on n.oid = c.relnamespace
        where a.atttypid in ('bytea'::regtype, 'bytea[]'::regtype) and c.relkind in ('r', 'p')
          and not c.relispartition and n.nspname in ('handover', 'access') order by 1`,
    ),
  );
  const rotated = new Set(sealedColumns.map(({ table, column }) => `${table}.${column}`));
  const clear =
    /\.(token|tokens|subject|subjects|digest|digests|root|roots|salt|salts|leaf|type_of|states|versions|contributions|ordinals|into_ordinals|stream_of|one|other|record|person|chart|rivals|chosen|found|draft)$/;
  const strange = rows
    .map(({ name }) => name)
    .filter((name) => !rotated.has(name) && !notSealed.has(name) && !clear.test(name));
  // Sealed under a data key, which is wrapped in the row or beside it.
  assert.deepEqual(strange, ['handover.inbox_parcel.sealed', 'handover.joined.records']);
  for (const name of rotated)
    assert.ok(
      rows.some((row) => row.name === name),
      name,
    );
});

/** Handover's own working copies are kept as long as the plan says, and end by two people. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { person, type Person } from '../access/people.ts';
import { testProject, type TestProject } from './project.ts';

let project: TestProject;
let confirm: string;
let lead: Person;
let officer: Person;
let runs: string[];

before(async () => {
  project = await testProject({ patients: 3 });
  for (let times = 0; times < 2; times++) assert.equal((await project.cli(['run'])).code, 0);
  confirm = /^name: (.*)$/m.exec(await project.read('handover.yaml'))?.[1] as string;
  const services = { database: project.control, key: project.key };
  lead = await person(services, 'lead', 'lead');
  officer = await person(services, 'officer', 'compliance');
  const { rows } = await project.control.query<{ id: string }>(
    'select id from handover.run order by started_at',
  );
  runs = rows.map(({ id }) => id);
});
after(() => project.close());

interface Kept {
  run: string;
  state: string;
  until: string;
  period: string;
  erasure?: string;
}

async function states(): Promise<string[]> {
  const shown = await project.cli(['--json', 'retention', 'show']);
  assert.equal(shown.code, 0, shown.stderr);
  const { runs: all } = JSON.parse(shown.stdout) as { runs: Kept[] };
  return runs.map((run) => all.find((one) => one.run === run)?.state ?? 'not there');
}

async function ended(run: string, daysAgo: number): Promise<void> {
  await project.control.transaction((transaction) =>
    transaction.query(
      `update handover.run set ended_at = now() - make_interval(days => $2) where id = $1`,
      [run, daysAgo],
    ),
  );
}

const purge = () => project.cli(['--json', 'retention', 'purge', '--confirm', confirm]);
const request = async () =>
  project.cli(['--json', 'retention', 'request', '--as', 'lead'], await lead.lines());

test('R14 R24 what is over is asked for by one, approved by another and purged; nothing else is', async () => {
  const none = await project.cli(['retention', 'show']);
  assert.deepEqual([none.code, /retention-none/.test(none.stderr)], [2, true]);
  const plan = await project.read('handover.yaml');
  await project.write('handover.yaml', `${plan}\nretention: { parcels: 90, quarantine: 365 }\n`);
  assert.deepEqual(await states(), ['kept', 'kept']);
  await ended(runs[0] as string, 91);
  // An item that is held keeps its run for the longer period.
  const held = (reader: string) => project.control.query(reader, [runs[0]]);
  const { rows } = await held(
    `select count(*)::int as n from handover.exception where run = $1 and kind = 'quarantined'`,
  );
  if (Number(rows[0]?.['n']) > 0) {
    assert.deepEqual(await states(), ['kept', 'kept']);
    await ended(runs[0] as string, 366);
  }
  assert.deepEqual(await states(), ['due', 'kept']);

  const early = await purge();
  assert.deepEqual(
    [early.code, (JSON.parse(early.stdout) as { purged: [] }).purged.length],
    [9, 0],
  );
  const asked = await request();
  assert.equal(asked.code, 0, asked.stderr);
  const { requests } = JSON.parse(asked.stdout) as { requests: { run: string; erasure: string }[] };
  assert.deepEqual(
    requests.map(({ run }) => run),
    [runs[0]],
  );
  const { requests: twice } = JSON.parse((await request()).stdout) as { requests: [] };
  assert.equal(twice.length, 0, 'it is asked for once');
  assert.deepEqual(await states(), ['asked for', 'kept']);
  assert.equal((await purge()).code, 9);
  const erasure = requests[0]?.erasure as string;
  const own = await project.cli(
    ['erasure', 'approve', erasure, '--as', 'lead'],
    await lead.lines(),
  );
  assert.equal(own.code, 9);
  const approved = await project.cli(
    ['erasure', 'approve', erasure, '--as', 'officer'],
    await officer.lines(),
  );
  assert.equal(approved.code, 0, approved.stderr);
  assert.deepEqual(await states(), ['approved', 'kept']);

  const hold = ['legal-hold', 'place', '--reason', 'a matter', '--as', 'officer'];
  assert.equal((await project.cli(hold, await officer.lines())).code, 0);
  assert.deepEqual(await states(), ['legal hold', 'kept']);
  const refused = await purge();
  assert.equal(refused.code, 4, refused.stderr);
  const release = ['legal-hold', 'release', '1', '--as', 'officer'];
  assert.equal((await project.cli(release, await officer.lines())).code, 0);
  assert.equal((await project.cli(['retention', 'purge'])).code, 9);

  const purged = await purge();
  assert.equal(purged.code, 0, purged.stderr);
  assert.deepEqual(await states(), ['purged', 'kept']);
  const { rows: keys } = await project.control.query<{ run: string; open: number }>(
    `select run, count(*) filter (where wrapped_key <> '')::int as open from handover.parcel group by run`,
  );
  assert.deepEqual(
    new Map(keys.map(({ run, open }) => [run, open > 0])),
    new Map(runs.map((run, at) => [run, at === 1])),
  );
  const parcels = join(project.folder, '.handover', 'parcels');
  const files = await readdir(parcels, { recursive: true, withFileTypes: true });
  const kept = files.filter((one) => one.isFile()).map(({ parentPath }) => parentPath);
  assert.ok(kept.length > 0 && kept.every((folder) => !folder.includes(runs[0] as string)));
  const record = await project.cli(['erasure', 'show', erasure]);
  assert.match(record.stdout, /NIST SP 800-88r2/);
  assert.match(record.stdout, /cryptographic erase/);
});

test('R14 after a purge the balance, the certificate and the audit log of its run are verified', async () => {
  const [run = '', next = ''] = runs;
  const told = await project.cli(['--json', 'report', run]);
  const { streams } = JSON.parse(told.stdout) as {
    streams: { balanced: boolean; waiting: number }[];
  };
  assert.ok(
    streams.length > 0 && streams.every(({ balanced, waiting }) => balanced && waiting === 0),
  );
  const [certificate, key] = ['certificate.txt', 'key.pem'].map((name) =>
    join(project.folder, name),
  );
  assert.equal(
    (await project.cli(['certificate', 'issue', run, '--out', certificate as string])).code,
    0,
  );
  const open = await project.cli(['certificate', 'key']);
  await project.write('key.pem', open.stdout);
  const verified = await project.cli([
    'certificate',
    'verify',
    certificate as string,
    '--key',
    key as string,
  ]);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  assert.equal((await project.cli(['audit', 'verify'])).code, 0);
  assert.equal(
    (await project.cli(['verify', next])).code,
    0,
    'the run that is kept is worked with',
  );
});

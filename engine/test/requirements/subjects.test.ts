/**
 * One person of a whole project: everything that is held of them can be shown, and erased for good, while
 * what is told of everybody stays true.
 */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openNote } from '../../src/audit/signedNote.ts';
import { certificateIssuer } from '../../src/cli/composition.ts';
import { openBytes } from '../../src/keys/projectKey.ts';
import { committedParcelsOf } from '../../src/ledger/batches.ts';
import { itemsOf } from '../../src/staging/packedItems.ts';
import { openParcel } from '../../src/staging/parcel.ts';
import { withClient } from '../../src/store/provision.ts';
import { createParcels } from '../../src/run/parcels.ts';
import { systemRandom } from '../../src/base/random.ts';
import { person, type Person } from '../access/people.ts';
import { testProject, type CommandOutcome, type TestProject } from './project.ts';
import { openWorkbench } from './workbench.ts';

/** Of one patient, in a column each; the allergy is held, and the note's text is its own. */
const canaries = ['Zyxquirrel', 'zyxmarmot', 'zyxbadger'] as const;
const patientOf = (table: string): string => `
  (select min(p.pt_id) from pt_demog p join ${table} t on t.pt_id = p.pt_id
    join allergies a on a.pt_id = p.pt_id and a.deleted = 'N' and a.alg_type_cd = 'FA'
   where p.deleted = 'N')`;
const change = [
  `update pt_demog set last_nm = '${canaries[0]}' where pt_id = ${patientOf('notes')}`,
  `update allergies set alg_cd = 'ZZTOP', comment_txt = '${canaries[1]}'
    where alg_id = (select min(alg_id) from allergies where deleted = 'N' and alg_type_cd = 'FA'
      and pt_id = ${patientOf('notes')})`,
  `update notes set body_txt = '${canaries[2]} seen today'
    where note_id = (select min(note_id) from notes where pt_id = ${patientOf('notes')})`,
];

let project: TestProject;
let run: string;
let number: string;
let lead: Person;
let officer: Person;

before(async () => {
  project = await testProject({ patients: 30, tables: 'all', change });
  const bench = await openWorkbench(project.opened);
  try {
    ({ run } = await bench.run());
    assert.deepEqual(bench.errors, []);
  } finally {
    await bench.close();
  }
  const { rows } = await withClient(project.source.spec, (client) =>
    client.query<{ mrn: string }>(`select mrn from legacy.pt_demog where last_nm = $1`, [
      canaries[0],
    ]),
  );
  number = rows[0]?.mrn as string;
  const services = { database: project.control, key: project.key };
  lead = await person(services, 'lead', 'lead');
  officer = await person(services, 'officer', 'compliance');
});
after(() => project.close());

const patientsOf = async (): Promise<string[]> => {
  const chart = await project.openChart();
  try {
    const query = { type: 'Patient', identifiers: [{ value: number }], count: 10 };
    return (await chart.search(query)).map(({ id }) => id);
  } finally {
    await chart.close();
  }
};

const presentResources = async (): Promise<Map<string, string>> => {
  const chart = await project.openChart();
  const found = new Map<string, string>();
  for await (const { resources } of chart.scan(undefined, new AbortController().signal)) {
    for (const one of resources) {
      if (one.state === 'present') found.set(`${one.type}/${one.id}`, one.digest);
    }
  }
  await chart.close();
  return found;
};

const looksOf = async (patient: string): Promise<string[]> => {
  const { rows } = await project.control.query<{ action: string }>(
    'select action from audit.event where patient = $1 order by event',
    [patient],
  );
  return rows.map(({ action }) => action);
};

/** Everything that can be read with the keys that the database holds. */
async function readable(): Promise<Buffer> {
  const parcels = createParcels({
    queries: project.control,
    blobs: project.opened.blobs,
    key: project.key,
    random: systemRandom,
  });
  const parts: Buffer[] = [];
  for (const { key, role } of await committedParcelsOf(project.control, run)) {
    const items = await parcels.read(key, role);
    if (items) parts.push(...itemsOf(items));
  }
  const { rows } = await project.control.query<{
    name: string;
    slice: string;
    number: number;
    token: Buffer;
    records: Buffer;
    wrapped_key: Buffer;
  }>(
    `select name, slice, number, token, records, wrapped_key
       from handover.joined join handover.joined_batch using (run, name, slice, number)`,
  );
  for (const { name, slice, number: batch, token, records, wrapped_key } of rows) {
    const context = `joined ${run} ${name} ${slice} ${batch}`;
    const dataKey = project.key.unwrapDataKey(wrapped_key, context);
    parts.push(openBytes(dataKey, records, token.toString('hex')));
  }
  return Buffer.concat(parts);
}

const found = (bytes: Buffer): number[] =>
  canaries.map((canary) => bytes.toString('latin1').split(canary).length - 1);

test('R24 subject access: all that is held of a person in parcels, quarantine, target and log, after it is on record', async () => {
  const [patient] = await patientsOf();
  assert.ok(patient !== undefined);
  assert.deepEqual(await looksOf(patient), []);
  const out = join(project.folder, 'subject.json');
  const words = ['--json', 'subject', 'show', '--patient', '-', '--out', out];
  const shown = await project.cli(words, `${number}\n`);
  assert.equal(shown.code, 0, shown.stderr);
  assert.deepEqual(found(Buffer.from(`${shown.stdout}${shown.stderr}`)), [0, 0, 0]);
  assert.ok(!shown.stdout.includes(number));
  const file = JSON.parse(await readFile(out, 'utf8')) as {
    patients: string[];
    runs: { run: string; records: { stream: string; text: string }[]; drafts: unknown[] }[];
    targets: { target: string; resources: string[] }[];
    looks: { action: string }[];
  };
  assert.deepEqual(file.patients, [patient]);
  const [held] = file.runs;
  const textOf = (canary: string) =>
    held?.records.filter(({ text }) => text.includes(canary)).map(({ stream }) => stream);
  assert.deepEqual(textOf(canaries[0]), ['clinic.pt_demog']);
  assert.deepEqual(textOf(canaries[1]), ['clinic.allergies'], 'what is held for review as well');
  assert.deepEqual(textOf(canaries[2]), ['clinic.notes']);
  // The source itself says how many rows of a patient there are.
  const { rows } = await withClient(project.source.spec, (client) =>
    client.query<{ name: string; count: string }>(
      `select 'clinic.problems' as name, count(*) from legacy.problems t
         join legacy.pt_demog p using (pt_id) where p.last_nm = $1
       union all
       select 'clinic.allergies', count(*) from legacy.allergies t
         join legacy.pt_demog p using (pt_id) where p.last_nm = $1`,
      [canaries[0]],
    ),
  );
  for (const { name, count } of rows) {
    assert.equal(held?.records.filter(({ stream }) => stream === name).length, Number(count), name);
  }
  const [chart] = file.targets;
  const known = await presentResources();
  assert.ok((chart?.resources.length ?? 0) > 5);
  for (const text of chart?.resources ?? []) {
    const { resourceType, id } = JSON.parse(text) as { resourceType: string; id: string };
    assert.ok(known.has(`${resourceType}/${id}`));
  }
  assert.deepEqual(
    file.looks.map(({ action }) => action).filter((action) => action !== 'load'),
    ['export'],
  );
  assert.ok(file.looks.length > 1, 'what was loaded of them is on record too');
  assert.deepEqual(await looksOf(patient), ['export']);
  const inArguments = await project.cli(['subject', 'show', '--patient', '17', '--out', 'x']);
  assert.deepEqual([inArguments.code, inArguments.stdout], [2, '']);
});

const carryOut = async (id: string): Promise<CommandOutcome> => {
  const name = /^name: (.*)$/m.exec(await project.read('handover.yaml'))?.[1] as string;
  return project.cli(['--json', 'erasure', 'carry-out', id, '--confirm', name]);
};

async function ask(...scope: string[]): Promise<string> {
  const isPatient = scope[0] === '--patient';
  const asked = await project.cli(
    ['--json', 'erasure', 'request', ...scope, '--reason', 'as they asked', '--as', 'lead'],
    `${isPatient ? `${number}\n` : ''}${await lead.lines()}`,
  );
  assert.equal(asked.code, 0, asked.stderr);
  return (JSON.parse(asked.stdout) as { request: string }).request;
}

const approve = async (id: string, by: Person): Promise<CommandOutcome> =>
  project.cli(['erasure', 'approve', id, '--as', by.name], await by.lines());

test('R14 R24 a person is erased by two people: keys destroyed, nothing readable is left, everything else adds up', async () => {
  const [patient] = await patientsOf();
  assert.ok(patient !== undefined);
  const whole = await presentResources();
  assert.ok(found(await readable()).every((count) => count > 0));
  const kept = await committedParcelsOf(project.control, run);
  const copies = new Map<string, Buffer>();
  for (const { name } of kept) copies.set(name, (await project.opened.blobs.get(name)) as Buffer);

  const id = await ask('--patient', '-');
  assert.equal((await carryOut(id)).code, 9, 'one person alone erases nothing');
  assert.equal((await approve(id, lead)).code, 9, 'nor approves what they asked for');
  assert.equal((await approve(id, officer)).code, 0);

  const held = await project.cli(
    ['legal-hold', 'place', '--reason', 'a claim', '--as', 'officer'],
    await officer.lines(),
  );
  assert.equal(held.code, 0, held.stderr);
  const refused = await carryOut(id);
  assert.deepEqual([refused.code, refused.stdout], [4, '']);
  assert.match(refused.stderr, /legal-hold/);
  assert.deepEqual(await presentResources(), whole, 'nothing was erased');
  const released = await project.cli(
    ['legal-hold', 'release', '1', '--as', 'officer'],
    await officer.lines(),
  );
  assert.equal(released.code, 0, released.stderr);

  const erased = await carryOut(id);
  assert.equal(erased.code, 0, erased.stderr);
  const record = JSON.parse(erased.stdout) as {
    media: { count: number }[];
    approvedBy: string[];
    left: string[];
  };
  assert.deepEqual(record.approvedBy, ['officer']);
  assert.ok(record.left.some((line) => line.startsWith('Inboxes of live feeds hold')));
  assert.ok(
    !record.left.some((line) => line.includes('handover.charted')),
    'that goes with a person',
  );
  assert.ok(record.media.length >= 3);

  assert.deepEqual(found(await readable()), [0, 0, 0]);
  const left = await presentResources();
  assert.ok(left.size < whole.size && left.size > 0);
  for (const [name, digest] of left) assert.equal(whole.get(name), digest, 'of others');
  assert.deepEqual(await patientsOf(), []);
  assert.equal((await looksOf(patient)).at(-1), 'delete', 'the log keeps that it was done');

  // The former parcels, as a copy of the blob store would have them, open under no key there is.
  const now = await committedParcelsOf(project.control, run);
  const names = new Set(now.map(({ name }) => name));
  const former = kept.filter(({ name }) => !names.has(name));
  assert.ok(former.length >= 3);
  for (const { name, manifest } of former) {
    assert.equal(await project.opened.blobs.get(name), undefined);
    const told = manifest as { items: number; contentBytes: number; sealedBytes: number };
    const digest = Buffer.from((manifest as { digest: string }).digest, 'hex');
    for (const one of now) {
      const dataKey = project.key.unwrapDataKey(one.wrappedKey, one.name);
      assert.throws(() => openParcel(copies.get(name) as Buffer, dataKey, { ...told, digest }), {
        code: 'parcel-broken',
      });
    }
  }
  const { rows } = await project.control.query('select from handover.parcel where name = any($1)', [
    former.map(({ name }) => name),
  ]);
  assert.equal(rows.length, 0);

  const shown = await project.cli(['--json', 'erasure', 'show', id]);
  const { record: note } = JSON.parse(shown.stdout) as { record: string };
  const { name, signer } = certificateIssuer(project);
  assert.ok(openNote(note, name, signer.publicKey)?.includes('NIST SP 800-88r2'));
  assert.equal((await carryOut(id)).code, 2, 'once');
});

test('R14 R24 after an erasure ledger, certificate and audit log are verified, and the run is worked on no more', async () => {
  const out = join(project.folder, 'certificate.txt');
  assert.equal((await project.cli(['certificate', 'issue', run, '--out', out])).code, 0);
  const key = (await project.cli(['certificate', 'key'])).stdout.trim();
  const words = ['certificate', 'verify', out, '--key', key, '--ledger', `${out}.ledger`];
  const verified = await project.cli(words);
  assert.equal(verified.code, 0, verified.stdout);
  assert.equal((await project.cli(['audit', 'verify'])).code, 0);
  assert.equal(
    (await project.cli(['report', run, '--out', join(project.folder, 'r.html')])).code,
    0,
  );
  for (const command of [
    ['verify', run],
    ['resume', run],
    ['map', 'diff'],
  ]) {
    const refused = await project.cli(command);
    assert.equal(refused.code, 4, `${command.join(' ')}: ${refused.stderr}`);
    assert.match(refused.stderr, /run-erased/);
  }
});

test('R14 R24 all working copies of a run are erased by two people, and what is left cannot be read', async () => {
  const id = await ask('--run', run);
  assert.equal((await approve(id, officer)).code, 0);
  const erased = await carryOut(id);
  assert.equal(erased.code, 0, erased.stderr);
  const folder = join(project.folder, '.handover', 'parcels');
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  assert.deepEqual(
    files.filter((entry) => entry.isFile()).map(({ name }) => name),
    [],
  );
  const { rows } = await project.control.query(
    `select from handover.parcel where wrapped_key <> '' union all select from handover.joined`,
  );
  assert.equal(rows.length, 0);
  const out = join(project.folder, 'certificate-2.txt');
  assert.equal((await project.cli(['certificate', 'issue', run, '--out', out])).code, 0);
  assert.equal((await project.cli(['audit', 'verify'])).code, 0);
});

test('R24 a new run does not bring an erased person back, though the source still has them', async () => {
  const former = await presentResources();
  const bench = await openWorkbench(project.opened);
  let next: string;
  try {
    ({ run: next } = await bench.run());
    assert.deepEqual(bench.errors, []);
  } finally {
    await bench.close();
  }
  assert.deepEqual(await patientsOf(), []);
  const later = await presentResources();
  assert.deepEqual([...later.keys()].toSorted(), [...former.keys()].toSorted());
  const told = await project.cli(['--json', 'report', next]);
  const report = JSON.parse(told.stdout) as {
    streams: { balanced: boolean; waiting: number }[];
    exclusions: { code: string; stream: string; count: number }[];
    findings: unknown[];
  };
  assert.ok(report.streams.every(({ balanced, waiting }) => balanced && waiting === 0));
  assert.deepEqual(report.findings, [], 'the facts say too that nothing of them may be there');
  const left = report.exclusions.filter(({ code }) => code === 'erased-person');
  const ofPatients = left.filter(({ stream }) => stream === 'clinic.pt_demog');
  assert.deepEqual(
    ofPatients.map(({ count }) => count),
    [1],
  );
  assert.ok(left.some(({ stream }) => stream === 'clinic.notes'));
  // Under another mapping nothing of them appears either.
  const text = await project.read('mappings/clinic/notes.yaml');
  await project.write(
    'mappings/clinic/notes.yaml',
    text.replace('stream: clinic.notes', 'stream: clinic.notes\n# changed'),
  );
  const compared = await project.cli(['--json', 'map', 'diff', '--run', next]);
  await project.write('mappings/clinic/notes.yaml', text);
  assert.equal(compared.code, 0, compared.stderr);
  const { streams } = JSON.parse(compared.stdout) as {
    streams: { stream: string; records: number; resources: unknown[] }[];
  };
  const notes = streams.find(({ stream }) => stream === 'clinic.notes');
  assert.ok((notes?.records ?? 0) > 0, 'they were mapped again');
  assert.deepEqual(notes?.resources, []);
  // What was held of them is not held again, and all that is known of them is a keyed token.
  const held = await project.cli(['--json', 'quarantine', 'list', '--run', next]);
  assert.ok(!held.stdout.includes('ZZTOP'));
  const { rows } = await project.control.query<{ subjects: Buffer[] }>(
    `select subjects from handover.erasure_request where scope = 'patient'`,
  );
  assert.ok(rows.every(({ subjects }) => subjects.every((token) => token.length === 16)));
});

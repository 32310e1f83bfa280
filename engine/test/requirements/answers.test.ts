/** What somebody saw, and of whom, is told in minutes: for a breach, for a patient, for a supervisor. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { databaseAuditLog } from '../../src/audit/auditLog.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { auditServices } from '../../src/cli/composition.ts';
import { createServer } from '../../src/server/server.ts';
import type { EmbeddedStore } from '../../src/connectors/embedded/store.ts';
import { withClient } from '../../src/store/provision.ts';
import { testProject, type TestProject } from './project.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

let project: TestProject;
let bench: Workbench;
let chart: EmbeddedStore;
let app: ReturnType<typeof createServer>;
/** Stable ids of patients by their keys in the source. */
let patients: Map<string, string>;

before(async () => {
  project = await testProject({ patients: 30 });
  bench = await openWorkbench(project.opened);
  await bench.run();
  chart = await project.openChart();
  const token = systemRandom.bytes(32).toString('base64url');
  app = createServer({
    store: chart,
    machine: async (shown) => ({ name: shown, kind: 'machine', roles: ['clinician'] }),
    actor: 'operator',
    audit: databaseAuditLog(bench.database, auditServices(project)),
    token,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  });
  const { rows } = await withClient(project.source.spec, (client) =>
    client.query<{ pt_id: number; mrn: string }>(
      `select pt_id, mrn from legacy.pt_demog where deleted = 'N' and mrn is not null order by 1`,
    ),
  );
  patients = new Map();
  for (const { pt_id, mrn } of rows.slice(0, 8)) {
    const query = { type: 'Patient', identifiers: [{ value: mrn }], count: 10 };
    const [found] = await chart.search(query);
    if (found !== undefined) patients.set(String(pt_id), found.id);
  }
});
after(async () => {
  await app.close();
  await chart.close();
  await bench.close();
  await project.close();
});

const ask = async (actor: string, url: string): Promise<number> =>
  (await app.inject({ method: 'GET', url, headers: { authorization: `Bearer ${actor}` } }))
    .statusCode;

const searchOf = async (actor: string, patient: string): Promise<number> => {
  const headers = {
    authorization: `Bearer ${actor}`,
    'content-type': 'application/x-www-form-urlencoded',
  };
  const request = { method: 'POST', url: '/Encounter/_search', headers } as const;
  return (await app.inject({ ...request, payload: `patient=${patient}` })).statusCode;
};

interface Breach {
  patients: number;
  people: { patient: string; actor: string; events: number; types: string[]; numbers?: string[] }[];
  loads: { target: string; items: number }[];
}

const breach = async (...words: string[]): Promise<Breach> => {
  const { code, stdout, stderr } = await project.cli(['--json', 'breach', ...words]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Breach;
};

test('R24 a scripted intruder: the breach list is who they saw, and nobody else', async () => {
  const ids = [...patients.values()];
  assert.equal(ids.length, 8);
  const [one, two, three, four] = ids as [string, string, string, string];
  // The nurse works; the intruder looks at three people, in three ways, and for one who is not there.
  assert.equal(await ask('nurse', `/Patient/${one}`), 200);
  assert.equal(await ask('nurse', `/Patient/${four}`), 200);
  const from = new Date().toISOString();
  assert.equal(await ask('intruder', `/Patient/${one}`), 200);
  assert.equal(await ask('intruder', `/Patient/${two}/_history`), 200);
  assert.equal(await searchOf('intruder', three), 200);
  assert.equal(await ask('intruder', '/Patient/nobody-of-this-id'), 404);
  const until = new Date(Date.now() + 1).toISOString();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(await ask('nurse', `/Patient/${two}`), 200);

  const list = await breach('--actor', 'intruder', '--from', from, '--until', until);
  assert.deepEqual(
    list.people.map(({ patient }) => patient).toSorted(),
    [one, two, three].toSorted(),
  );
  assert.equal(list.patients, 3);
  assert.ok(list.people.every(({ actor }) => actor === 'intruder'));
  assert.deepEqual((await breach('--actor', 'intruder', '--from', until)).people, []);
  assert.deepEqual((await breach('--actor', 'intruder', '--until', from)).people, []);
  const all = await breach('--from', from);
  assert.deepEqual(
    all.people.filter(({ actor }) => actor === 'nurse').map(({ patient }) => patient),
    [two],
  );

  for (const words of [
    ['--actor', 'intrudr'],
    ['--from', until, '--until', from],
  ]) {
    const { code, stderr } = await project.cli(['breach', ...words]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /^(actor-unknown|period-empty): /);
  }

  const named = await breach('--actor', 'intruder', '--reveal');
  const numberOf = new Map([...patients].map(([number, id]) => [id, number]));
  assert.deepEqual(
    named.people.map(({ patient, numbers }) => [patient, ...(numbers ?? [])]),
    named.people.map(({ patient }) => [patient, numberOf.get(patient)]),
  );
  const { rows } = await bench.database.query<{ patient: string }>(
    `select patient from audit.event where actor = 'operator' and action = 'reveal'`,
  );
  assert.equal(rows.length, 3, 'who was named is on record as looked at');
});

test('R24 disclosures of a person: to whom, when and what, and the look itself', async () => {
  const [number, one] = [...patients][0] as [string, string];
  const words = ['--json', 'disclosures', '--patient', '-'];
  const { code, stdout, stderr } = await project.cli(words, `${number}\n`);
  assert.equal(code, 0, stderr);
  const told = JSON.parse(stdout) as {
    patients: string[];
    disclosures: { to: string; what: string; date: string; action: string; items: number }[];
  };
  assert.deepEqual(told.patients, [one]);
  assert.deepEqual(
    told.disclosures.filter(({ action }) => action !== 'load').map(({ to, what }) => [to, what]),
    [
      ['nurse', 'Patient'],
      ['intruder', 'Patient'],
      ['operator', 'Patient'],
      ['operator', 'Patient'],
    ],
    'the last two: the breach list with numbers, and this one',
  );
  const loads = told.disclosures.filter(({ action }) => action === 'load');
  assert.ok(loads.length > 1 && loads.every(({ to }) => to === 'chart'));
  const file = join(project.folder, 'subject.json');
  const shown = await project.cli(['subject', 'show', '--patient', '-', '--out', file], number);
  assert.equal(shown.code, 0, shown.stderr);
  const { targets, looks } = JSON.parse(await readFile(file, 'utf8')) as {
    targets: { resources: string[] }[];
    looks: { action: string; resourceIds: string[]; system?: string }[];
  };
  const held = targets.flatMap(({ resources }) => resources).map((text) => nameIn(text));
  const moved = looks
    .filter(({ action, system }) => action === 'load' && system === 'chart')
    .flatMap(({ resourceIds }) => resourceIds);
  assert.deepEqual(moved.toSorted(), held.toSorted(), 'each item that is there was on record once');
  assert.equal(
    loads.reduce((sum, { items }) => sum + items, 0),
    held.length,
  );
});

function nameIn(text: string): string {
  const { resourceType, id } = JSON.parse(text) as { resourceType: string; id: string };
  return `${resourceType}/${id}`;
}

test('R24 whom a target was given something of: by its name, in the time of the load', async () => {
  const list = await breach('--actor', 'chart');
  const store = await chart.search({ type: 'Patient', count: 1000 });
  assert.deepEqual(
    list.people.map(({ patient }) => patient),
    store.map(({ id }) => id).toSorted(),
  );
  assert.ok(
    list.people.every(({ actor, types }) => actor === 'chart' && types.includes('Patient')),
  );
  const everything = await breach();
  assert.ok(everything.people.every(({ actor }) => actor !== 'chart'));
  assert.equal(everything.loads[0]?.target, 'chart');
  const { rows } = await bench.database.query<{ loaded: number }>(
    'select sum(loaded)::int as loaded from handover.draft_balance',
  );
  assert.equal(everything.loads[0]?.items, rows[0]?.loaded);
});

test('R24 the record of processing and the inventory come from the plan, and say what it does not', async () => {
  const { stdout, code, stderr } = await project.cli(['--json', 'processing-record']);
  assert.equal(code, 0, stderr);
  const record = JSON.parse(stdout) as {
    categories: { type: string; drafts: number }[];
    recipients: { name: string }[];
    gaps: string[];
  };
  assert.ok(record.categories.some(({ type, drafts }) => type === 'Patient' && drafts >= 30));
  assert.deepEqual(
    record.recipients.map(({ name }) => name),
    ['chart'],
  );
  await project.write(
    'access.yaml',
    [
      'provider:',
      '  name: Staff',
      '  issuer: https://id.example.org/staff',
      '  clientId: handover',
      '  origins: [https://keys.example.org:8443]',
      '  roles: { claim: groups, allow: { leads: [lead] } }',
      '',
    ].join('\n'),
  );
  await project.control.transaction((transaction) =>
    transaction.query(
      `insert into access.client (name, keys_url, scopes, created_by, created_at)
       values ('lab', 'https://lab.example.org/jwks', '{system/*.rs}', 'ruth', now())`,
    ),
  );
  const { stdout: map } = await project.cli(['--json', 'inventory']);
  const inventory = JSON.parse(map) as {
    assets: { asset: string; where: string }[];
    flows: { from: string; to: string }[];
    outbound: { host: string; purpose: string; guard: string }[];
  };
  assert.deepEqual(
    inventory.outbound.filter(({ guard }) => guard !== 'local'),
    [
      { host: 'id.example.org', purpose: 'identity provider', guard: 'verified' },
      { host: 'keys.example.org:8443', purpose: 'identity provider', guard: 'verified' },
      { host: 'lab.example.org', purpose: 'keys of client lab', guard: 'verified' },
    ],
  );
  assert.ok(inventory.outbound.some(({ purpose }) => purpose === 'source clinic'));
  assert.ok(inventory.flows.some(({ from, to }) => from === 'blob store' && to === 'target chart'));
  assert.ok(inventory.assets.some(({ asset }) => asset === 'project key'));
  const password = URL.parse(project.environment['DATABASE_URL'] as string)?.password;
  assert.ok(!map.includes('postgresql://') && (!password || !map.includes(password)));
});

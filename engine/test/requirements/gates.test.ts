import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { GateState } from '../../src/contract/gates.ts';
import { openConsole, type TestConsole } from '../access/consoleProject.ts';
import { person, type Person } from '../access/people.ts';
import { testProject, type TestProject } from './project.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

const gate = '/api/gates/open:chart';
const confirm = ['--confirm', 'riverside-to-meridian'];

interface Stand {
  project: TestProject;
  bench: Workbench;
  console: TestConsole;
  people: Record<'lead' | 'other' | 'doctor' | 'officer' | 'director', Person>;
  cookies: Record<'lead' | 'other' | 'doctor' | 'officer' | 'director', string>;
  run: string;
}

/** A clinic that was moved, its console, and those who decide about it. */
async function stand(defects: 'none' | 'planted', change?: (p: TestProject) => Promise<void>) {
  const project = await testProject({ defects, patients: 60 });
  await change?.(project);
  const bench = await openWorkbench(project.opened);
  const { run } = await bench.run();
  const { database } = bench;
  const { key } = project;
  const people = {
    lead: await person({ database, key }, 'lead', 'lead'),
    other: await person({ database, key }, 'second.lead', 'lead', 'steward'),
    doctor: await person({ database, key }, 'doctor', 'clinician'),
    officer: await person({ database, key }, 'officer', 'compliance'),
    director: await person({ database, key }, 'him.director', 'steward'),
  };
  const cookies = {} as Stand['cookies'];
  for (const name of ['lead', 'other', 'doctor', 'officer', 'director'] as const) {
    cookies[name] = await people[name].cookie();
  }
  const console = await openConsole(project.opened, database);
  return { project, bench, console, people, cookies, run } satisfies Stand;
}

async function dismissed({ project, bench, console }: Stand): Promise<void> {
  await console.close();
  await bench.close();
  await project.close();
}

const state = async ({ console, cookies }: Stand): Promise<GateState> =>
  (await console.ask('GET', gate, cookies.lead)).json as unknown as GateState;

describe('a clean run', () => {
  let here: Stand;
  before(async () => {
    here = await stand('none');
  });
  after(() => dismissed(here));
  const ask = (who: keyof Stand['cookies'], path: string, body: object) =>
    here.console.ask('POST', `${gate}${path}`, here.cookies[who], body);

  test('R22 a gate that nobody asked for is shut: 409 over HTTP, exit 4 of the command', async () => {
    const answer = await ask('lead', '/open', {});
    assert.deepEqual([answer.status, answer.json['code']], [409, 'gate-shut']);
    const { code, stderr } = await here.project.cli(['target', 'open', 'chart', ...confirm]);
    assert.equal(code, 4);
    assert.match(stderr, /gate-shut.*nobody has asked for it/s);
    const shown = await here.project.cli(['gate', 'show', 'open:chart']);
    assert.equal(shown.code, 4);
    assert.match(shown.stdout, /allergies\.lost\s+met/);
  });

  test('R12 who asks approves nothing, one approval is not two, and another run is not this one', async () => {
    const { run } = here;
    assert.equal((await ask('doctor', '/requests', { run })).status, 403);
    const unknown = await ask('lead', '/requests', { run: run.replace(/.{12}$/, '000000000000') });
    assert.equal(unknown.status, 422);
    assert.equal((await ask('other', '/requests', { run })).status, 200);
    const { evidence, criteria } = await state(here);
    assert.ok(
      criteria.every(({ met }) => met),
      JSON.stringify(criteria.filter((c) => !c.met)),
    );
    const own = await ask('other', '/approvals', { evidence });
    assert.deepEqual([own.status, own.json['code']], [409, 'gate-author']);
    const stale = await ask('doctor', '/approvals', { evidence: '0'.repeat(64) });
    assert.deepEqual([stale.status, stale.json['code']], [409, 'gate-changed']);
    assert.equal((await ask('lead', '/approvals', { evidence })).status, 403);
    assert.equal((await ask('doctor', '/approvals', { evidence })).status, 200);
    const answer = await ask('lead', '/open', {});
    assert.equal(answer.status, 409);
    assert.match(String(answer.json['message']), /1 more of 2 approvals/);
  });

  test('R12 the same approval sent twice at once is one, and two people at once are two', async () => {
    assert.equal((await ask('lead', '/requests', { run: here.run })).status, 200);
    assert.equal((await state(here)).approvals.length, 0, 'a new request begins anew');
    const { evidence } = await state(here);
    const twice = await Promise.all([1, 2].map(() => ask('doctor', '/approvals', { evidence })));
    assert.deepEqual(
      twice.map(({ status }) => status),
      [200, 200],
    );
    const { state: word, approvals } = await state(here);
    assert.deepEqual([word, approvals.length], ['shut', 1]);
    const raced = await Promise.all([
      ask('officer', '/approvals', { evidence }),
      ask('other', '/approvals', { evidence }),
      ask('lead', '/open', {}),
      ask('lead', '/open', {}),
    ]);
    assert.deepEqual(
      raced
        .slice(0, 2)
        .map(({ status }) => status)
        .filter((s) => s !== 200 && s !== 409),
      [],
    );
    assert.ok(['open', 'passed'].includes((await state(here)).state));
  });

  test('R12 the database refuses what the program would, should it be got round', async () => {
    const { database } = here.bench;
    const insert = `insert into handover.gate_approval
      select id, author, author, 'x', now() from handover.gate_request`;
    await assert.rejects(
      database.transaction((transaction) => transaction.query(insert)),
      { code: 'database-refused' },
    );
    for (const change of [
      'delete from handover.gate_approval',
      `update handover.gate_request set author = 'doctor'`,
      'truncate handover.gate_waiver',
    ]) {
      await assert.rejects(database.transaction((transaction) => transaction.query(change)));
    }
  });

  test('R22 an open gate opens the target, once, and what was decided stays decided', async () => {
    const opened = await ask('lead', '/open', {});
    assert.equal(opened.status, 200);
    const { state: word, passedBy } = await state(here);
    assert.deepEqual([word, passedBy], ['passed', 'lead']);
    const late = await ask('doctor', '/approvals', { evidence: '0'.repeat(64) });
    assert.deepEqual([late.status, late.json['code']], [409, 'gate-passed']);
    const undo = await here.project.cli(['undo', here.run, ...confirm]);
    assert.equal(undo.code, 4, undo.stderr);
    assert.match(undo.stderr, /target-opened/);
  });

  test('R12 every decision stands in the audit log under the name of who took it', async () => {
    const { rows } = await here.bench.database.query<{ actor: string; resource_type: string }>(
      `select actor, resource_type from audit.event where action = 'decision' order by event`,
    );
    const told = new Set(rows.map(({ actor, resource_type: what }) => `${actor} ${what}`));
    for (const line of [
      'second.lead Gate/open:chart',
      'doctor Approval/open:chart',
      'lead Opening/open:chart',
    ]) {
      assert.ok(told.has(line), line);
    }
    assert.ok([...told].filter((line) => line.endsWith('Approval/open:chart')).length >= 2);
  });
});

describe('a run with held items', () => {
  let here: Stand;
  before(async () => {
    here = await stand('planted');
    await here.console.ask('POST', `${gate}/requests`, here.cookies.lead, { run: here.run });
  });
  after(() => dismissed(here));
  const waive = (who: keyof Stand['cookies'], criterion: string, expires = inMonths(3)) =>
    here.console.ask('POST', `${gate}/waivers`, here.cookies[who], {
      criterion,
      expires,
      reason: 'worked off in the first week, by the list',
    });

  test('R22 criteria are counted from the ledger, and what is held shuts the gate', async () => {
    const report = await here.bench.report(here.run);
    const { criteria, state: word } = await state(here);
    const held = report.held.filter(({ phase }) => phase === 'map' || phase === 'extract');
    const count = held.reduce((all, one) => all + one.count, 0);
    assert.ok(count > 0);
    assert.equal(criteria.find(({ id }) => id === 'held.items')?.found, count);
    assert.equal(word, 'shut');
  });

  test('R22 only the owner of a domain waives it, for a while, and never what nobody may', async () => {
    const told = async (...words: Parameters<typeof waive>) => {
      const { status, json } = await waive(...words);
      return [status, json['code']];
    };
    const refused = [409, 'waiver-refused'];
    assert.deepEqual(await told('officer', 'held.items'), refused);
    assert.deepEqual(await told('director', 'allergies.lost'), refused);
    assert.deepEqual(await told('director', 'identity.wrong-patient'), refused);
    assert.deepEqual(await told('director', 'labels.lowered'), refused);
    assert.deepEqual(await told('director', 'money.untied'), refused);
    assert.deepEqual(await told('director', 'no.such'), refused);
    assert.deepEqual(await told('director', 'held.items', '2020-01-01'), refused);
    assert.deepEqual(await told('director', 'held.items', '2999-01-01'), refused);
    assert.equal((await waive('director', 'held.items')).status, 200);
    const { missing, waivers } = await state(here);
    assert.equal(waivers.filter(({ counts }) => counts).length, 1);
    assert.ok(!missing.some((line) => line.startsWith('held.items')), missing.join('\n'));
  });

  test('R12 who waived part of a gate does not approve it', async () => {
    const { evidence } = await state(here);
    const { status, json } = await here.console.ask(
      'POST',
      `${gate}/approvals`,
      here.cookies.director,
      { evidence },
    );
    assert.deepEqual([status, json['code']], [409, 'gate-author']);
  });

  test('R22 an approval of what stood before counts for nothing afterwards', async () => {
    const { evidence } = await state(here);
    const approve = (who: 'doctor' | 'officer') =>
      here.console.ask('POST', `${gate}/approvals`, here.cookies[who], { evidence });
    assert.equal((await approve('doctor')).status, 200);
    assert.equal((await waive('director', 'held.items', inMonths(4))).status, 200);
    assert.deepEqual((await approve('officer')).json['code'], 'gate-changed');
    const { approvals } = await state(here);
    assert.deepEqual(
      approvals.map(({ counts }) => counts),
      [false],
    );
  });

  test('R12 the command line decides by the same rules, with both factors', async () => {
    const { project, people } = here;
    const words = ['gate', 'approve', 'open:chart', '--evidence', (await state(here)).evidence];
    const wrong = await project.cli([...words, '--as', 'officer'], 'no password\n000000\n');
    assert.deepEqual([wrong.code, /sign-in-refused/.test(wrong.stderr)], [9, true]);
    const author = await project.cli([...words, '--as', 'lead'], await people.lead.lines());
    assert.equal(author.code, 9, author.stderr);
    const approved = await project.cli([...words, '--as', 'officer'], await people.officer.lines());
    assert.equal(approved.code, 4, `approved, and shut still: ${approved.stderr}`);
    assert.match(approved.stdout, /approved by officer/);
    assert.doesNotMatch(approved.stdout + approved.stderr, /correct horse/);
  });

  let item: string;
  before(async () => {
    const { rows } = await here.bench.database.query<{ id: string }>(
      `select id from handover.exception where run = $1 and kind = 'quarantined' and phase = 'map'
        order by id limit 1`,
      [here.run],
    );
    item = rows[0]?.id ?? '';
  });
  const reason = 'a held item that cannot be judged unseen';
  const reveal = (who: keyof Stand['cookies']) =>
    here.console.ask('POST', `/api/runs/${here.run}/held/${item}/reveal`, here.cookies[who], {
      reason,
    });
  const events = async (action: string) =>
    (
      await here.bench.database.query<{ actor: string; resource_ids: string[] }>(
        'select actor, resource_ids from audit.event where action = $1 order by event',
        [action],
      )
    ).rows;

  test('R06 a reveal is one event on record, under the name of who looked', async () => {
    const answer = await reveal('doctor');
    assert.equal(answer.status, 200);
    assert.ok(String(answer.json['text']).length > 10);
    assert.deepEqual(await events('reveal'), [{ actor: 'doctor', resource_ids: [item] }]);
    assert.equal((await reveal('lead')).status, 403);
    const short = await here.console.ask(
      'POST',
      `/api/runs/${here.run}/held/${item}/reveal`,
      here.cookies.doctor,
      { reason: 'so' },
    );
    assert.equal(short.status, 422);
    assert.equal((await events('reveal')).length, 1);
  });

  test('R18 broken glass opens it for a while, with a reason and on record', async () => {
    const glass = (who: 'lead' | 'officer', why: string) =>
      here.console.ask('POST', '/api/break-glass', here.cookies[who], { reason: why });
    assert.equal((await glass('officer', reason)).status, 403);
    assert.equal((await glass('lead', 'x')).status, 422);
    assert.equal((await reveal('lead')).status, 403);
    assert.equal((await glass('lead', reason)).status, 200);
    assert.deepEqual(
      (await events('break-glass')).map(({ actor }) => actor),
      ['lead'],
    );
    assert.equal((await reveal('lead')).status, 200);
  });

  test('R06 R18 a disabled account: the next call is 401', async () => {
    const { console, cookies } = here;
    assert.equal((await console.ask('GET', '/api/runs', cookies.other)).status, 200);
    const path = '/api/accounts/second.lead/disable';
    assert.equal((await console.ask('POST', path, cookies.officer)).status, 204);
    assert.equal((await console.ask('GET', '/api/runs', cookies.other)).status, 401);
  });

  test('R06 where the log cannot be written no data leaves: 503', async () => {
    const { database } = here.bench;
    const sql = (text: string) => database.transaction((one) => one.query(text));
    const asked = (await state(here)).requestedAt;
    await sql('alter table audit.event rename to event_gone');
    const answer = await reveal('doctor');
    assert.deepEqual([answer.status, answer.json['code']], [503, 'audit-unavailable']);
    assert.equal('text' in answer.json, false);
    const decided = await here.console.ask('POST', `${gate}/requests`, here.cookies.lead, {
      run: here.run,
    });
    assert.equal(decided.status, 503, 'nothing is decided that is not on record');
    await sql('alter table audit.event_gone rename to event');
    assert.equal((await reveal('doctor')).status, 200);
    const { requestedAt, approvals } = await state(here);
    assert.deepEqual([requestedAt, approvals.length > 0], [asked, true]);
  });
});

/** A day some months from now. */
function inMonths(months: number): string {
  const day = new Date();
  day.setUTCMonth(day.getUTCMonth() + months);
  return day.toISOString().slice(0, 10);
}

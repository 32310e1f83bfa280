/** What leaves the console for a browser: nothing of a patient, but what is on record before. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { buildConsole } from '../../../scripts/console/build.ts';
import { silentLog } from '../../src/base/log.ts';
import { openKey } from '../../src/cli/project.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { withClient } from '../../src/store/provision.ts';
import { password, person, type Person } from '../access/people.ts';
import { openBench, type Bench, type Started } from '../cli/commandLine.ts';
import { noBrowser, openBrowser } from './browser.ts';

let bench: Bench;
let serving: Started;
let address: string;
let browser: Browser | undefined;
let database: Database;
let doctor: Person;
/** Numbers, names and addresses of every patient of the source. */
let values: readonly string[];

before(async () => {
  await buildConsole();
  bench = await openBench({ patients: 40, defects: 'planted' });
  const run = await bench.run('run');
  assert.ok([0, 6].includes(run.code), run.stderr);
  const url = bench.environment['DATABASE_URL'] as string;
  database = openDatabase({ url }, { log: silentLog, instants: 'text', max: 2 });
  doctor = await person({ database, key: await openKey(bench.folder, {}) }, 'doctor', 'clinician');
  values = await withClient({ url: bench.environment['CLINIC_URL'] as string }, async (client) => {
    const { rows } = await client.query<Record<string, string | null>>(
      'select mrn, ssn, home_phone, cell_phone, email, addr_1 from legacy.pt_demog',
    );
    return rows.flatMap((row) =>
      Object.values(row).flatMap((value) => ((value ?? '').length > 6 ? [value as string] : [])),
    );
  });
  serving = bench.start('--json', 'console');
  await serving.tells(/handover-console/);
  ({ address } = JSON.parse(serving.written()) as { address: string });
  if (noBrowser === undefined) browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  serving?.process.kill('SIGTERM');
  await serving?.end;
  await database?.close();
  await bench?.[Symbol.asyncDispose]();
});

/** A window in which somebody has signed in; `heard` gathers every answer that came to it. */
async function signedIn({ name, code }: Person): Promise<{ page: Page; heard: string[] }> {
  const context = await browser!.newContext({ viewport: { width: 1400, height: 900 } });
  const page = await context.newPage();
  const heard: string[] = [];
  page.on('response', (response) => {
    // The live feed never ends; what it says is told by the page.
    if (response.url().endsWith('/live')) return;
    heard.push(response.url());
    void response.text().then(
      (text) => heard.push(text),
      () => undefined,
    );
  });
  await page.goto(address);
  await page.getByLabel('Account').fill(name);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByLabel('Code of your app').fill(await code());
  await page.getByRole('button', { name: 'Sign in' }).press('Enter');
  await page.getByRole('heading', { name: 'Streams' }).waitFor();
  return { page, heard };
}

async function looks(): Promise<number> {
  const { rows } = await database.query(
    `select from audit.event where action in ('read', 'reveal', 'search', 'export')`,
  );
  return rows.length;
}

const found = (text: string): string[] => values.filter((value) => text.includes(value));

/** Ask as the page asks: its origin, its cookie. */
function reveal(page: Page, run: string, item: string): Promise<{ status: number; text: string }> {
  return page.evaluate(
    async ([path]) => {
      const body = JSON.stringify({ reason: 'a held item that cannot be judged unseen' });
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(path as string, { method: 'POST', headers, body });
      return { status: response.status, text: await response.text() };
    },
    [`/api/runs/${run}/held/${item}/reveal`],
  );
}

test(
  'R05 R06 in a browser: no page tells of a patient, each answer that does is one event, and none without it',
  { skip: noBrowser },
  async () => {
    assert.ok(values.length > 100);
    const { page, heard } = await signedIn(doctor);
    const causes = page.getByRole('button', { name: /items?: .*clinic\./ });
    for (let at = 0; at < Math.min(3, await causes.count()); at++) {
      await causes.nth(at).click();
      await page.getByRole('dialog').getByRole('table').waitFor();
      heard.push(await page.content());
      await page.getByRole('button', { name: 'Close' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await page.getByRole('button', { name: 'Gates' }).click();
    await page.getByRole('heading', { name: /to its users/ }).waitFor();
    heard.push(await page.content());
    assert.ok(
      heard.some((text) => text.includes('/held')),
      'the pages asked for what is held',
    );
    assert.deepEqual(found(heard.join('\n')), [], 'counts, codes and keyed digests alone');
    assert.equal(await looks(), 0);

    const { rows } = await database.query<{ id: string; run: string }>(
      `select id, run from handover.exception where kind = 'quarantined' and phase = 'map'
          and stream = 'clinic.pt_demog' order by id limit 1`,
    );
    const { id, run } = rows[0] as { id: string; run: string };
    const shown = await reveal(page, run, id);
    assert.equal(shown.status, 200);
    assert.ok(found(shown.text).length > 0, 'this one tells of a patient');
    assert.equal(await looks(), 1, 'and is one event');

    const rename = (from: string, to: string) =>
      database.transaction((one) => one.query(`alter table audit.${from} rename to ${to}`));
    await rename('event', 'event_gone');
    const refused = await reveal(page, run, id);
    await rename('event_gone', 'event');
    assert.deepEqual([refused.status, found(refused.text)], [503, []]);
    await page.context().close();
  },
);

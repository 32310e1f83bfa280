import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { buildConsole } from '../../../scripts/console/build.ts';
import { openKey } from '../../src/cli/project.ts';
import { silentLog } from '../../src/base/log.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { password, person, type Person } from '../access/people.ts';
import { openBench, type Bench, type Started } from '../cli/commandLine.ts';
import { noBrowser, openBrowser } from './browser.ts';

let bench: Bench;
let serving: Started;
let address: string;
let browser: Browser | undefined;
let database: Database;
let people: Record<'lead' | 'doctor' | 'officer', Person>;

before(async () => {
  await buildConsole();
  bench = await openBench({ patients: 40, defects: 'none' });
  const run = await bench.run('run');
  assert.equal(run.code, 0, run.stderr);
  const url = bench.environment['DATABASE_URL'] as string;
  database = openDatabase({ url }, { log: silentLog, instants: 'text', max: 2 });
  const project = { database, key: await openKey(bench.folder, {}) };
  people = {
    lead: await person(project, 'lead', 'lead'),
    doctor: await person(project, 'doctor', 'clinician'),
    officer: await person(project, 'officer', 'compliance'),
  };
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

/** A window in which somebody has signed in with both factors and looks at the gates. */
async function atTheGates({ name, code }: Person, width = 1400): Promise<Page> {
  const context = (await browser?.newContext({
    viewport: { width, height: 900 },
    reducedMotion: 'reduce',
  })) as BrowserContext;
  const page = await context.newPage();
  await page.goto(address);
  await page.getByLabel('Account').fill(name);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByLabel('Code of your app').fill(await code());
  await page.getByRole('button', { name: 'Sign in' }).press('Enter');
  await page.getByRole('button', { name: 'Gates' }).click();
  await page.getByRole('heading', { name: 'Open “chart” to its users' }).waitFor();
  return page;
}

/** Where a person may look at what the test saw: `HANDOVER_SCREENSHOTS` names a folder. */
async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env['HANDOVER_SCREENSHOTS'];
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

test(
  'R12 R22 a gate is asked for by one and approved by two others, each in a window of their own',
  { skip: noBrowser },
  async () => {
    const lead = await atTheGates(people.lead);
    await lead.getByText('not asked for', { exact: true }).waitFor();
    assert.equal(await lead.getByRole('button', { name: 'Approve' }).count(), 0);
    await lead.getByRole('button', { name: 'Ask for it on the chosen run' }).click();
    await lead.getByText('shut', { exact: true }).waitFor();
    await screenshot(lead, 'gate-shut-1400');

    const doctor = await atTheGates(people.doctor);
    await doctor.getByRole('button', { name: 'Approve' }).press('Enter');
    await doctor.getByText('Approved by doctor').waitFor();
    await doctor.getByRole('button', { name: 'Approve' }).waitFor({ state: 'detached' });
    assert.equal(await doctor.getByText('open', { exact: true }).count(), 0, 'one is not two');

    const officer = await atTheGates(people.officer, 390);
    await officer.getByRole('button', { name: 'Approve' }).click();
    await officer.getByText('open', { exact: true }).waitFor();
    await screenshot(officer, 'gate-open-390');

    await lead.getByRole('button', { name: 'Open the target to its users' }).click();
    await lead.getByText('passed', { exact: true }).waitFor();
    await lead.getByText('Opened by lead').waitFor();
    await screenshot(lead, 'gate-passed-1400');
    for (const page of [lead, doctor, officer]) await page.context().close();
    const undone = await bench.run('undo', '--confirm', 'riverside-to-meridian');
    assert.equal(undone.code, 4, undone.stderr);
  },
);

test(
  'R18 a wrong factor is refused without saying which, and nothing stays in the browser',
  {
    skip: noBrowser,
  },
  async () => {
    const context = (await browser?.newContext()) as BrowserContext;
    const page = await context.newPage();
    await page.goto(address);
    await page.getByLabel('Account').fill('doctor');
    await page.getByRole('textbox', { name: 'Password' }).fill(password);
    await page.getByLabel('Code of your app').fill('000000');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Account, password and code do not fit together.').waitFor();
    await screenshot(page, 'sign-in-refused');
    const kept = await page.evaluate(
      '[localStorage.length, sessionStorage.length, document.cookie]',
    );
    assert.deepEqual(kept, [0, 0, '']);
    await page.context().close();
  },
);

test(
  'R25 no serious finding of axe at the gates, wide or narrow',
  { skip: noBrowser },
  async () => {
    const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
    for (const width of [1400, 390]) {
      const page = await atTheGates(width === 390 ? people.officer : people.doctor, width);
      await page.evaluate(await readFile(axe, 'utf8'));
      const violations =
        await page.evaluate(`axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa'] })
      .then(({ violations }) => violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).slice(0, 3).join(' ')))`);
      assert.deepEqual(violations, [], `at ${width} pixels`);
      const overflow = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      assert.equal(overflow, 0, `at ${width} pixels`);
      await page.context().close();
    }
  },
);

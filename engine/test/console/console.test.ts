import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { RunReport } from '../../src/contract/report.ts';
import { buildConsole } from '../../../scripts/console/build.ts';
import { openBench, type Bench, type Started } from '../cli/commandLine.ts';
import { noBrowser, openBrowser } from './browser.ts';

let bench: Bench;
let serving: Started;
let console: { address: string; code: string };
let browser: Browser | undefined;

before(async () => {
  await buildConsole();
  bench = await openBench({ patients: 60 });
  serving = bench.start('--json', 'console');
  await serving.tells(/handover-console/);
  console = JSON.parse(serving.written()) as typeof console;
  if (noBrowser === undefined) browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  serving?.process.kill('SIGTERM');
  await serving?.end;
  await bench?.[Symbol.asyncDispose]();
});

/** A window that is signed in; `calls` holds what it asked of anybody. */
async function signedIn(width = 1400): Promise<{ page: Page; calls: string[] }> {
  const context = (await browser?.newContext({
    viewport: { width, height: 900 },
    reducedMotion: 'reduce',
  })) as BrowserContext;
  const page = await context.newPage();
  const calls: string[] = [];
  page.on('request', (request) => calls.push(request.url()));
  await page.goto(console.address);
  await page.getByLabel('Sign-in code').fill(console.code);
  await page.getByRole('button', { name: 'Sign in' }).press('Enter');
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  return { page, calls };
}

interface Report {
  run: { id: string };
  streams: { stream: string; read: number; mapped: number; quarantined: number }[];
  held: { stream: string; code: string; path: string; count: number }[];
}

const counted = (number: number): string => number.toLocaleString('en-US');

test(
  'R25 a run appears while the console is open, and ends with the counts of the ledger',
  {
    skip: noBrowser,
  },
  async () => {
    const { page, calls } = await signedIn();
    await page.getByText('No run yet.').waitFor();
    const run = bench.start('run', '--batch', '10', '--concurrency', '1');
    await page
      .getByRole('list', { name: 'Phases' })
      .getByText('under way')
      .waitFor({ timeout: 60_000 });
    const { code, stderr } = await run.end;
    assert.equal(code, 0, stderr);
    await page
      .getByText('50 items are held')
      .or(page.getByText(/\d+ items are held/))
      .waitFor();

    const report = JSON.parse((await bench.run('--json', 'report')).stdout) as Report;
    for (const { stream, read, mapped, quarantined } of report.streams) {
      const words = await page.getByRole('row', { name: stream }).first().innerText();
      const equation = words.replaceAll(/\s+/g, ' ');
      assert.match(equation, new RegExp(`mapped ${counted(mapped)}\\b`), stream);
      assert.match(equation, new RegExp(`= read ${counted(read)}\\b`), stream);
      if (quarantined > 0)
        assert.match(equation, new RegExp(`held for review ${counted(quarantined)}`));
    }
    const strangers = calls.filter(
      (url) => !url.startsWith(console.address) && !url.startsWith('data:'),
    );
    assert.deepEqual(strangers, []);
    await page.context().close();
  },
);

test(
  'R11 a number leads to the items behind it, by keyboard alone',
  { skip: noBrowser },
  async () => {
    const { page } = await signedIn();
    const report = JSON.parse((await bench.run('--json', 'report')).stdout) as Report;
    const cause = report.held[0];
    assert.ok(cause !== undefined);
    const name = new RegExp(`${cause.code}, .*${cause.stream}`);
    const number = page
      .getByRole('region', { name: 'Held for review' })
      .getByRole('button', { name });
    await number.first().focus();
    await page.keyboard.press('Enter');
    const drawer = page.getByRole('dialog');
    await drawer.getByRole('row').nth(1).waitFor();
    assert.equal(await drawer.getByRole('row').count(), cause.count + 1);
    for (const text of await drawer.getByRole('row').nth(1).locator('code').allInnerTexts()) {
      assert.match(text, /^[0-9a-f]{16,}$/);
    }
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'hidden' });
    await page.context().close();
  },
);

test(
  'R25 held items and exclusions stand there with their owners',
  { skip: noBrowser },
  async () => {
    const { page } = await signedIn();
    const report = JSON.parse((await bench.run('--json', 'report')).stdout) as Pick<
      RunReport,
      'held' | 'exclusions'
    >;
    const lists = { 'Held for review': report.held, Excluded: report.exclusions };
    for (const [name, lines] of Object.entries(lists)) {
      const region = page.getByRole('region', { name, exact: true });
      await region.getByRole('row').nth(1).waitFor();
      const shown = (await region.getByRole('row').allInnerTexts()).join('\n');
      assert.ok(lines.length > 0);
      for (const { owner } of lines) assert.ok(shown.includes(owner || 'nobody named'), name);
    }
    await page.context().close();
  },
);

test(
  'R25 no serious finding of axe, wide or narrow, and nothing wider than the window',
  {
    skip: noBrowser,
  },
  async () => {
    const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
    for (const width of [1400, 390]) {
      const { page } = await signedIn(width);
      await page.getByRole('heading', { name: 'Streams' }).waitFor();
      // The page's policy lets no script in; the checker comes in as one of the browser's own.
      await page.evaluate(readFileSync(axe, 'utf8'));
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

test('R05 a browser keeps nothing of what it was shown', { skip: noBrowser }, async () => {
  const { page } = await signedIn();
  await page.getByRole('heading', { name: 'Streams' }).waitFor();
  const kept = await page.evaluate('[localStorage.length, sessionStorage.length, document.cookie]');
  assert.deepEqual(kept, [0, 0, '']);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Sign-in code').waitFor();
  assert.deepEqual(
    (await page.context().cookies()).filter(({ value }) => value !== ''),
    [],
  );
  await page.context().close();
});

test('R18 nothing is told without a session, or to a page of another name', async () => {
  const runs = `${console.address}/api/runs`;
  assert.equal((await fetch(runs)).status, 401);
  const forged = { headers: { cookie: 'handover-session=forged' } };
  assert.equal((await fetch(runs, forged)).status, 401);
  const body = JSON.stringify({ code: 'x'.repeat(32) });
  const headers = { 'content-type': 'application/json' };
  const wrong = await fetch(`${console.address}/api/session`, { method: 'POST', headers, body });
  assert.equal(wrong.status, 401);
  assert.equal(wrong.headers.get('set-cookie'), null);
});

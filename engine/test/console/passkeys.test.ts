/** A passkey made and used in a browser, with the virtual authenticator of its own tools. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { buildConsole } from '../../../scripts/console/build.ts';
import { silentLog } from '../../src/base/log.ts';
import { openKey } from '../../src/cli/project.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { password, person, type Person } from '../access/people.ts';
import { openBench, type Bench, type Started } from '../cli/commandLine.ts';
import { noBrowser, openBrowser } from './browser.ts';

let bench: Bench;
let serving: Started | undefined;
let address: string;
let browser: Browser | undefined;
let database: Database;
let ada: Person;

before(async () => {
  await buildConsole();
  bench = await openBench({ patients: 1, defects: 'none' });
  serving = bench.start('--json', 'console');
  await serving.tells(/handover-console/);
  const told = JSON.parse(serving.written()) as { address: string };
  address = told.address.replace('127.0.0.1', 'localhost');
  const url = bench.environment['DATABASE_URL'] as string;
  database = openDatabase({ url }, { log: silentLog, instants: 'text', max: 2 });
  ada = await person({ database, key: await openKey(bench.folder, {}) }, 'ada', 'lead');
  if (noBrowser === undefined) browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  serving?.process.kill('SIGTERM');
  await serving?.end;
  await database?.close();
  await bench?.[Symbol.asyncDispose]();
});

/** A window with an authenticator that is built in and recognises its owner. */
async function withAuthenticator(): Promise<Page> {
  const context = await browser?.newContext();
  const page = await context?.newPage();
  assert.ok(page && context);
  const tools = await context.newCDPSession(page);
  await tools.send('WebAuthn.enable');
  await tools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return page;
}

test(
  'R18 a passkey is made with a code of the app, signs in without one, and is removed',
  { skip: noBrowser },
  async () => {
    const page = await withAuthenticator();
    await page.goto(address);
    await page.getByLabel('Account').fill('ada');
    await page.getByRole('textbox', { name: 'Password' }).fill(password);
    await page.getByLabel('Code of your app').fill(await ada.code());
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('button', { name: 'Passkeys' }).click();
    await page.getByLabel('Name of the device').fill('laptop');
    await page.getByLabel('Code of your app').fill('000000');
    await page.getByRole('button', { name: 'Make a passkey' }).click();
    await page.getByText('That is not a code of your second factor here.').waitFor();
    await page.getByLabel('Code of your app').fill(await ada.code());
    await page.getByRole('button', { name: 'Make a passkey' }).click();
    await page.getByRole('button', { name: 'Remove laptop' }).waitFor();
    await page.getByText('never').waitFor();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByText('ada lead').waitFor();
    await page.getByRole('button', { name: 'Passkeys' }).click();
    await page.getByRole('button', { name: 'Remove laptop' }).waitFor();
    assert.equal(await page.getByText('never').count(), 0);
    await page.getByRole('button', { name: 'Remove laptop' }).click();
    await page.getByRole('button', { name: 'Remove laptop' }).waitFor({ state: 'detached' });

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByText('This passkey opens nothing here.').waitFor();
    await page.context().close();
  },
);

test('R18 where browsers know no passkeys none is offered', { skip: noBrowser }, async () => {
  const page = await withAuthenticator();
  await page.goto(address.replace('localhost', '127.0.0.1'));
  await page.getByLabel('Account').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Sign in with a passkey' }).count(), 0);
  await page.context().close();
});

/** Signing in by a real identity provider, in a browser. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { buildConsole } from '../../../scripts/console/build.ts';
import { totpAt, totpStep } from '../../src/access/totp.ts';
import { silentLog } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { openKey } from '../../src/cli/project.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { person } from '../access/people.ts';
import { openBench, start, type Bench, type Started } from '../cli/commandLine.ts';
import { noBrowser, openBrowser } from './browser.ts';
import { realProvider, type RealProvider } from './realProvider.ts';

let bench: Bench;
let serving: Started | undefined;
let address: string;
let browser: Browser | undefined;
let database: Database;
let provider: RealProvider;
const clientSecret = systemRandom.bytes(24).toString('base64url');

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

before(async () => {
  await buildConsole();
  bench = await openBench({ patients: 1, defects: 'none' });
  address = `http://127.0.0.1:${await freePort()}`;
  provider = await realProvider({
    clientId: 'handover',
    clientSecret,
    console: address,
    people: {
      ada: { groups: ['leads'], twoFactors: true },
      bob: { groups: ['auditors'], twoFactors: false },
      eve: { groups: ['visitors'], twoFactors: true },
    },
  });
  const settings = `provider:
  name: Riverside staff
  issuer: ${provider.issuer}
  clientId: handover
  clientSecret: \${SIGN_IN_SECRET}
  roles:
    claim: groups
    allow:
      leads: [lead]
      auditors: [auditor]
  secondFactor:
    amr: [mfa]
`;
  await writeFile(join(bench.folder, 'access.yaml'), settings);
  const environment = { ...bench.environment, SIGN_IN_SECRET: clientSecret };
  const given = { environment, folder: bench.folder };
  serving = start(['--json', 'console', '--port', new URL(address).port], given);
  await serving.tells(/handover-console/);
  const url = bench.environment['DATABASE_URL'] as string;
  database = openDatabase({ url }, { log: silentLog, instants: 'text', max: 2 });
  if (noBrowser === undefined) browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  serving?.process.kill('SIGTERM');
  await serving?.end;
  await provider?.close();
  await database?.close();
  await bench?.[Symbol.asyncDispose]();
});

/** A new browser in which somebody goes to the provider and says who they are. */
async function signingIn(name: string): Promise<Page> {
  const context = await browser?.newContext();
  const page = await context?.newPage();
  assert.ok(page);
  await page.goto(address);
  await page.getByRole('link', { name: 'Sign in with Riverside staff' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.waitForURL(`${address}/`);
  return page;
}

test(
  'R18 a real provider signs in, its group gives the role, nothing stays in the browser, and its logout ends it',
  { skip: noBrowser },
  async () => {
    const page = await signingIn('ada');
    await page.getByText('ada lead').waitFor();
    const kept = await page.evaluate(
      '[localStorage.length, sessionStorage.length, document.cookie]',
    );
    assert.deepEqual(kept, [0, 0, '']);
    assert.equal(page.url(), `${address}/`, 'neither code nor state stays in the address');
    const other = await page.context().newPage();
    await other.goto(`${provider.issuer}/session/end`);
    await other.getByRole('button', { name: 'Yes, sign me out' }).click();
    await page.getByRole('link', { name: 'Sign in with Riverside staff' }).waitFor();
    await page.context().close();
  },
);

test(
  'R18 a group without a role is told so, and no session begins',
  { skip: noBrowser },
  async () => {
    const page = await signingIn('eve');
    await page.getByText('None of your groups has a role here.').waitFor();
    const { rows } = await database.query("select 1 from access.account where name = 'eve'");
    assert.equal(rows.length, 0);
    await page.context().close();
  },
);

test(
  'R18 one factor at the provider is not enough: the account’s own code is asked for',
  { skip: noBrowser },
  async () => {
    const refused = await signingIn('bob');
    await refused.getByText('The provider asked for one factor alone.').waitFor();
    await refused.context().close();

    const project = { database, key: await openKey(bench.folder, {}) };
    const officer = await person(project, 'officer', 'compliance');
    const words = ['--json', 'account', 'add', 'bob', '--roles', 'auditor', '--provider'];
    const environment = { ...bench.environment, SIGN_IN_SECRET: clientSecret };
    const made = await start([...words, '--as', 'officer'], {
      environment,
      folder: bench.folder,
      input: await officer.lines(),
    }).end;
    assert.equal(made.code, 0, made.stderr);
    const { uri } = JSON.parse(made.stdout) as { uri: string };
    const secret = base32Bytes(new URL(uri).searchParams.get('secret') ?? '');
    // Taken for a minute at least, however slow the machine is.
    const code = totpAt(secret, totpStep(new Date()) + 1);

    const page = await signingIn('bob');
    await page.getByText('One factor is missing.').waitFor();
    await page.getByLabel('Code of your app').fill('000000');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText('That is not a code of your second factor here.').waitFor();
    await page.getByLabel('Code of your app').fill(code);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText('bob auditor').waitFor();
    await page.context().close();
  },
);

/** RFC 4648 §6, read as an authenticator app does. */
function base32Bytes(text: string): Buffer {
  const bits = Array.from(text)
    .map((one) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(one).toString(2).padStart(5, '0'))
    .join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

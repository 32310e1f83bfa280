import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { manualClock } from '../base/clock.ts';
import { silentLog } from '../base/log.ts';
import { seededRandom } from '../base/random.ts';
import { temporaryProjectKey } from '../keys/projectKey.ts';
import { openDatabase, type Database } from '../store/database.ts';
import { migrate } from '../store/migrate.ts';
import { testCluster, type FreshDatabase } from '../store/testing.ts';
import { addAccount, disableAccount, hasAccounts, listAccounts } from './accounts.ts';
import { breakGlass, glassMs, judgeReason } from './breakGlass.ts';
import { hashPassword, isPassword } from './passwords.ts';
import { absoluteMs, beginSession, endSession, idleMs, principalOfSession } from './sessions.ts';
import { judgeProof } from './signIn.ts';
import { addToken, principalOfToken, revokeToken } from './tokens.ts';
import { acceptedStep, base32, totpAt, totpStep, totpUri } from './totp.ts';

let fresh: FreshDatabase;
let database: Database;
const random = seededRandom('access');
const clock = manualClock(new Date('2026-03-01T10:00:00Z'));
const key = temporaryProjectKey(seededRandom('key'));
const password = 'correct horse battery';
const services = () => ({ database, key, clock, random });

before(async () => {
  fresh = await (await testCluster()).freshDatabase();
  database = openDatabase(fresh.spec, { log: silentLog, instants: 'text' });
  await migrate({ database, folder: new URL('../store/migrations/control/', import.meta.url) });
});

after(async () => {
  await database.close();
  await fresh.drop();
});

test('R18 one-time codes are those of RFC 6238, appendix B', () => {
  const secret = Buffer.from('12345678901234567890');
  const known: [seconds: number, code: string][] = [
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ];
  for (const [seconds, code] of known) {
    assert.equal(totpAt(secret, totpStep(new Date(seconds * 1000))), code);
  }
  assert.equal(base32(Buffer.from('foobar')), 'MZXW6YTBOI');
  assert.match(totpUri(secret, 'ada', 'riverside'), /^otpauth:\/\/totp\/.*secret=[A-Z2-7]{32}&/);
});

test('R18 a code of a neighbouring step is taken, an older one and one taken before are not', () => {
  const secret = Buffer.alloc(20, 3);
  const now = new Date('2026-03-01T10:00:00Z');
  const step = totpStep(now);
  assert.equal(acceptedStep(secret, totpAt(secret, step - 1), now, 0), step - 1);
  assert.equal(acceptedStep(secret, totpAt(secret, step + 1), now, 0), step + 1);
  assert.equal(acceptedStep(secret, totpAt(secret, step - 2), now, 0), undefined);
  assert.equal(acceptedStep(secret, totpAt(secret, step), now, step), undefined);
});

test('R18 a password is kept as argon2id under a salt of its own', async () => {
  const [one, other] = [await hashPassword(password, random), await hashPassword(password, random)];
  assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.notEqual(one, other);
  assert.equal(await isPassword(password, one), true);
  assert.equal(await isPassword(`${password}!`, one), false);
  assert.equal(await isPassword(password, 'plain'), false);
});

/** Codes of an account's second factor, each of which the test can use once. */
async function account(name: string, roles: ['lead'] | ['clinician'] = ['lead']) {
  const secret = await addAccount(services(), { name, roles, password });
  return () => {
    clock.advance(30_000);
    return { account: name, password, code: totpAt(secret, totpStep(clock.now())) };
  };
}

test('R18 there is no default account, and a weak one is not made', async () => {
  assert.equal(await hasAccounts(database), false);
  assert.deepEqual(await listAccounts(database), []);
  const unfit = [
    { name: 'ada', roles: ['lead'] as const, password: 'short' },
    { name: 'ada', roles: [] as const, password },
    { name: 'Ada Lovelace', roles: ['lead'] as const, password },
    { name: 'battery', roles: ['lead'] as const, password },
  ];
  for (const wish of unfit) {
    await assert.rejects(addAccount(services(), wish), { code: 'account-unfit' });
  }
  assert.equal(await hasAccounts(database), false);
});

test('R18 both factors are needed, and a code is taken once', async () => {
  const proof = await account('ada');
  const right = proof();
  assert.equal(await judgeProof(services(), { ...right, code: '000000' }), 'wrong');
  assert.equal(
    await judgeProof(services(), { ...right, password: 'not this one at all' }),
    'wrong',
  );
  assert.equal(await judgeProof(services(), { ...right, account: 'nobody' }), 'wrong');
  assert.deepEqual(await judgeProof(services(), right), { account: 'ada', roles: ['lead'] });
  assert.equal(await judgeProof(services(), right), 'wrong', 'the same code again');
  const raced = proof();
  const both = await Promise.all([judgeProof(services(), raced), judgeProof(services(), raced)]);
  assert.equal(both.filter((one) => one === 'wrong').length, 1, 'the same code at the same time');
});

test('R18 an account rests after five wrong proofs, and the right one counts for nothing meanwhile', async () => {
  const proof = await account('bob');
  for (let attempt = 0; attempt < 5; attempt++) {
    assert.equal(await judgeProof(services(), { ...proof(), code: '1' }), 'wrong');
  }
  assert.equal(await judgeProof(services(), proof()), 'later');
  clock.advance(15 * 60_000);
  assert.deepEqual(await judgeProof(services(), proof()), { account: 'bob', roles: ['lead'] });
});

test('R18 a session ends when it idles, when it is old, and at once when ended', async () => {
  await account('cyd');
  const who = (secret: string, byPerson = true) =>
    principalOfSession({ database, clock }, secret, byPerson);
  const idle = await beginSession(services(), 'cyd');
  clock.advance(idleMs - 1000);
  assert.deepEqual(await who(idle), { name: 'cyd', kind: 'person', roles: ['lead'] });
  clock.advance(idleMs - 1000);
  assert.equal((await who(idle, false))?.name, 'cyd');
  clock.advance(2000);
  assert.equal(await who(idle), undefined, 'a page that asks by itself keeps nothing open');
  const busy = await beginSession(services(), 'cyd');
  for (let passed = 0; passed < absoluteMs; passed += idleMs / 2) {
    assert.equal((await who(busy))?.name, 'cyd');
    clock.advance(idleMs / 2);
  }
  clock.advance(1);
  assert.equal(await who(busy), undefined);
  const left = await beginSession(services(), 'cyd');
  await endSession({ database, clock }, left);
  assert.equal(await who(left), undefined);
  assert.equal(await who('forged'), undefined);
});

test('R18 a disabled account: its sessions end with it, and it signs in no more', async () => {
  const proof = await account('dan', ['clinician']);
  const secret = await beginSession(services(), 'dan');
  await disableAccount(services(), 'dan');
  assert.equal(await principalOfSession({ database, clock }, secret, true), undefined);
  assert.equal(await judgeProof(services(), proof()), 'wrong');
  await assert.rejects(disableAccount(services(), 'nobody'), { code: 'account-unknown' });
});

test('R18 the glass stays broken for half an hour, and the reason is sealed', async () => {
  await account('eve');
  const secret = await beginSession(services(), 'eve');
  const reason = 'patient in the emergency room, chart needed';
  await breakGlass(services(), 'eve', reason);
  const until = async () =>
    (await principalOfSession({ database, clock }, secret, true))?.glassUntil;
  assert.ok((await until()) !== undefined);
  clock.advance(glassMs);
  assert.equal(await until(), undefined);
  const { rows } = await database.query<{ reason: Buffer }>(
    'select reason from access.break_glass',
  );
  assert.equal(rows[0]?.reason.includes('patient'), false);
  assert.throws(() => judgeReason('because'), { code: 'reason-missing' });
});

test('R18 a token of a machine is kept as its digest, expires, and is revoked at once', async () => {
  const wish = { name: 'feeder', roles: ['operator'] as const, createdBy: 'ada', days: 30 };
  const token = await addToken(services(), wish);
  assert.match(token, /^hndvr_[\w-]{43}$/);
  const who = () => principalOfToken({ database, clock }, token);
  assert.deepEqual(await who(), { name: 'feeder', kind: 'machine', roles: ['operator'] });
  const { rows } = await database.query('select * from access.token');
  assert.equal(JSON.stringify(rows).includes(token), false);
  await assert.rejects(addToken(services(), wish), { code: 'token-exists' });
  await revokeToken(services(), 'feeder');
  assert.equal(await who(), undefined);
  const short = await addToken(services(), { ...wish, name: 'short', days: 1 });
  clock.advance(86_400_000);
  assert.equal(await principalOfToken({ database, clock }, short), undefined);
  await assert.rejects(revokeToken(services(), 'nothing'), { code: 'token-unknown' });
});

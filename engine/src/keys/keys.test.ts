import assert from 'node:assert/strict';
import { createHash, createHmac, scryptSync } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as fc from 'fast-check';
import { HandoverError } from '../base/errors.ts';
import { seededRandom, systemRandom } from '../base/random.ts';
import {
  beginRotation,
  createPassphraseFile,
  createProjectKey,
  endRotation,
  openProjectKey,
} from './keyFile.ts';
import type { KeyFiles } from './keyFile.ts';
import { KeyedDigest } from './keyedDigest.ts';
import { sealBytes, temporaryProjectKey } from './projectKey.ts';
import { stableId, tokenOf } from './stableId.ts';

const isCode =
  (code: string, exitCode?: number) =>
  (error: unknown): boolean =>
    error instanceof HandoverError &&
    error.code === code &&
    (exitCode === undefined || error.exitCode === exitCode);

describe('keyed digest', () => {
  const bytes = fc.uint8Array({ maxLength: 200 });
  const key = fc.uint8Array({ minLength: 0, maxLength: 64 });

  test('is what createHmac computes, for bytes and for text', () => {
    fc.assert(
      fc.property(key, fc.string({ unit: 'binary' }), bytes, (secret, prefix, message) => {
        const expected = createHmac('sha256', secret).update(prefix).update(message).digest();
        assert.deepEqual(new KeyedDigest(secret, prefix).bytes(message), expected);
      }),
    );
    fc.assert(
      fc.property(key, fc.string({ unit: 'binary' }), fc.string(), (secret, message, prefix) => {
        const expected = createHmac('sha256', secret).update(prefix).update(message).digest();
        assert.deepEqual(new KeyedDigest(secret, prefix).text(message), expected);
      }),
    );
  });

  test('does not depend on what was digested before, nor on the length', () => {
    const secret = Buffer.alloc(32, 9);
    const digest = new KeyedDigest(secret, 'p');
    for (const length of [0, 20_000, 1, 16_384, 16_385, 5_461, 5_462, 3]) {
      const message = 'é'.repeat(length);
      const expected = createHmac('sha256', secret).update('p').update(message).digest();
      assert.deepEqual(digest.text(message), expected);
      assert.deepEqual(digest.bytes(Buffer.from(message)), expected);
    }
  });
});

describe('project key', () => {
  const key = temporaryProjectKey(seededRandom(1));

  test('tags streams and keys apart', () => {
    assert.notDeepEqual(key.tag('a', 'bc'), key.tag('ab', 'c'));
    assert.deepEqual(key.tag('a', '1'), temporaryProjectKey(seededRandom(1)).tag('a', '1'));
    assert.notDeepEqual(key.tag('a', '1'), temporaryProjectKey(seededRandom(2)).tag('a', '1'));
    assert.notDeepEqual(key.tag('a', '1'), key.digest('a\u00001'));
  });

  test('opens what it sealed, in the same context only', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string(), (plaintext, context) => {
        const sealed = key.seal(plaintext, context);
        assert.deepEqual(key.open(sealed, context), Buffer.from(plaintext));
        assert.throws(() => key.open(sealed, `${context}.`), isCode('seal-broken', 8));
        assert.throws(() => key.unwrapDataKey(sealed, context), isCode('seal-broken', 8));
      }),
    );
  });

  test('refuses a flip of any bit and a cut at any place', () => {
    const sealed = key.seal(Buffer.from('plain'), 'here');
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const flipped = Buffer.from(sealed);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.throws(() => key.open(flipped, 'here'), isCode('seal-broken', 8));
    }
    for (let length = 0; length < sealed.length; length++) {
      assert.throws(() => key.open(sealed.subarray(0, length), 'here'), isCode('seal-broken', 8));
    }
  });

  test('wraps data keys and gives one secret per purpose', () => {
    const dataKey = systemRandom.bytes(32);
    assert.deepEqual(key.unwrapDataKey(key.wrapDataKey(dataKey, 'p/1'), 'p/1'), dataKey);
    assert.deepEqual(key.secret('target:archive'), key.secret('target:archive'));
    assert.notDeepEqual(key.secret('target:archive'), key.secret('target:chart'));
  });
});

describe('stable id', () => {
  test('is 26 characters of base32 and follows its definition', () => {
    const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
    const valueOf = (id: string): bigint =>
      id.split('').reduce((value, digit) => value * 32n + BigInt(alphabet.indexOf(digit)), 0n);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.string(), (tag, resource) => {
        const id = stableId(Buffer.from(tag), resource);
        assert.match(id, /^[0-9a-hjkmnp-tv-z]{26}$/);
        const half = valueOf(id) ^ valueOf(stableId(Buffer.alloc(32), resource));
        assert.equal(
          (half >> 2n).toString(16).padStart(32, '0'),
          Buffer.from(tag).toString('hex', 16),
        );
      }),
    );
  });

  test('differs by resource and hides the token', () => {
    const tag = temporaryProjectKey(seededRandom(1)).tag('clinic.pt_demog', '42');
    assert.notEqual(stableId(tag, 'Patient'), stableId(tag, 'Observation'));
    assert.equal(tokenOf(tag).length, 16);
    assert.equal(stableId(tag, 'Patient'), 'xq036rkbektbzva6pynqy1r3tc');
  });
});

describe('key file', () => {
  let folder: string;
  let files: KeyFiles;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'handover-keys-'));
    files = {
      keyFile: join(folder, 'project', 'key.json'),
      passphraseFile: join(folder, 'passphrase'),
      random: systemRandom,
    };
    await createPassphraseFile(files.passphraseFile, systemRandom);
  });

  after(() => rm(folder, { recursive: true }));

  test('opens to the key that was created, and is never replaced', async () => {
    const created = await createProjectKey(files);
    const opened = await openProjectKey(files);
    assert.deepEqual(opened.tag('s', 'k'), created.tag('s', 'k'));
    assert.equal(opened.fingerprint, created.fingerprint);
    assert.equal((await stat(files.keyFile)).mode & 0o777, 0o600);
    await assert.rejects(createProjectKey(files), isCode('key-file-exists'));
    assert.deepEqual((await openProjectKey(files)).tag('s', 'k'), created.tag('s', 'k'));
  });

  test('tells a wrong passphrase from a damaged or missing file', async () => {
    const other = { ...files, passphraseFile: join(folder, 'other') };
    await writeFile(other.passphraseFile, 'correct horse battery\n', { mode: 0o600 });
    await assert.rejects(openProjectKey(other), isCode('passphrase-wrong'));
    const damaged = { ...files, keyFile: join(folder, 'damaged.json') };
    const text = await readFile(files.keyFile, 'utf8');
    await writeFile(damaged.keyFile, text.replace('"n": 32768', '"n": 16384'));
    await assert.rejects(openProjectKey(damaged), isCode('key-file-broken', 8));
    const absent = { ...files, keyFile: join(folder, 'absent.json') };
    await assert.rejects(openProjectKey(absent), isCode('key-file-missing'));
  });

  test('R14 a key file of format 1 opens, and a rotation parts what seals from what lasts', async () => {
    const random = systemRandom;
    const [root, salt] = [random.bytes(32), random.bytes(16)];
    const passphrase = (await readFile(files.passphraseFile, 'utf8')).trim();
    const wrapper = scryptSync(passphrase, salt, 32, { N: 2 ** 15, r: 8, p: 1, maxmem: 2 ** 26 });
    const wrapped = sealBytes(wrapper, root, 'project-key', random).toString('base64');
    const scrypt = { n: 2 ** 15, r: 8, p: 1 };
    const parts = [scrypt.n, scrypt.r, scrypt.p, salt.toString('base64'), wrapped];
    const former = { ...files, keyFile: join(folder, 'former.json') };
    await writeFile(
      former.keyFile,
      JSON.stringify({
        format: 1,
        scrypt,
        salt: salt.toString('base64'),
        wrapped,
        check: createHash('sha256').update(JSON.stringify(parts)).digest('hex'),
      }),
    );
    const first = await openProjectKey(former);
    const sealed = first.seal(Buffer.from('kept'), 'c');
    const both = await beginRotation(former);
    assert.deepEqual(both.open(sealed, 'c').toString(), 'kept');
    assert.equal(await endRotation(former), true);
    assert.equal(await endRotation(former), false);
    const later = await openProjectKey(former);
    assert.deepEqual(
      [later.tag('s', 'k'), later.fingerprint],
      [first.tag('s', 'k'), first.fingerprint],
    );
    assert.throws(() => later.open(sealed, 'c'), isCode('seal-broken', 8));
    assert.equal(later.open(both.seal(Buffer.from('new'), 'c'), 'c').toString(), 'new');
  });

  test('refuses a passphrase that others can read, or a short one', async () => {
    const exposed = { ...files, passphraseFile: join(folder, 'exposed') };
    await writeFile(exposed.passphraseFile, 'correct horse battery\n');
    await chmod(exposed.passphraseFile, 0o644);
    await assert.rejects(openProjectKey(exposed), isCode('passphrase-exposed'));
    const short = { ...files, passphraseFile: join(folder, 'short') };
    await writeFile(short.passphraseFile, 'secret\n', { mode: 0o600 });
    await assert.rejects(openProjectKey(short), isCode('passphrase-short'));
  });
});

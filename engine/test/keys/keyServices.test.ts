/** The project key guarded by a service: wrapped there, unwrapped at every start, and nothing half done. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createProjectState, keyState, openKey, rotationOf } from '../../src/cli/project.ts';
import { signedHeaders } from '../../src/keys/providers/awsSignature.ts';
import { temporaryFolder } from '../../src/store/testing.ts';
import {
  botocoreSignature,
  has,
  hvacRoundTrip,
  keyFileOf,
  moto,
  motoService,
  softHsmService,
  transitService,
  type KeyService,
} from './keyServices.ts';

interface Peer {
  kind: string;
  start(): Promise<KeyService>;
  missing(): Promise<string | undefined>;
  /** How the service says no to a secret that is wrong. */
  wrong: Record<string, string>;
}

const peers: readonly Peer[] = [
  {
    kind: 'vault',
    start: transitService,
    missing: async () => undefined,
    wrong: { VAULT_TOKEN: 'not-a-token' },
  },
  {
    kind: 'aws-kms',
    start: motoService,
    missing: async () =>
      (await has(moto, ['-c', 'import moto.server, moto.kms']))
        ? undefined
        : 'moto is not installed',
    wrong: { AWS_ACCESS_KEY_ID: '' },
  },
  {
    kind: 'program',
    start: softHsmService,
    missing: async () =>
      (await has('sh', ['-c', 'command -v softhsm2-util && command -v pkcs11-tool']))
        ? undefined
        : 'softhsm2 or opensc is not installed',
    wrong: { HSM_PIN: '000000' },
  },
];

const passphrase = { mode: 0o600 } as const;
const code = (expected: RegExp) => (error: unknown) => {
  const { code: own = '' } = error as { code?: string };
  assert.match(own, expected);
  return true;
};

for (const peer of peers) {
  const { kind, wrong } = peer;
  test(`R14 ${kind}: a project opens by it alone, moves to it and away by a rotation, and is left whole where it fails`, async (context) => {
    const lack = await peer.missing();
    if (lack !== undefined) {
      context.skip(lack);
      return;
    }
    const service = await peer.start();
    context.after(() => service.stop());
    const { settings, environment } = service;
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'keys.yaml'), `provider:\n${settings}\n`);
    await createProjectState(folder, environment);
    const place = { folder, environment };
    assert.equal((await keyState(place)).provider, kind);
    const key = await openKey(folder, environment);
    assert.equal((await openKey(folder, environment)).generation, key.generation);
    const written = await keyFileOf(folder);
    for (const secret of Object.values(environment).filter((one) => !one.startsWith('/'))) {
      assert.ok(!written.includes(secret), 'no secret stands in the key file');
    }

    // A key that the service rotates to stays with it; what was sealed is known to both meanwhile.
    const { begin, end } = await rotationOf(place);
    const both = await begin();
    assert.equal(both.otherGeneration, key.generation);
    assert.equal(both.open(key.seal(Buffer.from('kept'), 'c'), 'c').toString(), 'kept');
    await end();
    assert.equal((await openKey(folder, environment)).generation, both.generation);

    const whole = await keyFileOf(folder);
    const bad = { ...environment, ...wrong };
    await assert.rejects(openKey(folder, bad), code(/^key-provider-/));
    await assert.rejects(
      async () => (await rotationOf({ folder, environment: bad })).begin(),
      code(/^key-provider-/),
    );
    assert.equal(await keyFileOf(folder), whole);

    // Another wrapped key in its place: refused by the service, or it opens nothing.
    const stored = JSON.parse(whole) as { current: { wrapped: string }; check: string };
    const other = await temporaryFolder();
    await writeFile(join(other, 'keys.yaml'), `provider:\n${settings}\n`);
    await createProjectState(other, environment);
    const foreign = (JSON.parse(await keyFileOf(other)) as typeof stored).current.wrapped;
    await writeFile(
      join(folder, '.handover', 'key.json'),
      whole.replace(stored.current.wrapped, foreign),
    );
    await assert.rejects(openKey(folder, environment), code(/^key-file-broken$/));
    await writeFile(join(folder, '.handover', 'key.json'), whole);

    await service.stop();
    await assert.rejects(
      openKey(folder, environment),
      (error: { code: string; exitCode: number }) => {
        assert.deepEqual([error.code, error.exitCode], ['key-provider-unavailable', 7]);
        return true;
      },
    );
    assert.equal(await keyFileOf(folder), whole);
  });

  test(`R14 ${kind}: from a passphrase to the service and back`, async (context) => {
    const lack = await peer.missing();
    if (lack !== undefined) {
      context.skip(lack);
      return;
    }
    const service = await peer.start();
    context.after(() => service.stop());
    const folder = await temporaryFolder();
    await createProjectState(folder, {});
    const first = await openKey(folder, {});
    const file = join(folder, 'keys.yaml');
    await writeFile(file, `provider:\n${service.settings}\n`);
    const place = { folder, environment: service.environment };
    const there = await rotationOf(place);
    await there.begin();
    await there.end();
    assert.equal((await keyState(place)).provider, kind);
    // Without keys.yaml the key file knows how to ask.
    await writeFile(file, '');
    await assert.rejects(openKey(folder, service.environment), code(/^keys-invalid$/));
    const { rm } = await import('node:fs/promises');
    await rm(file);
    assert.equal((await openKey(folder, service.environment)).fingerprint, first.fingerprint);
    const passphraseFile = join(folder, 'fresh');
    await writeFile(passphraseFile, 'another passphrase altogether\n', passphrase);
    const back = { ...service.environment, HANDOVER_PASSPHRASE_FILE: passphraseFile };
    const away = await rotationOf({ folder, environment: back });
    await away.begin();
    await away.end();
    assert.equal(
      (await openKey(folder, { HANDOVER_PASSPHRASE_FILE: passphraseFile })).fingerprint,
      first.fingerprint,
    );
  });
}

test('R14 what Vault is asked is what its own client asks', async (context) => {
  if (!(await has(moto, ['-c', 'import hvac']))) {
    context.skip('hvac is not installed');
    return;
  }
  const service = await transitService();
  context.after(() => service.stop());
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'keys.yaml'), `provider:\n${service.settings}\n`);
  await createProjectState(folder, service.environment);
  const [encrypt, decrypt] = service.asked.splice(0);
  const token = service.environment['VAULT_TOKEN'] as string;
  assert.equal(await hvacRoundTrip(service.address, token), 'AAEC');
  const [theirs, back] = service.asked;
  const shape = (asked: (typeof service.asked)[number] | undefined) => {
    const { method, path, token: shown, body } = asked as (typeof service.asked)[number];
    return { method, path, shown, names: Object.keys(body as object) };
  };
  assert.deepEqual(shape(encrypt), shape(theirs));
  assert.deepEqual(shape(decrypt), shape(back));
});

test('R14 a request to AWS is signed as its own library signs it', async (context) => {
  if (!(await has(moto, ['-c', 'import botocore']))) {
    context.skip('botocore is not installed');
    return;
  }
  const url = new URL('https://kms.eu-central-1.amazonaws.com/');
  const body = '{"KeyId":"alias/riverside"}';
  const keys = [
    'AKIDEXAMPLE',
    'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    'session/of=it',
  ] as const;
  const [accessKeyId, secretAccessKey, sessionToken] = keys;
  const target = 'TrentService.Decrypt';
  const { authorization, ...headers } = signedHeaders(
    { url, body, target, region: 'eu-central-1', service: 'kms' },
    { accessKeyId, secretAccessKey, sessionToken },
    new Date('2026-11-28T09:07:05.123Z'),
  );
  const { 'x-amz-date': at = '', 'x-amz-security-token': _, ...given } = headers;
  assert.equal(at, '20261128T090705Z');
  assert.equal(authorization, await botocoreSignature({ url, body, headers: given }, keys, at));
});

const mistakes: readonly (readonly [text: string, told: RegExp])[] = [
  ['provider: { kind: vaults }', /line 1: .*kind/],
  [
    'provider:\n  kind: vault\n  address: http://vault.example.org:8200\n  key: k\n  token: ${T}',
    /line 3: .*https/,
  ],
  [
    'provider:\n  kind: vault\n  address: https://v.example.org\n  key: k\n  token: s.plain',
    /line 5: .*\$\{NAME\}/,
  ],
  ['provider:\n  kind: program\n  wrap: []\n  unwrap: [cat]', /line 3/],
  ['providers: {}', /provider/],
  ['provider: [', /line 1/],
];

test('keys.yaml is judged with the line and what to write, and nothing is made meanwhile', async () => {
  for (const [text, told] of mistakes) {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'keys.yaml'), text);
    await assert.rejects(
      createProjectState(folder, {}),
      (error: { code: string; message: string; exitCode: number }) => {
        assert.deepEqual([error.code, error.exitCode], ['keys-invalid', 3], text);
        assert.match(error.message, told);
        assert.ok(!error.message.includes('s.plain'));
        return true;
      },
    );
    await assert.rejects(keyFileOf(folder));
  }
});

test('R14 a program that does not encrypt, or gives another key back, wraps nothing', async () => {
  for (const [wrap, unwrap] of [
    ['[cat]', '[cat]'],
    ['[base64]', '[head, -c, "32", /dev/zero]'],
    ['[no-such-program-here]', '[cat]'],
  ]) {
    const folder = await temporaryFolder();
    await writeFile(
      join(folder, 'keys.yaml'),
      `provider:\n  kind: program\n  wrap: ${wrap}\n  unwrap: ${unwrap}\n`,
    );
    await assert.rejects(
      createProjectState(folder, { PATH: process.env['PATH'] }),
      code(/^key-provider-/),
    );
    await assert.rejects(keyFileOf(folder));
  }
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { testProject, type TestProject } from '../requirements/project.ts';
import { signingPair } from './jwt.ts';
import { person, type Person } from './people.ts';

let project: TestProject;
let officer: Person;
const pair = signingPair('ES384', 'k1');

before(async () => {
  project = await testProject({ patients: 1 });
  officer = await person({ database: project.control, key: project.key }, 'officer', 'compliance');
});
after(() => project.close());

const add = ['client', 'add', 'feeder', '--scopes', 'system/*.rs'];

test('R18 a client is registered by compliance, with public keys, and revoked at once', async () => {
  await project.write('keys.json', JSON.stringify({ keys: [pair.jwk] }));
  const file = ['--keys', `${project.folder}/keys.json`];
  const alone = await project.cli([...add, ...file]);
  assert.deepEqual([alone.code, alone.stdout], [9, '']);
  const made = await project.cli([...add, ...file, '--as', 'officer'], await officer.lines());
  assert.equal(made.code, 0, made.stderr);
  const again = await project.cli([...add, ...file, '--as', 'officer'], await officer.lines());
  assert.match(again.stderr, /client-exists/);
  const list = async () => {
    const { stdout } = await project.cli(['--json', 'client', 'list']);
    return (JSON.parse(stdout) as { clients: Record<string, unknown>[] }).clients[0];
  };
  const { name, scopes, createdBy, revoked } = (await list()) ?? {};
  assert.deepEqual(
    [name, scopes, createdBy, revoked],
    ['feeder', ['system/*.rs'], 'officer', false],
  );
  assert.equal((await project.cli(['client', 'revoke', 'feeder'])).code, 0);
  assert.equal((await list())?.['revoked'], true);
  assert.match((await project.cli(['client', 'revoke', 'nobody'])).stderr, /client-unknown/);
});

test('R18 a private key, a weak one, or an address in clear is no way to register', async () => {
  const weak = { ...pair.jwk, crv: 'P-256' };
  const secret = { ...pair.jwk, ...pair.privateKey.export({ format: 'jwk' }) };
  for (const text of [
    'x',
    JSON.stringify({ keys: [] }),
    JSON.stringify({ keys: [weak] }),
    JSON.stringify({ keys: [{ kty: 'oct', k: 'AAAA', kid: 'k1' }] }),
    JSON.stringify({ keys: [secret] }),
  ]) {
    await project.write('keys.json', text);
    const refused = await project.cli([...add, '--keys', `${project.folder}/keys.json`]);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /client-unfit/);
    assert.doesNotMatch(refused.stderr, new RegExp(String(secret['d'])));
  }
  for (const words of [['--keys-url', 'http://elsewhere.example/keys'], []]) {
    const refused = await project.cli([...add, ...words]);
    assert.match(refused.stderr, /client-unfit/);
  }
  const scope = await project.cli(['client', 'add', 'x', '--scopes', 'user/*.rs']);
  assert.equal(scope.code, 2);
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { hmacSha256Hex } from '../../src/base/digest.ts';
import { canonicalJson } from '../../src/base/json.ts';
import { silentLog } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { openEmbeddedStore } from '../../src/connectors/embedded/store.ts';
import type { EmbeddedStore } from '../../src/connectors/embedded/store.ts';
import type { Stored } from '../../src/model/target.ts';
import { testCluster } from '../../src/store/testing.ts';
import type { FreshDatabase } from '../../src/store/testing.ts';
import { text } from '../../src/verification/concepts/elements.ts';
import { classNames, tamper } from './atRest.ts';
import { changes } from './changes.ts';
import { goldens } from './goldens.ts';

const secret = Buffer.alloc(32, 1);
const digest = hmacSha256Hex(Buffer.alloc(32, 2));
let database: FreshDatabase;
let store: EmbeddedStore;
/** Digests of what was written, by `Type/id`. */
const written = new Map<string, string>();

before(async () => {
  database = await (await testCluster()).freshDatabase();
  store = await openEmbeddedStore({
    connection: database.spec,
    name: 'chart',
    secret,
    digest,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  });
});

after(async () => {
  await store.close();
  await database.drop();
});

async function load(): Promise<void> {
  const resources = [0, 1, 2].flatMap((copy) =>
    goldens().map((golden) => ({ ...golden, id: `${text(golden, 'id').slice(0, 20)}-${copy}` })),
  );
  const writes = resources.map((resource) => {
    const body = Buffer.from(canonicalJson(resource));
    const type = text(resource, 'resourceType');
    return { kind: 'put', type, id: resource.id, body } as const;
  });
  for (const { type, id, body } of writes) written.set(`${type}/${id}`, digest(body));
  await store.write(writes, never);
}

const never = new AbortController().signal;

/** What differs from what was written: `Type/id` of changed, missing and extra resources. */
async function differences(): Promise<Set<string>> {
  const found = new Set<string>();
  const left = new Map(written);
  const heads: Stored[] = [];
  for await (const batch of store.scan(undefined, never)) heads.push(...batch.resources);
  for (const stored of await store.fetch(heads, 'body', never)) {
    const key = `${stored.type}/${stored.id}`;
    const body = stored.state === 'present' ? stored.body : undefined;
    const actual = body === undefined ? '' : digest(body);
    // The store itself must see nothing.
    assert.equal(stored.state === 'present' ? stored.digest : '', actual);
    if (left.get(key) !== actual) found.add(key);
    left.delete(key);
  }
  for (const key of left.keys()) found.add(key);
  return found;
}

test('there are more than 25 classes', () => assert.ok(classNames.length > 25));

/** No golden has money in it yet. */
const idle = new Set(changes.filter(({ domain }) => domain === 'money').map(({ name }) => name));

for (const className of classNames.filter((name) => !idle.has(name))) {
  test(`${className}: changes one resource, and the store looks whole`, async () => {
    await load();
    const options = { database: database.spec, name: 'chart', secret, digest, className };
    const made = await tamper({ ...options, seed: Math.random(), changes: 2 });
    assert.ok(made.length > 0);
    const keys = made.map(({ type, id }) => `${type}/${id}`);
    assert.deepEqual([...(await differences())].toSorted(), keys.toSorted());
    await restore(keys);
  });
}

test('any element by seed: the same seed changes the same places', async () => {
  await load();
  const options = { database: database.spec, name: 'chart', secret, digest, seed: 11 };
  const first = await tamper({ ...options, changes: 15 });
  const keys = first.map(({ type, id }) => `${type}/${id}`);
  assert.deepEqual([...(await differences())].toSorted(), keys.toSorted());
  await restore(keys);
  await load();
  const again = await tamper({ ...options, changes: 15 });
  assert.deepEqual(again, first);
  await restore(keys);
});

test('what is searched for follows the change', async () => {
  await load();
  const options = { database: database.spec, name: 'chart', secret, digest, seed: 5 };
  const [made] = await tamper({ ...options, changes: 1, className: 'identifier-changed' });
  const { type = '', id = '', path = '' } = made ?? {};
  const place = Number(/\[(\d+)\]/.exec(path)?.[1] ?? 0);
  const valueIn = (body: Buffer | undefined): string => {
    const { identifier } = JSON.parse(String(body)) as { identifier: { value: string }[] };
    return identifier[place]?.value ?? '';
  };
  const value = valueIn((await store.read({ type, id }))?.body);
  const found = await store.search({ type, identifiers: [{ value }], count: 10 });
  assert.ok(found.some((one) => one.id === id));
  await restore([`${type}/${id}`]);
  await load();
  const original = valueIn((await store.read({ type, id }))?.body);
  assert.notEqual(value, original);
});

/** Take back every version of what was changed, for the next `load` to write it anew. */
async function restore(keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    const [type = '', id = ''] = key.split('/');
    const newest = await store.read({ type, id });
    for (let version = newest?.version ?? 0; version > 0; version--) {
      await store.write([{ kind: 'revert', type, id, ifVersion: version }], never);
    }
  }
}

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { listenToDurableOperations } from '../base/durableOperation.ts';
import { HandoverError } from '../base/errors.ts';
import type { BlobEntry, BlobStore } from './blobStore.ts';

/** One implementation under test: a fresh store, and how to give it back. */
export interface StoreUnderTest {
  store: BlobStore;
  /** A second client of the same blobs (another process, another machine), if there can be one. */
  again?: BlobStore;
  close(): Promise<void>;
}

/** The contract of {@link BlobStore}, run by every implementation. */
export function blobStoreConformance(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`blob store: ${name}`, () => {
    let subject: StoreUnderTest;
    let store: BlobStore;

    before(async () => {
      subject = await make();
      store = subject.store;
    });

    after(() => subject.close());

    holdsWhatWasPut(() => store);
    givesANameOnce(() => subject);
    announcesItself(() => store);
    listsAndRemoves(() => store);
    refusesNames(() => store);
  });
}

function holdsWhatWasPut(store: () => BlobStore): void {
  test('gives back the bytes, whatever their number', async () => {
    for (const size of [0, 1, 4_096, 5_000_001]) {
      const bytes = Buffer.alloc(size, `bytes ${size} `);
      assert.equal(await store().put(`sizes/${size}`, bytes), 'stored');
      assert((await store().get(`sizes/${size}`))?.equals(bytes));
    }
  });

  test('holds what the bytes were, not what the buffer became', async () => {
    const bytes = Buffer.from('before');
    await store().put('mutable/in', bytes);
    bytes.write('after.');
    assert.equal(String(await store().get('mutable/in')), 'before');
    (await store().get('mutable/in'))?.write('after.');
    assert.equal(String(await store().get('mutable/in')), 'before');
  });

  test('answers nothing for what is not there', async () => {
    assert.equal(await store().get('absent'), undefined);
    assert.equal(await store().get('absent/too'), undefined);
  });
}

function givesANameOnce(subject: () => StoreUnderTest): void {
  test('keeps the first bytes under a name', async () => {
    const { store, again = store } = subject();
    assert.equal(await store.put('once/a', Buffer.from('first')), 'stored');
    assert.equal(await again.put('once/a', Buffer.from('second')), 'exists');
    assert.equal(String(await again.get('once/a')), 'first');
  });

  test('lets one of many win a name, with its own bytes', async () => {
    const { store, again = store } = subject();
    const bytes = Array.from({ length: 10 }, (_, at) => Buffer.alloc(100_000, `${at}`));
    const answers = await Promise.all(
      bytes.map((each, at) => (at % 2 === 0 ? store : again).put('once/race', each)),
    );
    assert.equal(answers.filter((answer) => answer === 'stored').length, 1);
    const winner = bytes[answers.indexOf('stored')];
    assert((await store.get('once/race'))?.equals(winner ?? Buffer.alloc(0)));
  });
}

function announcesItself(store: () => BlobStore): void {
  test('stopped before a put has nothing, stopped after it has all', async () => {
    for (const stopAt of ['before', 'after'] as const) {
      const seen: string[] = [];
      listenToDurableOperations((name, moment) => {
        seen.push(`${moment} ${name}`);
        if (moment === stopAt) throw new Error('stopped here');
      });
      await assert.rejects(store().put(`stop/${stopAt}`, Buffer.from('x')), /stopped here/);
      listenToDurableOperations(undefined);
      assert.equal(seen.at(-1), `${stopAt} blob.put`);
      const bytes = await store().get(`stop/${stopAt}`);
      assert.equal(bytes?.toString(), stopAt === 'before' ? undefined : 'x');
    }
  });
}

function listsAndRemoves(store: () => BlobStore): void {
  test('lists by prefix, with size and age', async () => {
    const names = ['list/run/map/a-1', 'list/run/map/a-2', 'list/run/b', 'list/run2/map/a-1'];
    for (const name of names) await store().put(name, Buffer.alloc(name.length));
    const listed = async (prefix: string): Promise<string[]> =>
      (await entries(store(), prefix)).map(({ name }) => name).toSorted(byCodeUnit);
    assert.deepEqual(await listed('list/'), names.toSorted(byCodeUnit));
    assert.deepEqual(await listed('list/run/'), names.slice(0, 3).toSorted(byCodeUnit));
    assert.deepEqual(await listed('list/run/map/a-2'), ['list/run/map/a-2']);
    assert.deepEqual(await listed('list/run'), names.toSorted(byCodeUnit));
    assert.deepEqual(await listed('list/none/'), []);
    for (const { name, bytes, modified } of await entries(store(), 'list/')) {
      assert.equal(bytes, name.length);
      assert(Number.isFinite(modified.getTime()));
    }
    assert((await listed('')).length >= names.length);
  });

  test('removes, twice if asked, and frees the name', async () => {
    await store().put('gone/a', Buffer.from('first'));
    await store().remove('gone/a');
    await store().remove('gone/a');
    assert.equal(await store().get('gone/a'), undefined);
    assert.deepEqual(await entries(store(), 'gone/'), []);
    assert.equal(await store().put('gone/a', Buffer.from('second')), 'stored');
  });

  test('may be removed from while it is listed', async () => {
    for (let at = 0; at < 20; at++) await store().put(`sweep/${at}`, Buffer.from('x'));
    for await (const { name } of store().list('sweep/')) await store().remove(name);
    assert.deepEqual(await entries(store(), 'sweep/'), []);
  });
}

function refusesNames(store: () => BlobStore): void {
  test('refuses names that lead elsewhere or do not fit everywhere', async () => {
    const words = [
      '',
      '/',
      'a/',
      '/a',
      'a//b',
      '.',
      '..',
      '../a',
      'a/../b',
      'a/.b',
      '.unfinished/a',
    ];
    const characters = ['A', 'a b', 'a\\b', 'a\u0000', 'a\n', 'é', 'a:b', 'a%2f'];
    for (const name of [...words, ...characters, 'a'.repeat(129), 'a/'.repeat(260)]) {
      const refusal = { code: 'blob-name' };
      await assert.rejects(store().put(name, Buffer.from('x')), refusal, JSON.stringify(name));
      await assert.rejects(store().get(name), HandoverError);
      await assert.rejects(store().remove(name), HandoverError);
    }
    assert.equal(await store().put('a'.repeat(128), Buffer.from('x')), 'stored');
  });
}

async function entries(store: BlobStore, prefix: string): Promise<BlobEntry[]> {
  const found: BlobEntry[] = [];
  for await (const entry of store.list(prefix)) found.push(entry);
  return found;
}

function byCodeUnit(left: string, right: string): number {
  return left < right ? -1 : 1;
}

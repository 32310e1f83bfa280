import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { manualClock } from '../base/clock.ts';
import { silentLog } from '../base/log.ts';
import { seededRandom, systemRandom } from '../base/random.ts';
import { MemoryStore } from './memoryStore.ts';
import { itemAt, itemsOf, packItems } from './packedItems.ts';
import { openParcel, sealParcel } from './parcel.ts';
import { parcelName, parcelsOfRun } from './parcelName.ts';
import { openFrames, sealedLength, sealFrames } from './sealedFrames.ts';
import { sweepOrphans } from './sweeper.ts';

const broken = { code: 'parcel-broken', exitCode: 8 };

describe('parcel', () => {
  test('opens to the items that were sealed', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), (items) => {
        const { bytes, manifest, dataKey } = sealParcel(packItems(items), systemRandom);
        const opened = openParcel(bytes, dataKey, manifest);
        assert.deepEqual(
          [...itemsOf(opened)],
          items.map((item) => Buffer.from(item)),
        );
        assert.equal(manifest.items, items.length);
        assert.equal(manifest.sealedBytes, bytes.length);
      }),
    );
  });

  test('takes items out of the middle of a larger buffer', () => {
    const packed = { bytes: Buffer.from('..abbccc..'), offsets: Uint32Array.of(2, 3, 5, 8) };
    const { bytes, manifest, dataKey } = sealParcel(packed, systemRandom);
    const opened = openParcel(bytes, dataKey, manifest);
    assert.deepEqual([...itemsOf(opened)].map(String), ['a', 'bb', 'ccc']);
    assert.equal(manifest.contentBytes, 6);
    const beyond = { bytes: Buffer.from('a'), offsets: Uint32Array.of(0, 2) };
    assert.throws(() => sealParcel(beyond, systemRandom), RangeError);
  });

  test('holds many megabytes in many frames', () => {
    const items = Array.from({ length: 3000 }, () => systemRandom.bytes(1_000));
    const { bytes, manifest, dataKey } = sealParcel(packItems(items), systemRandom);
    const opened = openParcel(bytes, dataKey, manifest);
    assert.deepEqual(itemAt(opened, 2_999), items[2_999]);
  });

  test('is refused with any bit flipped, cut anywhere, or under another key or manifest', () => {
    const sealed = sealParcel(packItems([Buffer.from('one'), Buffer.from('two')]), systemRandom);
    const { bytes, manifest, dataKey } = sealed;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      assert.throws(() => openParcel(flipped(bytes, bit), dataKey, manifest), broken);
    }
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(() => openParcel(bytes.subarray(0, length), dataKey, manifest), broken);
    }
    assert.throws(() => openParcel(bytes, flipped(dataKey, 0), manifest), broken);
    for (const change of [{ items: 1 }, { items: 3 }, { contentBytes: 5 }, { contentBytes: 7 }]) {
      assert.throws(() => openParcel(bytes, dataKey, { ...manifest, ...change }), broken);
    }
  });
});

describe('sealed frames', () => {
  const key = systemRandom.bytes(32);
  const frame = 256 * 1024;
  const seal = (plain: Buffer): Buffer => {
    const out = Buffer.alloc(sealedLength(plain.length));
    sealFrames(plain, key, out, 0);
    return out;
  };

  test('open at every length around a frame', () => {
    for (const length of [0, 1, frame - 1, frame, frame + 1, 2 * frame, 2 * frame + 16]) {
      const plain = systemRandom.bytes(length);
      assert.deepEqual(openFrames(seal(plain), key), plain);
    }
  });

  test('are refused reordered, repeated, dropped, cut off, or with a bit flipped', () => {
    const sealed = seal(systemRandom.bytes(3 * frame));
    const size = frame + 16;
    const [one, two, three] = [0, 1, 2].map((at) => sealed.subarray(at * size, (at + 1) * size));
    assert(one && two && three);
    for (const frames of [
      [two, one, three],
      [one, one, three],
      [one, three],
      [one, two],
      [one],
      [],
    ]) {
      assert.equal(openFrames(Buffer.concat(frames), key), undefined);
    }
    assert.equal(openFrames(Buffer.concat([sealed, three]), key), undefined);
    for (let at = 0; at < sealed.length * 8; at += 40_009) {
      assert.equal(openFrames(flipped(sealed, at), key), undefined);
    }
  });
});

describe('parcel name', () => {
  const place = { run: 'r', phase: 'map', stream: 's', slice: '0001', batch: 7, attempt: 1 };

  test('shows where the parcel belongs', () => {
    const name = parcelName({ ...place, stream: 'clinic.pt_demog' });
    assert.equal(name, 'r/map/clinic.pt_demog/0001-000007-1');
    assert(name.startsWith(parcelsOfRun('r')));
  });

  test('is legal for every store, and no two places share one', async () => {
    const store = new MemoryStore(manualClock(new Date(0)));
    const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
    const places = fc.record({ stream: word, slice: word, attempt: word });
    await fc.assert(
      fc.asyncProperty(places, places, async (one, other) => {
        const [first, second] = [one, other].map((each) => parcelName({ ...place, ...each }));
        assert.equal(await store.get(first ?? ''), undefined);
        assert.equal(first === second, JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });
});

describe('sweeper', () => {
  test('removes old parcels that no manifest names, and only those', async () => {
    const clock = manualClock(new Date('2026-01-01'));
    const store = new MemoryStore(clock);
    for (let at = 0; at < 1_500; at++) await store.put(`run/map/s/0-${at}-1`, Buffer.from('xy'));
    await store.put('other/map/s/0-0-1', Buffer.from('xy'));
    clock.advance(10_000);
    await store.put('run/map/s/young', Buffer.from('xy'));
    const committed = new Set(['run/map/s/0-3-1', 'run/map/s/0-1400-1']);
    const sweep = { store, prefix: 'run/', olderThanMs: 5_000, clock, log: silentLog };
    const isCommitted = async (names: readonly string[]): Promise<Set<string>> =>
      new Set(names.filter((name) => committed.has(name)));
    const result = await sweepOrphans({ ...sweep, isCommitted });
    assert.deepEqual(result, { seen: 1_501, spared: 1, removed: 1_498, removedBytes: 2_996 });
    const left: string[] = [];
    for await (const { name } of store.list('')) left.push(name);
    assert.deepEqual(
      new Set(left),
      new Set([...committed, 'run/map/s/young', 'other/map/s/0-0-1']),
    );
  });
});

test('a seeded generator seals the same parcel twice, for simulation', () => {
  const once = sealParcel(packItems([Buffer.from('x')]), seededRandom(5));
  assert.deepEqual(sealParcel(packItems([Buffer.from('x')]), seededRandom(5)), once);
});

function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

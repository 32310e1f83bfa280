import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { hmacSha256Hex, sha256Hex } from '../../base/digest.ts';
import { silentLog } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import type { Target, Write } from '../../model/target.ts';
import { targetConformance } from '../conformance/target.ts';
import { ndjsonConnector } from './connector.ts';

const digest = hmacSha256Hex(Buffer.from('a key for tests'));
const signal = new AbortController().signal;

function targetIn(folder: string): Target {
  const parsed = ndjsonConnector('/').configuration.parse({ folder, plaintext: true });
  if ('problems' in parsed) throw new Error('the settings are wrong');
  const services = {
    clock: systemClock,
    random: seededRandom(folder),
    log: silentLog,
    digest,
    secret: () => Buffer.alloc(32, 7),
  };
  return ndjsonConnector('/').target?.create(parsed.value, services) as Target;
}

targetConformance('ndjson', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ndjson-'));
  return {
    target: targetIn(join(folder, 'export')),
    capabilities: ndjsonConnector('/').target!.capabilities,
    digest,
    dispose: () => rm(folder, { recursive: true }),
  };
});

let above: string;
let folder: string;
beforeEach(async () => {
  above = await mkdtemp(join(tmpdir(), 'ndjson-'));
  folder = join(above, 'export');
});
afterEach(() => rm(above, { recursive: true }));

function put(id: string, text: string, type = 'Basic'): Write {
  const body = Buffer.from(
    `{"code":{"text":"${text}"},"id":"${id}","n":1.10,"resourceType":"${type}"}`,
  );
  return { kind: 'put', type, id, body };
}

async function opened(): Promise<Target> {
  const target = targetIn(folder);
  await target.open(signal);
  return target;
}

interface Output {
  type: string;
  url: string;
  count: number;
  extension: Record<string, unknown>;
}

/** Every line that the manifest offers, after its digests have been checked. */
async function exported(): Promise<string[]> {
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as {
    output: Output[];
  };
  const lines: string[] = [];
  for (const { type, url, count, extension } of manifest.output) {
    const bytes = await readFile(join(folder, url));
    assert.equal(extension['urn:handover:sha256'], sha256Hex(bytes));
    assert.equal(extension['urn:handover:bytes'], bytes.length);
    const own = bytes.toString().split('\n').slice(0, -1);
    assert.equal(own.length, count);
    assert.ok(own.every((line) => line.includes(`"resourceType":"${type}"`)));
    lines.push(...own);
  }
  return lines.toSorted();
}

function texts(...writes: Write[]): string[] {
  return writes.map((write) => (write.kind === 'put' ? write.body.toString() : '')).toSorted();
}

describe('a folder in the layout of a bulk export', () => {
  test('the manifest offers each resource once, in its newest version, with the bytes it had', async () => {
    const target = await opened();
    await target.write([put('a', 'one'), put('b', 'one'), put('p', 'one', 'Patient')], signal);
    await target.write([put('a', 'two'), put('c', 'one')], signal);
    await target.write([{ kind: 'remove', type: 'Basic', id: 'b' }], signal);
    await target.close();
    const expected = texts(put('a', 'two'), put('c', 'one'), put('p', 'one', 'Patient'));
    assert.deepEqual(await exported(), expected);
    const parts = (await readdir(folder)).filter((name) => name.endsWith('.ndjson'));
    assert.equal(parts.length, 2, 'parts that hold nothing any more are gone');
  });

  test('what is delivered again after a crash adds nothing', async () => {
    const first = await opened();
    await first.write([put('a', 'one'), put('b', 'one')], signal);
    // The process dies here: no close, no manifest.
    const second = await opened();
    const receipts = await second.write([put('a', 'one'), put('b', 'one')], signal);
    assert.ok(receipts.every((one) => one.state === 'delivered' && one.unchanged));
    await second.close();
    assert.deepEqual(await exported(), texts(put('a', 'one'), put('b', 'one')));
    await first.close();
  });

  test('a part whose attempt died does not count and is swept, though never at once', async () => {
    await (await opened()).close();
    const orphan = join(folder, 'Basic.019283f0-0000-7000-8000-000000000000.ndjson');
    await writeFile(orphan, '{"id":"x","resourceType":"Basic"}\n');
    await (await opened()).close();
    assert.ok((await readdir(folder)).some((name) => orphan.endsWith(name)));
    const old = new Date(systemClock.now().getTime() - 2 * 3_600_000);
    await utimes(orphan, old, old);
    const target = await opened();
    assert.ok(!(await readdir(folder)).some((name) => orphan.endsWith(name)));
    await target.write([put('a', 'one')], signal);
    await target.close();
    assert.deepEqual(await exported(), texts(put('a', 'one')));
  });

  test('only the owner can read it', async () => {
    const target = await opened();
    await target.write([put('a', 'one')], signal);
    await target.close();
    for (const name of await readdir(folder, { recursive: true })) {
      const { mode } = await stat(join(folder, name));
      assert.equal(mode & 0o077, 0, name);
    }
  });

  test('a line that somebody changed is told', async () => {
    const target = await opened();
    await target.write([put('a', 'one'), put('b', 'one')], signal);
    const [part = ''] = (await readdir(folder)).filter((name) => name.endsWith('.ndjson'));
    const text = await readFile(join(folder, part), 'utf8');
    await writeFile(join(folder, part), text.replace('"text":"one"', '"text":"eno"'));
    const [a, b] = await target.fetch([put('a', ''), put('b', '')], 'body', signal);
    assert.notEqual(
      a?.state === 'present' && a.digest,
      digest(Buffer.from(texts(put('a', 'one'))[0]!)),
    );
    assert.equal(
      b?.state === 'present' && b.digest,
      digest(Buffer.from(texts(put('b', 'one'))[0]!)),
    );
    await writeFile(join(folder, part), text.slice(0, 20));
    await assert.rejects(target.scan(undefined, signal)[Symbol.asyncIterator]().next(), {
      code: 'folder-changed',
    });
    await target.close();
  });

  test('it is not undone, and nothing is touched when somebody tries', async () => {
    const target = await opened();
    await target.write([put('a', 'one')], signal);
    const revert: Write = { kind: 'revert', type: 'Basic', id: 'a', ifVersion: 1 };
    await assert.rejects(target.write([revert], signal), { code: 'revert-unsupported' });
    await target.close();
    assert.deepEqual(await exported(), texts(put('a', 'one')));
  });

  test('a folder of somebody else is left alone', async () => {
    folder = above;
    await writeFile(join(above, 'letter.txt'), 'dear');
    await assert.rejects(opened(), { code: 'folder-not-ours' });
    assert.deepEqual(await readdir(above), ['letter.txt']);
  });

  test('the plan must say that it wants plain text', () => {
    const { configuration } = ndjsonConnector('/');
    for (const given of [{ folder: 'x' }, { folder: 'x', plaintext: false }]) {
      const parsed = configuration.parse(given);
      assert.ok('problems' in parsed);
      assert.deepEqual(
        parsed.problems.map(({ path }) => path),
        ['plaintext'],
      );
    }
  });
});

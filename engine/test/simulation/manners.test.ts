import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { manualClock, type Clock } from '../../src/base/clock.ts';
import { HandoverError } from '../../src/base/errors.ts';
import { seededRandom } from '../../src/base/random.ts';
import { defaultRetry } from '../../src/base/retry.ts';
import { MemorySource } from '../../src/connectors/memory/source.ts';
import { MemoryTarget } from '../../src/connectors/memory/target.ts';
import type { RecordBatch } from '../../src/model/record.ts';
import type { ReadRequest } from '../../src/model/source.ts';
import { defaultPoliteness, PoliteTarget } from '../../src/run/politeTarget.ts';
import { openLedgerDatabase, type LedgerDatabase } from './ledgerDatabase.ts';
import { answered, ScriptedTarget, type Script } from './scripted.ts';
import { Stand } from './stand.ts';

const busy: Script['write'] = async (batch) =>
  answered(batch, { state: 'transient', code: 'http-503' });

const unreachable = async (): Promise<never> => {
  throw new HandoverError('target-unreachable', 'No connection.', { failure: 'transient' });
};

/** A source that takes a scripted time for each batch and notes when it was asked for one. */
class SlowSource extends MemorySource {
  readonly askedMs: number[] = [];
  readonly #clock: Clock;
  readonly #latencyMs: (batch: number) => number;

  constructor(
    tables: ConstructorParameters<typeof MemorySource>[0],
    clock: Clock,
    latencyMs: (batch: number) => number,
  ) {
    super(tables);
    this.#clock = clock;
    this.#latencyMs = latencyMs;
  }

  override async *read(request: ReadRequest, signal: AbortSignal): AsyncGenerator<RecordBatch> {
    const paced = request.stream.name === 'person';
    for await (const batch of super.read(request, signal)) {
      if (paced) {
        this.askedMs.push(this.#clock.monotonicMs());
        await this.#clock.sleep(this.#latencyMs(this.askedMs.length - 1));
      }
      yield batch;
    }
  }
}

describe('manners towards both ends', () => {
  let ledger: LedgerDatabase;
  before(async () => {
    ledger = await openLedgerDatabase();
  });
  after(() => ledger.close());
  beforeEach(() => ledger.reset());

  function standWith(
    script: Script,
    options: { seed?: number; slices?: number; people?: number } = {},
  ): { stand: Stand; chart: ScriptedTarget } {
    let chart!: ScriptedTarget;
    const stand = new Stand(ledger, {
      seed: 1,
      people: 40,
      records: 5,
      ...options,
      chart: (key, clock) => {
        const memory = new MemoryTarget((data) => key.digest(data).toString('hex'));
        chart = new ScriptedTarget(memory, clock, script);
        return chart;
      },
    });
    return { stand, chart };
  }

  it('R17 Retry-After is honoured, by requests of every kind', async () => {
    let asked = false;
    let askedAtMs = 0;
    const { stand, chart } = standWith({
      write: async (batch, commit) => {
        if (asked) return commit();
        asked = true;
        askedAtMs = stand.clock.monotonicMs();
        return answered(batch, { state: 'transient', code: 'http-429', retryAfterMs: 45_000 });
      },
    });
    assert.equal((await stand.run()).state, 'finished');
    const next = chart.requestsMs.find((atMs) => atMs > askedAtMs) ?? 0;
    assert.ok(next - askedAtMs >= 45_000, `${next - askedAtMs} ms`);
  });

  it('R17 retries are few, jittered and further and further apart', async () => {
    const gaps = new Set<string>();
    for (const seed of [1, 2, 3]) {
      await ledger.reset();
      const { stand, chart } = standWith({ write: busy }, { seed });
      assert.deepEqual(await stand.run(), { state: 'paused', code: 'target-unavailable' });
      assert.equal(chart.writesMs.length, defaultRetry.attempts);
      const delays = chart.writesMs.slice(1).map((atMs, at) => atMs - (chart.writesMs[at] ?? 0));
      for (const [at, delayMs] of delays.entries()) {
        const most = defaultRetry.firstDelayMs * 2 ** at;
        assert.ok(delayMs >= most / 2 && delayMs <= most, `try ${at + 2} after ${delayMs} ms`);
      }
      gaps.add(delays.join());
    }
    assert.equal(gaps.size, 3, 'no two seeds wait alike');
  });

  it('R17 a target that is down is left alone, and the run goes on when it is back', async () => {
    const { stand, chart } = standWith({ write: busy }, { slices: 8 });
    // The site loads; then eight slices of people find the target down.
    let writes = 0;
    chart.script = {
      write: (_, commit) => (writes++ === 0 ? commit() : unreachable()),
      fetch: (answer) => (writes <= 1 ? answer() : unreachable()),
    };
    assert.deepEqual(await stand.run(), { state: 'paused', code: 'target-unavailable' });
    const tried = chart.requestsMs.length;
    assert.ok(tried <= 10 + 2 * defaultPoliteness.failures, `${tried} requests`);
    assert.deepEqual(await stand.resume(), { state: 'paused', code: 'target-unavailable' });
    assert.equal(chart.requestsMs.length, tried, 'none while the circuit is open');
    stand.clock.advance(defaultPoliteness.restMs);
    chart.script = { write: (_, commit) => commit() };
    assert.deepEqual(await stand.resume(), { state: 'finished', code: 'none' });
  });

  it('R17 no more requests at once than agreed', async () => {
    const clock = manualClock(new Date(0));
    let underWay = 0;
    let most = 0;
    const slow = new ScriptedTarget(new MemoryTarget(() => ''), clock, {
      write: async (_, commit) => {
        most = Math.max(most, ++underWay);
        await new Promise((resolve) => setImmediate(resolve));
        underWay--;
        return commit();
      },
    });
    const polite = new PoliteTarget(slow, { clock, random: seededRandom(1) });
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 30 }, () => polite.write([], signal)));
    assert.equal(most, defaultPoliteness.concurrency);
    assert.equal(slow.writesMs.length, 30);
  });

  it('R17 a source under load is read more slowly, and at full speed afterwards', async () => {
    let source!: SlowSource;
    const burdened = { from: 5, to: 14 };
    const latencyMs = (batch: number): number =>
      batch >= burdened.from && batch < burdened.to ? 1_000 : 100;
    const stand = new Stand(ledger, {
      seed: 1,
      people: 200,
      records: 5,
      chart: (key) => new MemoryTarget((data) => key.digest(data).toString('hex')),
      source: (tables, clock) => (source = new SlowSource(tables, clock, latencyMs)),
    });
    assert.equal((await stand.run()).state, 'finished');
    const rests = source.askedMs.slice(1).map((atMs, at) => {
      return atMs - (source.askedMs[at] ?? 0) - latencyMs(at);
    });
    const most = (from: number, to: number): number => Math.max(...rests.slice(from, to));
    assert.equal(most(0, burdened.from), 0, 'no rest while it is quick');
    assert.ok(most(burdened.from, burdened.to) >= 1_000, rests.join());
    assert.equal(most(rests.length - 10, rests.length), 0, 'none when the burden is gone');
  });
});

import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { HandoverError } from '../base/errors.ts';
import type { DurableContext, DurableEngine } from './engine.ts';
import { DurableFailure } from './failure.ts';
import { token } from './storable.ts';
import type { Storable } from './storable.ts';

export interface Bench {
  /** A new engine on the bench's one store; the one before it was closed. */
  engine(): DurableEngine;
  /** All that the store holds, as text. */
  dump(): Promise<string>;
  close(): Promise<void>;
}

/** What every durable engine must do; run by each of them, on its own bench. */
export function durableConformance(name: string, openBench: () => Promise<Bench>): void {
  describe(`durable engine: ${name}`, () => {
    let bench: Bench | undefined;
    let engines: DurableEngine[] = [];
    const launch = async (
      prepare: (engine: DurableEngine) => void,
      role = { work: true, concurrency: 2 },
    ): Promise<DurableEngine> => {
      bench ??= await openBench();
      const engine = bench.engine();
      engines.push(engine);
      prepare(engine);
      await engine.launch(role);
      return engine;
    };
    afterEach(async () => {
      for (const engine of engines) await engine.close({ drainMs: 2_000 });
      engines = [];
      await bench?.close();
      bench = undefined;
    });
    const dump = async (): Promise<string> => (await bench?.dump()) ?? '';

    results(launch, dump);
    history(launch);
    waiting(launch);
    families(launch);
    stopping(launch);
    closing(launch);
  });
}

type Launch = (
  prepare: (engine: DurableEngine) => void,
  role?: { work: boolean; concurrency: number },
) => Promise<DurableEngine>;

function results(launch: Launch, dump: () => Promise<string>): void {
  it('runs a workflow once for any number of starts', async () => {
    let runs = 0;
    const engine = await launch((e) =>
      e.register('double', 'slice', async (context, input: { count: number }) => {
        const count = await context.step('double', async () => (runs++, input.count * 2));
        return { id: token(context.id), count };
      }),
    );
    await engine.start('double', 'd-1', { count: 4 });
    await engine.start('double', 'd-1', { count: 5 });
    assert.deepEqual(await engine.result('d-1'), { id: 'd-1', count: 8 });
    await engine.start('double', 'd-1', { count: 6 });
    assert.deepEqual(await engine.result('d-1'), { id: 'd-1', count: 8 });
    assert.equal(runs, 1);
    const status = await engine.status('d-1');
    assert.deepEqual(status, { id: 'd-1', state: 'finished', attempts: 1 });
  });

  it('refuses what it does not know', async () => {
    const engine = await launch((e) => {
      e.register('one', 'slice', async () => 1);
      e.register('two', 'slice', async () => 2);
    });
    await assert.rejects(engine.start('three', 'x', null), { code: 'durable-not-registered' });
    await engine.start('one', 'x', null);
    await assert.rejects(engine.start('two', 'x', null), { code: 'durable-id-taken' });
    await assert.rejects(engine.start('one', 'x~1', null), { code: 'durable-id-refused' });
    await assert.rejects(engine.result('y'), { code: 'durable-not-found' });
    assert.equal(await engine.status('y'), undefined);
  });

  it('keeps the code of a failure and nothing else of it', async () => {
    const secret = 'Zebulon';
    const engine = await launch((e) => {
      e.register('coded', 'slice', async (context) =>
        context.step('fail', async () => {
          throw new HandoverError('target-refused', `for ${secret}`, {
            failure: 'ambiguous',
            exitCode: 7,
            next: secret,
            cause: new Error(secret),
          });
        }),
      );
      e.register('thrown', 'slice', async () => {
        throw Object.assign(new TypeError(secret), { detail: secret });
      });
    });
    await engine.start('coded', 'c', null);
    await engine.start('thrown', 't', null);
    await assert.rejects(engine.result('c'), (error) => {
      assert.ok(error instanceof DurableFailure);
      assert.deepEqual(
        [error.code, error.failure, error.exitCode],
        ['target-refused', 'ambiguous', 7],
      );
      return true;
    });
    await assert.rejects(engine.result('t'), { code: 'unexpected' });
    assert.equal((await engine.status('c'))?.code, 'target-refused');
    assert.ok(!(await dump()).includes(secret));
  });

  it('stores ids, counts and tokens only', async () => {
    const prose = 'Zebulon Pike, 12 Main Street' as unknown as Storable;
    const engine = await launch((e) => {
      e.register('returns', 'slice', async () => ({ prose }));
      e.register('steps', 'slice', async (context) => context.step('leak', async () => prose));
    });
    await assert.rejects(engine.start('returns', 'in', prose), { code: 'durable-value-refused' });
    await engine.start('returns', 'out', null);
    await engine.start('steps', 'step', null);
    await assert.rejects(engine.result('out'), { code: 'durable-value-refused' });
    await assert.rejects(engine.result('step'), { code: 'durable-value-refused' });
    assert.ok(!(await dump()).includes('Zebulon'));
  });
}

function history(launch: Launch): void {
  it('does not run a finished step again, nor one that failed', async () => {
    const ran: string[] = [];
    const body = async (context: DurableContext): Promise<Storable> => {
      const first = await context.step('first', async () => (ran.push('first'), 1));
      const second = await context
        .step('second', async () => {
          ran.push('second');
          throw new HandoverError('no-luck', 'no luck');
        })
        .catch((error: unknown) => (error instanceof DurableFailure ? error.code : 'other'));
      await context.waitForSignal('go');
      return { first, second: token(second) };
    };
    const register = (e: DurableEngine): void => e.register('replay', 'slice', body);
    const before = await launch(register);
    await before.start('replay', 'r', null);
    await until(() => ran.length === 2);
    await before.close({ drainMs: 2_000 });
    const after = await launch(register);
    await after.signal('r', 'go', null);
    assert.deepEqual(await after.result('r'), { first: 1, second: 'no-luck' });
    assert.deepEqual(ran, ['first', 'second']);
  });

  it('refuses a replay in another order', async () => {
    let steps = ['a', 'b'];
    const register = (e: DurableEngine): void =>
      e.register('order', 'slice', async (context) => {
        for (const step of steps) await context.step(step, async () => 1);
        return context.waitForSignal('go');
      });
    const before = await launch(register);
    await before.start('order', 'o', null);
    await until(async () => (await before.status('o'))?.state === 'running');
    await until(async () => true, 300);
    await before.close({ drainMs: 2_000 });
    steps = ['b', 'a'];
    const after = await launch(register);
    await assert.rejects(after.result('o'), { code: 'durable-replay-differs' });
  });

  it('refuses calls that overlap', async () => {
    const engine = await launch((e) =>
      e.register('both', 'slice', async (context) => {
        const both = [context.step('a', async () => 1), context.step('b', async () => 2)];
        const ends = await Promise.allSettled(both);
        return ends.map((end) => token(end.status));
      }),
    );
    await engine.start('both', 'b', null);
    assert.deepEqual(await engine.result('b'), ['fulfilled', 'rejected']);
  });

  it('continues as new under the same id', async () => {
    const engine = await launch((e) =>
      e.register('loop', 'slice', async (context, input: { from: number }) => {
        const next = await context.step('batch', async () => input.from + 1);
        if (next < 5) await context.continueAsNew({ from: next });
        return { id: token(context.id), next };
      }),
    );
    await engine.start('loop', 'l', { from: 0 });
    assert.deepEqual(await engine.result('l'), { id: 'l', next: 5 });
    assert.equal((await engine.status('l'))?.state, 'finished');
    assert.equal(await engine.forget('l'), 5);
    assert.equal(await engine.status('l'), undefined);
  });
}

function waiting(launch: Launch): void {
  it('sleeps, and wakes for a signal that came first', async () => {
    const engine = await launch((e) =>
      e.register('wait', 'coordinator', async (context) => {
        await context.sleep(30);
        return context.waitForSignal('approval');
      }),
    );
    await engine.signal('w', 'approval', { gate: token('g1') });
    await engine.signal('w', 'approval', { gate: token('g2') });
    await engine.start('wait', 'w', null);
    assert.deepEqual(await engine.result('w'), { gate: 'g1' });
  });

  it('stops waiting for a result when told to', async () => {
    const engine = await launch((e) =>
      e.register('wait', 'coordinator', (context) => context.waitForSignal('never')),
    );
    await engine.start('wait', 'w', null);
    const stop = new AbortController();
    const result = engine.result('w', stop.signal);
    stop.abort(new Error('enough'));
    await assert.rejects(result, /enough/);
  });
}

function families(launch: Launch): void {
  it('runs children within the concurrency and answers for each', async () => {
    let running = 0;
    let most = 0;
    const engine = await launch((e) => {
      e.register('parent', 'coordinator', async (context, input: { children: number }) => {
        const ids = Array.from({ length: input.children }, (_, n) => token(`${context.id}/${n}`));
        const children = ids.map((id, n) => ({ name: 'child', id, input: { n } }));
        const outcomes = await context.runChildren(children);
        return outcomes.map((o) => token(o.state === 'failed' ? o.code : o.state));
      });
      e.register('child', 'slice', async (context, input: { n: number }) => {
        await context.step('work', async () => {
          most = Math.max(most, ++running);
          await new Promise((resolve) => setTimeout(resolve, 10));
          return --running;
        });
        if (input.n === 3) throw new HandoverError('broken', 'broken');
        return input.n;
      });
    });
    await engine.start('parent', 'p', { children: 6 });
    const states = ['finished', 'finished', 'finished', 'broken', 'finished', 'finished'];
    assert.deepEqual(await engine.result('p'), states);
    assert.ok(most <= 2, `at most ${most} at once`);
    assert.equal(await engine.forget('p'), 7);
  });
}

function stopping(launch: Launch): void {
  const register = (e: DurableEngine): void => {
    e.register('parent', 'coordinator', async (context) => {
      const children = ['a', 'b'].map((n) => ({
        name: 'child',
        id: `${context.id}/${n}`,
        input: 0,
      }));
      const outcomes = await context.runChildren(children);
      return outcomes.map(({ state }) => token(state));
    });
    e.register('child', 'slice', async (context) => {
      await context.step('begin', async () => 1);
      return context.waitForSignal('go');
    });
  };
  const state = async (engine: DurableEngine, id: string): Promise<string> =>
    (await engine.status(id))?.state ?? 'none';

  it('pauses a family and resumes it', async () => {
    const engine = await launch(register);
    await engine.start('parent', 'p', null);
    await until(async () => (await state(engine, 'p/b')) === 'running');
    await engine.pause('p');
    for (const id of ['p', 'p/a', 'p/b']) assert.equal(await state(engine, id), 'paused');
    await assert.rejects(engine.forget('p'), { code: 'durable-unfinished' });
    await engine.signal('p/a', 'go', 1);
    await engine.signal('p/b', 'go', 1);
    await until(async () => true, 150);
    assert.equal(await state(engine, 'p/a'), 'paused');
    await engine.resume('p');
    assert.deepEqual(await engine.result('p'), ['finished', 'finished']);
  });

  it('cancels for good, and a parent hears of a cancelled child', async () => {
    const engine = await launch(register);
    await engine.start('parent', 'p', null);
    await until(async () => (await state(engine, 'p/b')) === 'running');
    await engine.cancel('p/a');
    await engine.pause('p');
    await engine.resume('p');
    await engine.signal('p/b', 'go', 1);
    assert.deepEqual(await engine.result('p'), ['cancelled', 'finished']);
    await engine.start('parent', 'q', null);
    await engine.cancel('q');
    await assert.rejects(engine.result('q'), { code: 'durable-cancelled' });
    await assert.rejects(engine.resume('q'), { code: 'durable-cancelled' });
    assert.ok((await engine.forget('q')) >= 1);
  });

  it('lets a step under way see that it was stopped', async () => {
    let seen = '';
    const engine = await launch((e) =>
      e.register('slow', 'slice', (context) =>
        context.step('wait', async () => {
          await new Promise((resolve) =>
            context.aborted.addEventListener('abort', resolve, { once: true }),
          );
          seen = (context.aborted.reason as HandoverError).code;
          return 1;
        }),
      ),
    );
    await engine.start('slow', 's', null);
    await until(async () => (await state(engine, 's')) === 'running');
    await engine.pause('s');
    await until(() => seen === 'durable-claim-lost');
    assert.equal(await state(engine, 's'), 'paused');
  });
}

function closing(launch: Launch): void {
  it('finishes the step under way, begins no other, and hands back', async () => {
    const ran: number[] = [];
    const register = (e: DurableEngine): void =>
      e.register('steps', 'slice', async (context) => {
        for (let n = 0; n < 20; n++) {
          await context.step('work', async () => {
            await new Promise((resolve) => setTimeout(resolve, 20));
            return ran.push(n);
          });
        }
        return ran.length;
      });
    const before = await launch(register);
    await before.start('steps', 's', null);
    await until(() => ran.length >= 3);
    await before.close({ drainMs: 2_000 });
    const done = ran.length;
    assert.ok(done < 20);
    const watcher = await launch(register, { work: false, concurrency: 0 });
    assert.equal((await watcher.status('s'))?.state, 'waiting');
    await watcher.close({ drainMs: 0 });
    const after = await launch(register);
    await after.result('s');
    assert.deepEqual(
      ran,
      Array.from({ length: 20 }, (_, n) => n),
    );
  });

  it('gives up on a step that does not end, which then runs again', async () => {
    let attempts = 0;
    const register = (e: DurableEngine): void =>
      e.register('stuck', 'slice', (context) =>
        context.step('wait', async () => {
          if (++attempts > 1) return attempts;
          await new Promise((resolve) =>
            context.aborted.addEventListener('abort', resolve, { once: true }),
          );
          throw new HandoverError('interrupted', 'interrupted');
        }),
      );
    const before = await launch(register);
    await before.start('stuck', 's', null);
    await until(() => attempts === 1);
    await before.close({ drainMs: 50 });
    const after = await launch(register);
    assert.equal(await after.result('s'), 2);
  });
}

/** Polls until `done`; with `afterMs`, not before so long. */
export async function until(done: () => boolean | Promise<boolean>, afterMs = 0): Promise<void> {
  const begun = performance.now();
  for (;;) {
    const elapsedMs = performance.now() - begun;
    if (elapsedMs >= afterMs && (await done())) return;
    if (elapsedMs > 15_000) throw new Error('waited 15 s in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { HandoverError } from '../../src/base/errors.ts';
import { MemoryTarget } from '../../src/connectors/memory/target.ts';
import { openLedgerDatabase, type LedgerDatabase } from './ledgerDatabase.ts';
import { contentsOf } from './recount.ts';
import { answered, ScriptedTarget, type Script } from './scripted.ts';
import { Stand } from './stand.ts';

/** What becomes of the answer once the target has committed. */
const losses: Readonly<Record<string, Script['write']>> = {
  'times out': async (_, commit) => {
    await commit();
    throw new HandoverError('target-timeout', 'No answer came.', { failure: 'ambiguous' });
  },
  'resets the connection': async (_, commit) => {
    await commit();
    throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
  },
  'answers 500': async (batch, commit) => {
    await commit();
    return answered(batch, { state: 'ambiguous', code: 'http-500' });
  },
};

const people = 25;

describe('a target that commits and then loses the answer', () => {
  let ledger: LedgerDatabase;
  before(async () => {
    ledger = await openLedgerDatabase();
  });
  after(() => ledger.close());
  beforeEach(() => ledger.reset());

  function standWith(script: Script): {
    stand: Stand;
    memory: MemoryTarget;
    chart: ScriptedTarget;
  } {
    let memory!: MemoryTarget;
    let chart!: ScriptedTarget;
    const stand = new Stand(ledger, {
      seed: 1,
      people,
      records: 10,
      chart: (key, clock) => {
        memory = new MemoryTarget((data) => key.digest(data).toString('hex'));
        chart = new ScriptedTarget(memory, clock, script);
        return chart;
      },
    });
    return { stand, memory, chart };
  }

  async function assertOneObjectPerKey(memory: MemoryTarget): Promise<void> {
    const contents = await contentsOf(memory);
    assert.equal(contents.size, people + 1);
    assert.deepEqual([...new Set([...contents.values()].map(({ version }) => version))], [1]);
  }

  for (const [name, write] of Object.entries(losses)) {
    it(`R03 ${name} on every request: one object per source key`, async () => {
      const { stand, memory } = standWith({ write });
      assert.deepEqual(await stand.run(), { state: 'finished', code: 'none' });
      await assertOneObjectPerKey(memory);
    });

    it(`R03 ${name}, and cannot be asked either: pauses, and finishes once it is back`, async () => {
      let away = false;
      const { stand, memory, chart } = standWith({
        write: (batch, commit) => {
          away = true;
          return write(batch, commit);
        },
        fetch: async (answer) => {
          if (!away) return answer();
          throw new HandoverError('target-timeout', 'No answer came.', { failure: 'ambiguous' });
        },
      });
      assert.deepEqual(await stand.run(), { state: 'paused', code: 'target-unavailable' });
      assert.ok((await contentsOf(memory)).size > 0, 'it had committed');
      chart.script = { write: (_, commit) => commit() };
      stand.clock.advance(60_000);
      assert.deepEqual(await stand.resume(), { state: 'finished', code: 'none' });
      await assertOneObjectPerKey(memory);
    });
  }
});

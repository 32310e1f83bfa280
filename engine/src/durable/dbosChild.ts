/**
 * A worker process for the tests that kill one: `node dbosChild.ts URL NAME`. It says `ready MS` once
 * launched, `lost CODE ID` when a workflow was taken from it, and closes at SIGTERM. Each batch
 * commits to table `progress`, whose key is the compare-and-set of a real batch.
 */
import { Pool } from 'pg';
import { systemClock } from '../base/clock.ts';
import { silentLog } from '../base/log.ts';
import { systemRandom } from '../base/random.ts';
import { dbosEngine } from './dbos.ts';
import type { DurableContext, DurableEngine } from './engine.ts';
import { token } from './storable.ts';

export type RunInput = { slices: number; batches: number; batchMs: number };
type SliceInput = { from: number; batches: number; batchMs: number };

/** The slices of a run, `batches` steps each, every third of them in a generation of its own. */
export function registerRun(engine: DurableEngine, pool: Pool): void {
  engine.register('run', 'coordinator', async (context, input: RunInput) => {
    const { slices, batches, batchMs } = input;
    const outcomes = await context.runChildren(
      Array.from({ length: slices }, (_, n) => {
        const id = token(`${context.id}/${n}`);
        return { name: 'slice', id, input: { from: 0, batches, batchMs } };
      }),
    );
    return outcomes.filter((outcome) => outcome.state === 'finished').length;
  });
  engine.register('slice', 'slice', async (context, input: SliceInput) => {
    context.aborted.addEventListener('abort', () => sayLost(context));
    for (let batch = input.from; batch < input.batches; batch++) {
      await context.step('batch', () => commitBatch(context, pool, engine.worker, batch, input));
      if (batch % 3 === 2 && batch + 1 < input.batches) {
        await context.continueAsNew({ ...input, from: batch + 1 });
      }
    }
    return input.batches;
  });
}

async function commitBatch(
  context: DurableContext,
  pool: Pool,
  worker: string,
  batch: number,
  { batchMs }: SliceInput,
): Promise<number> {
  if (batchMs > 0) await systemClock.sleep(batchMs);
  for (;;) {
    try {
      const { rowCount } = await pool.query(
        'insert into progress (slice, batch, worker) values ($1, $2, $3) on conflict do nothing',
        [context.id, batch, worker],
      );
      return rowCount ?? 0;
    } catch {
      await systemClock.sleep(50, context.aborted);
    }
  }
}

function sayLost(context: DurableContext): void {
  const { code } = context.aborted.reason as { code: string };
  process.stdout.write(`lost ${code} ${context.id}\n`);
}

async function main(url: string, name: string): Promise<void> {
  const pool = new Pool({ connectionString: url, max: 4 });
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const engine = dbosEngine({
    url,
    name,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    pollMs: 20,
    beatMs: 200,
    lapseMs: 1_000,
  });
  registerRun(engine, pool);
  const begun = systemClock.monotonicMs();
  await engine.launch({ work: true, concurrency: 4 });
  const launched = systemClock.monotonicMs();
  process.stdout.write(`ready ${Math.round(launched)} ${Math.round(launched - begun)}\n`);
  process.once('SIGTERM', () => {
    void engine
      .close({ drainMs: 5_000 })
      .then(() => pool.end())
      .then(() => process.exit(0));
  });
}

if (import.meta.main) {
  const [url = '', name = ''] = process.argv.slice(2);
  await main(url, name);
}

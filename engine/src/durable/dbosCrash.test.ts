import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Pool } from 'pg';
import { systemClock } from '../base/clock.ts';
import { silentLog } from '../base/log.ts';
import { systemRandom } from '../base/random.ts';
import { until } from './conformance.ts';
import { dbosEngine } from './dbos.ts';
import { freshControl, freshUnmigrated } from './testing.ts';
import type { FreshControl } from './testing.ts';
import { registerRun } from './dbosChild.ts';
import type { RunInput } from './dbosChild.ts';
import type { DurableEngine } from './engine.ts';

class Worker {
  readonly process: ChildProcess;
  readonly ready: Promise<void>;
  readonly ended: Promise<number | null>;
  output = '';

  constructor(url: string, name: string) {
    const program = new URL('./dbosChild.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, [program, url, name], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.process = child;
    this.ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    child.stdout.on('data', (text: Buffer) => (this.output += text.toString()));
    this.ready = until(() => this.output.includes('ready'));
  }

  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }
}

describe('workers that die', () => {
  let control: FreshControl;
  let pool: Pool;
  let watcher: DurableEngine;
  let workers: Worker[] = [];

  const prepare = async (from: () => Promise<FreshControl>): Promise<void> => {
    control = await from();
    pool = new Pool({ connectionString: control.url, max: 2 });
    pool.on('error', () => undefined);
    pool.on('connect', (client) => client.on('error', () => undefined));
    await pool.query(
      'create table progress (slice text, batch int, worker text, primary key (slice, batch))',
    );
  };
  const watch = async (): Promise<void> => {
    const { url } = control;
    const services = { clock: systemClock, random: systemRandom, log: silentLog };
    watcher = dbosEngine({ url, name: 'watcher', ...services });
    registerRun(watcher, pool);
    await watcher.launch({ work: false, concurrency: 0 });
  };
  const hire = async (count: number): Promise<Worker[]> => {
    const hired = Array.from({ length: count }, (_, n) => new Worker(control.url, `w${n}`));
    workers.push(...hired);
    await Promise.all(hired.map((worker) => worker.ready));
    return hired;
  };
  const begin = (input: RunInput): Promise<void> => watcher.start('run', 'r', input);
  const batches = async (): Promise<number> => {
    const { rows } = await pool.query<{ n: number }>('select count(*)::int as n from progress');
    return rows[0]?.n ?? 0;
  };
  /** The workers that hold running workflows, by process. */
  const holders = async (name: string): Promise<number> => {
    const { rows } = await pool.query<{ n: number }>(
      `select count(*)::int as n from dbos.workflow_status s join handover.worker w
       on w.id::text = s.executor_id where s.status = 'PENDING' and s.name = 'slice' and w.name = $1`,
      [name],
    );
    return rows[0]?.n ?? 0;
  };

  beforeEach(() => (workers = []));
  afterEach(async () => {
    for (const worker of workers) worker.kill('SIGKILL');
    await Promise.all(workers.map((worker) => worker.ended));
    await watcher.close({ drainMs: 0 });
    await pool.end();
    await control.drop();
  });
  it('makes its tables once, however many begin at once', async () => {
    await prepare(freshUnmigrated);
    await Promise.all([hire(3), watch()]);
    await begin({ slices: 3, batches: 1, batchMs: 0 });
    assert.equal(await watcher.result('r', AbortSignal.timeout(20_000)), 3);
  });

  it('finishes 60 of 60 slices when one of three workers is killed', async (t) => {
    await prepare(freshControl);
    await watch();
    const [victim] = await hire(3);
    await begin({ slices: 60, batches: 4, batchMs: 20 });
    await until(async () => (await batches()) > 30 && (await holders('w0')) > 0);
    victim?.kill('SIGKILL');
    const killed = performance.now();
    await until(async () => (await holders('w0')) === 0);
    t.diagnostic(`taken over after ${Math.round(performance.now() - killed)} ms`);
    assert.equal(await watcher.result('r', AbortSignal.timeout(20_000)), 60);
    t.diagnostic(`run finished ${Math.round(performance.now() - killed)} ms after the kill`);
    assert.equal(await batches(), 240);
  });

  it('finishes a run whose every worker was killed, coordinator and all', async () => {
    await prepare(freshControl);
    await watch();
    for (const worker of await hire(2)) {
      if (workers.length === 2)
        await watcher.start('run', 'r', { slices: 10, batches: 6, batchMs: 30 });
      await until(async () => (await batches()) > 5);
      worker.kill('SIGKILL');
    }
    await hire(1);
    assert.equal(await watcher.result('r', AbortSignal.timeout(20_000)), 10);
    assert.equal(await batches(), 60);
  });

  it('takes over from a worker that was stopped, and tells it when it goes on', async (t) => {
    await prepare(freshControl);
    await watch();
    const [stopped] = await hire(1);
    await begin({ slices: 4, batches: 8, batchMs: 60 });
    await until(async () => (await batches()) > 4);
    stopped?.kill('SIGSTOP');
    const since = performance.now();
    await hire(1);
    assert.equal(await watcher.result('r', AbortSignal.timeout(20_000)), 4);
    t.diagnostic(`finished by another ${Math.round(performance.now() - since)} ms after the stop`);
    assert.equal(await batches(), 32);
    stopped?.kill('SIGCONT');
    const revived = performance.now();
    await until(() => stopped?.output.includes('lost durable-claim-lost') ?? false);
    t.diagnostic(`told after ${Math.round(performance.now() - revived)} ms`);
    const again = performance.now();
    await watcher.start('run', 's', { slices: 8, batches: 1, batchMs: 20 });
    assert.equal(await watcher.result('s', AbortSignal.timeout(20_000)), 8);
    t.diagnostic(
      `next run, the revived one at work, took ${Math.round(performance.now() - again)} ms`,
    );
  });

  it('puts back what it claimed but never began', async () => {
    await prepare(freshControl);
    await watch();
    await watcher.start('slice', 'x', { from: 0, batches: 1, batchMs: 0 });
    await pool.query(`update dbos.workflow_status set queue_name = 'nowhere'`);
    await hire(1);
    await pool.query(
      `update dbos.workflow_status s set status = 'PENDING', queue_name = 'handover.slice',
         owner_xid = 'never-told', executor_id = w.id from handover.worker w`,
    );
    assert.equal(await watcher.result('x', AbortSignal.timeout(10_000)), 1);
  });

  it('waits out a database that drops every connection', async () => {
    await prepare(freshControl);
    await watch();
    await hire(1);
    await begin({ slices: 8, batches: 8, batchMs: 40 });
    for (let times = 0; times < 4; times++) {
      const before = await batches();
      await until(async () => (await batches()) > before + 3);
      await pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()`,
      );
    }
    assert.equal(await watcher.result('r', AbortSignal.timeout(20_000)), 8);
    assert.equal(await batches(), 64);
  });

  it('hands everything back at once when told to close', async (t) => {
    await prepare(freshControl);
    await watch();
    const [leaving] = await hire(1);
    await begin({ slices: 8, batches: 5, batchMs: 100 });
    await until(async () => (await batches()) > 2);
    leaving?.kill('SIGTERM');
    const since = performance.now();
    assert.equal(await leaving?.ended, 0);
    t.diagnostic(`closed after ${Math.round(performance.now() - since)} ms`);
    const { rows } = await pool.query(`select from dbos.workflow_status where status = 'PENDING'`);
    assert.equal(rows.length, 0);
    const { rows: known } = await pool.query('select from handover.worker');
    assert.equal(known.length, 0);
    await hire(1);
    assert.equal(await watcher.result('r', AbortSignal.timeout(20_000)), 8);
    assert.equal(await batches(), 40);
  });
});

import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { it } from 'node:test';
import { systemClock } from '../base/clock.ts';
import { HandoverError, exitCodes } from '../base/errors.ts';
import { silentLog } from '../base/log.ts';
import { systemRandom } from '../base/random.ts';
import { startEmbedded } from '../store/embedded.ts';
import { provision, withClient } from '../store/provision.ts';
import { temporaryFolder } from '../store/testing.ts';
import { dbosEngine } from './dbos.ts';

const workers = new URL('../store/migrations/control/0002_workers.sql', import.meta.url);

it('tells who waits that the database is away, and serves again when it is back', async () => {
  const folder = await temporaryFolder();
  const options = { folder, log: silentLog, settings: { fsync: 'off' } };
  const server = await startEmbedded(options);
  await provision(server.superuser, [{ database: 'control', role: 'control' }]);
  const spec = server.connection('control', 'control');
  await withClient(spec, async (client) => {
    await client.query('create schema handover');
    await client.query(await readFile(workers, 'utf8'));
  });
  const engine = dbosEngine({
    url: spec.url,
    name: 'w',
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    beatMs: 50,
    awayMs: 300,
  });
  engine.register('wait', 'slice', (context) => context.waitForSignal('go'));
  await engine.launch({ work: true, concurrency: 1 });
  try {
    await engine.start('wait', 'w1', 1);
    const first = engine.result('w1');
    await server.stop();
    await assert.rejects(first, (error: unknown) => {
      assert.ok(error instanceof HandoverError);
      assert.equal(error.code, 'database-unavailable');
      assert.equal(error.exitCode, exitCodes.unavailable);
      return true;
    });
    await startEmbedded(options);
    await systemClock.sleep(500);
    await engine.signal('w1', 'go', 7);
    assert.equal(await engine.result('w1', AbortSignal.timeout(20_000)), 7);
  } finally {
    await engine.close({ drainMs: 1_000 });
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

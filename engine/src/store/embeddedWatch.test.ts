import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../base/clock.ts';
import { silentLog } from '../base/log.ts';
import { startEmbedded, type EmbeddedServer } from './embedded.ts';
import { keepEmbedded, type EmbeddedKeeper } from './embeddedWatch.ts';
import { withClient } from './provision.ts';
import { temporaryFolder } from './testing.ts';

describe('a watched server', () => {
  let folder: string;
  let server: EmbeddedServer;
  let keeper: EmbeddedKeeper;

  beforeEach(async () => {
    folder = await temporaryFolder();
    const options = { folder, log: silentLog, settings: { fsync: 'off' } };
    server = await startEmbedded(options);
    keeper = keepEmbedded(options, server);
  });
  afterEach(async () => {
    await keeper.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('is started again when it was killed, and stopped with its keeper', async () => {
    const killed = await server.pid();
    assert.ok(killed);
    process.kill(killed, 'SIGKILL');
    for (let waited = 0; waited < 300; waited++) {
      const pid = await server.pid();
      if (pid !== undefined && pid !== killed) break;
      await systemClock.sleep(50);
    }
    await keeper.close();
    assert.equal(await server.pid(), undefined);
  });

  it('is left running while another program uses it', async () => {
    await withClient(server.superuser, async () => {
      await keeper.close();
      assert.notEqual(await server.pid(), undefined);
    });
  });
});

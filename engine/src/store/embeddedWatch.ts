import { systemClock } from '../base/clock.ts';
import type { EmbeddedOptions, EmbeddedServer } from './embedded.ts';
import { startEmbedded } from './embedded.ts';
import { withClient } from './provision.ts';

/** Keeps the project's server running for as long as this process works on the project. */
export interface EmbeddedKeeper {
  /** Stop watching; stop the server too, if it was started here and nobody else uses it. */
  close(): Promise<void>;
}

const lookEveryMs = 250;

/**
 * Start the server again whenever it is gone: killed, out of memory, or stopped by the program that
 * had started it while we were attached. What was under way loses its connection and is resumed or
 * tried again; a run does not end with its server.
 */
export function keepEmbedded(options: EmbeddedOptions, server: EmbeddedServer): EmbeddedKeeper {
  const { clock = systemClock, log } = options;
  const stop = new AbortController();
  let ours = !server.attached;
  const look = async (): Promise<void> => {
    if ((await server.pid()) !== undefined || stop.signal.aborted) return;
    log.warn('embedded.gone');
    const again = await startEmbedded(options);
    ours ||= !again.attached;
  };
  const watch = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await clock.sleep(lookEveryMs, stop.signal).catch(() => undefined);
      await look().catch(() => log.warn('embedded.restart-failed'));
    }
  };
  const watching = watch();
  return {
    async close() {
      stop.abort();
      await watching;
      if (ours && !(await isUsed(server))) await server.stop();
    },
  };
}

/** Whether another program has a session at the server. One that cannot be asked is not used. */
async function isUsed(server: EmbeddedServer): Promise<boolean> {
  try {
    return await withClient(server.superuser, async (client) => {
      const { rows } = await client.query<{ used: boolean }>(
        `select count(*) > 0 as used from pg_stat_activity
          where backend_type = 'client backend' and pid <> pg_backend_pid()`,
      );
      return rows[0]?.used ?? false;
    });
  } catch {
    return false;
  }
}

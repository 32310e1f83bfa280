import { databaseAuditLog } from '../../src/audit/auditLog.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import {
  accountServices,
  auditServices,
  gateServices,
  parcelsOf,
} from '../../src/cli/composition.ts';
import type { Project } from '../../src/cli/project.ts';
import type { IdentityProvider } from '../../src/server/access/identityProvider.ts';
import { ConsoleDesk } from '../../src/server/console/consoleDesk.ts';
import { createConsoleServer } from '../../src/server/console/consoleServer.ts';
import { RevealDesk } from '../../src/server/console/revealDesk.ts';
import { listen, type ListenAt } from '../../src/server/listening.ts';
import type { Database } from '../../src/store/database.ts';

/** A console of a project, listening, as the command puts it together. */
export interface TestConsole {
  address: string;
  code: string;
  /** Ask it; the body goes as JSON. */
  ask(method: string, path: string, cookie?: string, body?: object): Promise<ConsoleAnswer>;
  close(): Promise<void>;
}

export interface ConsoleAnswer {
  status: number;
  text: string;
  json: Record<string, unknown>;
}

const page = { type: 'text/html', bytes: Buffer.from('<p>page</p>'), lasting: false };

export async function openConsole(
  project: Pick<Project, 'key' | 'blobs'>,
  database: Database,
  at: ListenAt = { port: 0 },
  provider?: IdentityProvider,
): Promise<TestConsole> {
  const code = systemRandom.bytes(24).toString('base64url');
  const audit = databaseAuditLog(database, auditServices(project));
  const accounts = accountServices(project, database);
  const reveal = new RevealDesk(database, parcelsOf(project, database));
  const app = createConsoleServer({
    desk: new ConsoleDesk(database, project.key, 'riverside'),
    files: new Map([['/', page]]),
    code,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    actions: { accounts, audit, reveal, log: silentLog },
    gates: gateServices(project, database),
    at,
    ...(provider && { provider }),
  });
  const address = await listen(app, at);
  return {
    address,
    code,
    async ask(method, path, cookie, body) {
      const response = await fetch(`${address}${path}`, {
        method,
        headers: {
          ...(cookie !== undefined && { cookie }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      // The feed never ends by itself.
      const isFeed = response.headers.get('content-type') === 'text/event-stream';
      if (isFeed) await response.body?.cancel();
      const text = isFeed ? '' : await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') === true;
      return {
        status: response.status,
        text,
        json: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
      };
    },
    close: () => app.close(),
  };
}

import { fastify } from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import type { ConsoleProblem } from '../../contract/console.ts';
import type { GateServices } from '../../run/gates/gates.ts';
import { guardRoutes } from '../access/guard.ts';
import type { IdentityProvider } from '../access/identityProvider.ts';
import { accessRecord } from '../access/record.ts';
import { addAccounts, addBreakGlass, addReveal, type ConsoleActions } from './consoleActions.ts';
import type { ConsoleDesk, ItemQuery } from './consoleDesk.ts';
import { hostDoor, projectDoor, type ConsoleDoor } from './consoleDoor.ts';
import { addEntry, sessionOf } from './consoleEntry.ts';
import type { ConsoleFile } from './consoleFiles.ts';
import { addGates } from './consoleGates.ts';
import { addPasskeys } from './consolePasskeys.ts';
import { problems, Refusal, refusalOf } from './consoleProblems.ts';
import { ConsoleSessions } from './consoleSessions.ts';
import { isOwnHost, secured, strictTransport, type ListenAt } from '../listening.ts';
import { LiveFeed } from './liveFeed.ts';
import { ProviderDoor } from './providerDoor.ts';

export interface ConsoleServerOptions {
  desk: ConsoleDesk;
  files: ReadonlyMap<string, ConsoleFile>;
  /** Typed once by whoever reads the terminal; random, at least 32 characters. */
  code: string;
  clock: Clock;
  random: Random;
  log: Log;
  /** Accounts, reveal and break-glass; without them there is the terminal's code alone. */
  actions?: ConsoleActions;
  gates?: GateServices;
  /** Who signs people in beside local accounts. */
  provider?: IdentityProvider;
  /** Scheme, host and port that browsers ask by, where it is not as it listens. */
  origin?: string | undefined;
  /** Where it will listen: names that are answered, and TLS. */
  at?: Omit<ListenAt, 'port'>;
}

const shortestCode = 32;

/**
 * The console and what it asks: pages and scripts to anybody on this machine, everything else to a
 * session alone. It tells counts, codes, paths and keyed digests, never a value from a record.
 */
export function createConsoleServer(options: ConsoleServerOptions): FastifyInstance {
  const { desk, files, clock, log, actions, gates, origin, at = {} } = options;
  const door = doorOf(options);
  const feed = new LiveFeed({ clock, look: (run) => desk.live(run) });
  const app = fastify({
    logger: false,
    bodyLimit: 4096,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    // An authenticator's id of a key has 1,023 bytes at most.
    routerOptions: { maxParamLength: 1400 },
    ...secured(at.tls),
  });
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers({ ...securityHeaders, ...(at.tls && strictTransport) });
    if (!isOwnHost(request.headers.host ?? '', at)) throw new Refusal(421, problems.host);
  });
  guardRoutes(app, {
    server: 'console',
    principal: (request) => door.principal(sessionOf(request), !request.url.endsWith('/live')),
    deny: (denial) =>
      denial === 'forbidden'
        ? new Refusal(403, problems.forbidden)
        : new Refusal(401, problems.session),
  });
  addFiles(app, files);
  const place = { isSecure: at.tls !== undefined, origin };
  addEntry(app, door, place);
  addQuestions(app, desk);
  addFeed(app, feed, door);
  if (actions !== undefined) {
    addReveal(app, actions);
    addBreakGlass(app, actions);
    addAccounts(app, actions);
    const { accounts, audit } = actions;
    addPasskeys(app, { accounts, record: accessRecord(audit, clock), place });
  }
  if (gates !== undefined) addGates(app, gates, () => desk.targets());
  app.addHook('onClose', async () => feed.close());
  app.setNotFoundHandler((_request, reply) => refuse(reply, new Refusal(404, problems.address)));
  app.setErrorHandler((error, _request, reply) => {
    const refusal = refusalOf(error);
    log.warn('console.refused', { code: `${refusal.problem.code}.${refusal.status}` });
    return refuse(reply, refusal);
  });
  return app;
}

function doorOf(options: ConsoleServerOptions): ConsoleDoor {
  const { code, clock, random, actions, provider } = options;
  if (code.length < shortestCode) throw new RangeError('the sign-in code is too short');
  const sessions = new ConsoleSessions(code, clock, random);
  if (actions === undefined) return hostDoor(sessions);
  const { accounts, audit } = actions;
  const record = accessRecord(audit, clock);
  const other = provider && new ProviderDoor(provider, { accounts, record });
  return projectDoor(sessions, accounts, record, other);
}

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  // Widths of bars and places of panels are set on elements.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

const securityHeaders = {
  'content-security-policy': policy,
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
};

function addFiles(app: FastifyInstance, files: ReadonlyMap<string, ConsoleFile>): void {
  for (const [address, { type, bytes, lasting }] of files) {
    app.get(address, (_request, reply) =>
      reply
        .header('cache-control', lasting ? 'private, max-age=31536000, immutable' : 'no-cache')
        .type(type)
        .send(bytes),
    );
  }
}

/** A run's id in an address; anything else never reaches the database. */
const runPath = '/api/runs/:run(^[0-9a-f-]{36}$)';

function addQuestions(app: FastifyInstance, desk: ConsoleDesk): void {
  app.get('/api/runs', () => desk.runs());
  app.get(runPath, (request) => desk.live(runOf(request)).then(found));
  app.get(`${runPath}/held`, (request) => desk.held(runOf(request), queryOf(request)));
  app.get(`${runPath}/differences`, (request) =>
    desk.differences(runOf(request), queryOf(request)),
  );
  app.get(`${runPath}/report`, async (request, reply) => {
    const page = found(await desk.reportPage(runOf(request)));
    // The report brings a stricter policy of its own, which names the digest of its style.
    return reply
      .removeHeader('content-security-policy')
      .type('text/html; charset=utf-8')
      .send(page);
  });
}

/** Server-sent events: `run` with the whole state, `trouble`, `gone`, `beat`; `signed-out` ends it. */
function addFeed(app: FastifyInstance, feed: LiveFeed, door: ConsoleDoor): void {
  app.get(`${runPath}/live`, (request, reply) => {
    const secret = sessionOf(request);
    reply.hijack();
    reply.raw.writeHead(200, { ...securityHeaders, 'content-type': 'text/event-stream' });
    const stop = feed.watch(runOf(request), (event, data) => {
      void door.principal(secret, false).then(
        (who) => {
          if (who === undefined) reply.raw.end('event: signed-out\ndata: {}\n\n');
          else reply.raw.write(`event: ${event}\ndata: ${data}\n\n`);
        },
        // Who watches cannot be told from a stranger: the next event asks again.
        () => reply.raw.write('event: trouble\ndata: {}\n\n'),
      );
    });
    reply.raw.on('close', stop);
  });
}

function runOf({ params }: FastifyRequest): string {
  return (params as { run: string }).run;
}

function queryOf({ query }: FastifyRequest): ItemQuery {
  const entries = Object.entries(query as Record<string, unknown>);
  return new Map(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function found<T>(answer: T | undefined): T {
  if (answer === undefined) throw new Refusal(404, problems.run);
  return answer;
}

function refuse(reply: FastifyReply, { status, problem }: Refusal): FastifyReply {
  return reply
    .code(status)
    .type('application/json; charset=utf-8')
    .send({ format: 'handover-problem/1', ...problem } satisfies ConsoleProblem);
}

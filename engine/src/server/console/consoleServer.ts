import { fastify } from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../base/clock.ts';
import { failureOf, HandoverError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import type { ConsoleProblem } from '../../contract/console.ts';
import type { ConsoleDesk, ItemQuery } from './consoleDesk.ts';
import type { ConsoleFile } from './consoleFiles.ts';
import { ConsoleSessions } from './consoleSessions.ts';
import { LiveFeed } from './liveFeed.ts';

export interface ConsoleServerOptions {
  desk: ConsoleDesk;
  files: ReadonlyMap<string, ConsoleFile>;
  /** Typed once by whoever reads the terminal; random, at least 32 characters. */
  code: string;
  clock: Clock;
  random: Random;
  log: Log;
}

const cookieName = 'handover-session';
const shortestCode = 32;

/**
 * The console and what it asks: pages and scripts to anybody on this machine, everything else to a
 * session alone. It tells counts, codes, paths and keyed digests, never a value from a record.
 */
export function createConsoleServer(options: ConsoleServerOptions): FastifyInstance {
  const { desk, files, code, clock, random, log } = options;
  if (code.length < shortestCode) throw new RangeError('the sign-in code is too short');
  const sessions = new ConsoleSessions(code, clock, random);
  const feed = new LiveFeed({ clock, look: (run) => desk.live(run) });
  const app = fastify({
    logger: false,
    bodyLimit: 4096,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
  });
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers(securityHeaders);
    if (!ownHost(request.headers.host)) throw new Refusal(421, problems.host);
    if (isOpen(request, files)) return;
    const byPerson = !request.url.endsWith('/live');
    if (!sessions.holds(sessionOf(request), byPerson)) throw new Refusal(401, problems.session);
  });
  addFiles(app, files);
  addSession(app, sessions);
  addQuestions(app, desk);
  addFeed(app, feed, sessions);
  app.addHook('onClose', async () => feed.close());
  app.setNotFoundHandler((_request, reply) => refuse(reply, new Refusal(404, problems.address)));
  app.setErrorHandler((error, _request, reply) => {
    const refusal = refusalOf(error);
    log.warn('console.refused', { code: `${refusal.problem.code}.${refusal.status}` });
    return refuse(reply, refusal);
  });
  return app;
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

/** Another name for this machine is somebody else's page that was pointed here (DNS rebinding). */
function ownHost(host = ''): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host);
}

/** The page itself and the sign-in: what must be there before there is a session. */
function isOpen({ method, url }: FastifyRequest, files: ReadonlyMap<string, ConsoleFile>): boolean {
  const address = url.split('?', 1)[0] ?? '';
  if (method === 'GET') return files.has(address);
  return method === 'POST' && address === '/api/session';
}

function sessionOf({ headers }: FastifyRequest): string | undefined {
  const cookies = (headers.cookie ?? '').split(';').map((one) => one.trim().split('='));
  return cookies.find(([name]) => name === cookieName)?.[1];
}

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

function addSession(app: FastifyInstance, sessions: ConsoleSessions): void {
  app.post('/api/session', async (request, reply) => {
    const { code } = (request.body ?? {}) as { code?: unknown };
    const answer = sessions.signIn(typeof code === 'string' ? code.trim() : '');
    if (answer === 'later') throw new Refusal(429, problems.tries);
    if (answer === 'wrong') throw new Refusal(401, problems.code);
    const cookie = `${cookieName}=${answer.secret}; Path=/; HttpOnly; SameSite=Strict`;
    return reply.code(204).header('set-cookie', cookie).send();
  });
  app.delete('/api/session', async (request, reply) => {
    sessions.signOut(sessionOf(request));
    const cookie = `${cookieName}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`;
    return reply.code(204).header('set-cookie', cookie).send();
  });
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
function addFeed(app: FastifyInstance, feed: LiveFeed, sessions: ConsoleSessions): void {
  app.get(`${runPath}/live`, (request, reply) => {
    const secret = sessionOf(request);
    reply.hijack();
    reply.raw.writeHead(200, { ...securityHeaders, 'content-type': 'text/event-stream' });
    const stop = feed.watch(runOf(request), (event, data) => {
      if (!sessions.holds(secret, false)) {
        reply.raw.end('event: signed-out\ndata: {}\n\n');
        return;
      }
      reply.raw.write(`event: ${event}\ndata: ${data}\n\n`);
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

type Problem = Omit<ConsoleProblem, 'format'>;

const problems = {
  host: {
    code: 'host-unknown',
    message: 'This address is not the one the console listens on.',
    next: 'Open the address that the terminal shows.',
  },
  session: {
    code: 'signed-out',
    message: 'There is no session, or it has ended.',
    next: 'Sign in with the code that the terminal shows.',
  },
  code: {
    code: 'sign-in-refused',
    message: 'That is not the sign-in code.',
    next: 'Copy the code from the terminal that runs the console.',
  },
  tries: {
    code: 'sign-in-later',
    message: 'Too many wrong codes.',
    next: 'Wait a minute, then try again.',
  },
  address: { code: 'address-unknown', message: 'There is no such address.' },
  run: {
    code: 'run-unknown',
    message: 'The ledger has no such run.',
    next: 'Choose another run.',
  },
} as const satisfies Record<string, Problem>;

class Refusal extends Error {
  readonly status: number;
  readonly problem: Problem;

  constructor(status: number, problem: Problem) {
    super(problem.code);
    this.status = status;
    this.problem = problem;
  }
}

/** What is told of an error: its code, never the message of one that is not ours. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof HandoverError) {
    const status = failureOf(error) === 'permanent' ? 500 : 503;
    const { code, message, next } = error;
    return new Refusal(status, { code, message, ...(next !== undefined && { next }) });
  }
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  const known = typeof status === 'number' && status < 500;
  const message = known ? 'The request is not well formed.' : 'The console failed.';
  return new Refusal(known ? status : 500, { code: known ? 'request-invalid' : 'failed', message });
}

function refuse(reply: FastifyReply, { status, problem }: Refusal): FastifyReply {
  return reply
    .code(status)
    .type('application/json; charset=utf-8')
    .send({ format: 'handover-problem/1', ...problem } satisfies ConsoleProblem);
}

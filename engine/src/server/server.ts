import { timingSafeEqual } from 'node:crypto';
import { fastify } from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sha256 } from '../base/digest.ts';
import { failureOf, HandoverError } from '../base/errors.ts';
import { typeNumber } from '../connectors/embedded/resourceTypes.ts';
import type { Principal } from '../contract/access.ts';
import { scopesAllow, type SystemScope } from '../contract/scopes.ts';
import { guardRoutes, principalOf, type Denial } from './access/guard.ts';
import type { TokenDesk } from './access/tokenDesk.ts';
import { auditEvents } from './answer.ts';
import type { Answer, FhirRequest, ServerParts } from './answer.ts';
import { capabilityStatement } from './capabilityStatement.ts';
import { listen, secured, type ListenAt, type ServerCertificate } from './listening.ts';
import { scopeMissing } from './operations.ts';
import { PageTokens } from './pageToken.ts';
import { HttpProblem, notFound } from './problem.ts';
import { allowedAt, routes } from './routes.ts';
import type { Route } from './routes.ts';
import { addTokens } from './tokens.ts';

export interface ServerOptions extends Omit<
  ServerParts,
  'pages' | 'metadata' | 'patientsInAddresses'
> {
  /** Random, at least 32 characters; whoever holds it may read and write. */
  token: string;
  /** Whose another token is, where the project has tokens of machines. */
  machine?: (token: string) => Promise<Principal | undefined>;
  /** No request is larger; 16 MiB unless told otherwise. */
  bodyBytes?: number;
  /** Allow searches by identifier and patient in addresses; no unless told otherwise. */
  patientsInAddresses?: boolean;
  /** Speak TLS; without it {@link listen} takes loopback alone. */
  tls?: ServerCertificate | undefined;
  /** Tokens for machines with a key of their own; without it there are no such. */
  tokens?: TokenDesk;
  /** Where it will listen: the names by which machines may ask for tokens. */
  at?: Pick<ListenAt, 'host' | 'name'>;
}

const fhirJson = 'application/fhir+json; charset=utf-8';
const shortestToken = 32;

/**
 * The FHIR R4 REST face of an embedded store. Nothing is answered without the token; nothing leaves
 * before the audit log has it: where the log fails, the answer is 503 and empty of data.
 * It listens on nothing yet: see {@link listen}.
 */
export function createServer(options: ServerOptions): FastifyInstance {
  const parts: ServerParts = {
    ...options,
    pages: new PageTokens(options.random),
    metadata: capabilityStatement(options.clock.now()),
    patientsInAddresses: options.patientsInAddresses ?? false,
  };
  const app = fastify({
    logger: false,
    bodyLimit: options.bodyBytes ?? 16 * 1024 * 1024,
    exposeHeadRoutes: false,
    requestTimeout: 120_000,
    // An address that cannot be decoded is answered before any hook runs: say nothing of it.
    frameworkErrors: (_error, _request, reply) => void refuse(parts, reply, unreadableAddress()),
    routerOptions: { maxParamLength: 128 },
    ...secured(options.tls),
  });
  guardRoutes(app, { server: 'fhir', principal: bearer(options), deny });
  app.removeAllContentTypeParsers();
  for (const type of ['application/fhir+json', 'application/json', formType]) {
    app.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    );
  }
  for (const route of routes) addRoute(app, parts, route);
  if (options.tokens !== undefined) addTokens(app, options.tokens, options.at ?? {});
  app.setNotFoundHandler((request, reply) => refuse(parts, reply, unknownAddress(request)));
  app.setErrorHandler((error, _request, reply) => refuse(parts, reply, problemOf(error)));
  return app;
}

/**
 * Listen on the loopback interface, and on no other.
 * @param port 0: any that is free.
 * @returns the base address.
 */
export async function listenLoopback(app: FastifyInstance, port = 0): Promise<string> {
  return listen(app, { port });
}

const formType = 'application/x-www-form-urlencoded';

/**
 * Whose token a request bears. Digests are compared, so that neither content nor length of the host's
 * own token shows in the time taken; those of machines are found by their digests.
 */
function bearer({ token, actor, machine }: ServerOptions) {
  if (token.length < shortestToken) throw new RangeError('the token is too short');
  const expected = sha256(`Bearer ${token}`);
  const host: Principal = { name: actor, kind: 'host', roles: ['operator', 'clinician'] };
  return async ({ headers }: FastifyRequest): Promise<Principal | undefined> => {
    const given = headers.authorization ?? '';
    if (timingSafeEqual(sha256(given), expected)) return host;
    return given.startsWith('Bearer ') ? machine?.(given.slice('Bearer '.length)) : undefined;
  };
}

function deny(denial: Denial): HttpProblem {
  if (denial === 'forbidden') {
    return new HttpProblem(403, 'forbidden', 'The roles of this token do not open this.');
  }
  return new HttpProblem(401, 'login', 'A bearer token is needed.', {
    'www-authenticate': 'Bearer realm="handover"',
  });
}

function addRoute(app: FastifyInstance, shared: ServerParts, route: Route): void {
  app.route({
    method: route.method,
    url: route.path,
    handler: async (raw, reply) => {
      const { name: actor, scopes } = principalOf(raw);
      const parts = { ...shared, actor, scopes };
      const startedMs = parts.clock.monotonicMs();
      const request = requestOf(raw);
      checkContentType(route, raw);
      if (request.type !== '' && typeNumber(request.type) === undefined) throw notFound();
      requireRouteScope(scopes, route, request.type);
      const answer = await route.answer(parts, request);
      await send(parts, reply, answer);
      const durationMs = Math.round(parts.clock.monotonicMs() - startedMs);
      parts.log.info('server.answered', { code: `${route.name}.${answer.status}`, durationMs });
      return reply;
    },
  });
}

function requireRouteScope(
  scopes: readonly SystemScope[] | undefined,
  { scope }: Route,
  type: string,
): void {
  if (scopes === undefined || scope === 'each' || scope === 'nothing') return;
  if (!scopesAllow(scopes, type, [scope])) throw scopeMissing();
}

/** The one place where data leaves: the audit log first. */
async function send(parts: ServerParts, reply: FastifyReply, answer: Answer): Promise<void> {
  const { action, seen, outcome } = answer.disclosed;
  await parts.audit.record(auditEvents(parts, action, seen, outcome ?? 'disclosed'));
  void reply.code(answer.status).headers({ 'cache-control': 'no-store', ...answer.headers });
  if (answer.body === undefined) void reply.send();
  else void reply.type(fhirJson).send(answer.body);
}

function requestOf(raw: FastifyRequest): FhirRequest {
  const parameters = raw.params as Record<string, string | undefined>;
  return {
    type: parameters['type'] ?? '',
    id: parameters['id'] ?? '',
    version: parameters['version'] ?? '',
    base: `${raw.protocol}://${raw.host}`,
    parameters: new URLSearchParams(raw.url.split('?', 2)[1] ?? ''),
    header: (name) => {
      const value = raw.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    body: Buffer.isBuffer(raw.body) ? raw.body : Buffer.alloc(0),
  };
}

/** JSON where a resource is sent, a form where a search is. */
function checkContentType({ takes }: Route, raw: FastifyRequest): void {
  const type = raw.headers['content-type']?.split(';', 1)[0]?.trim();
  if (takes === 'nothing' || type === undefined) return;
  if ((takes === 'form') === (type === formType)) return;
  throw new HttpProblem(415, 'not-supported', 'The body is of a type that is not taken here.');
}

function unreadableAddress(): HttpProblem {
  return new HttpProblem(400, 'invalid', 'The address cannot be read.');
}

function unknownAddress(request: FastifyRequest): HttpProblem {
  const allowed = allowedAt(request.url.split('?', 1)[0] ?? '');
  if (allowed.length === 0) return new HttpProblem(404, 'not-found', 'There is no such address.');
  return new HttpProblem(405, 'not-supported', 'This method is not supported here.', {
    allow: allowed.join(', '),
  });
}

async function refuse(parts: ServerParts, reply: FastifyReply, problem: HttpProblem) {
  parts.log.warn('server.refused', { code: `${problem.issue}.${problem.status}` });
  return reply
    .code(problem.status)
    .headers({ 'cache-control': 'no-store', ...problem.headers })
    .type(fhirJson)
    .send(problem.outcome());
}

/** What is told of an error: never its message, which may speak of a request. */
function problemOf(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof HandoverError) {
    if (error.code !== 'audit-unavailable' && failureOf(error) === 'permanent') {
      return new HttpProblem(500, 'exception', `The server failed (${error.code}).`);
    }
    return new HttpProblem(503, 'transient', `Not available now (${error.code}).`, {
      'retry-after': '5',
    });
  }
  const status = statusOf(error);
  if (status === 413) return new HttpProblem(413, 'too-long', 'The body is too large.');
  if (status === 415) {
    return new HttpProblem(415, 'not-supported', 'Send application/fhir+json.');
  }
  if (status !== undefined && status < 500) {
    return new HttpProblem(status, 'invalid', 'The request is not well formed.');
  }
  return new HttpProblem(500, 'exception', 'The server failed.');
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

import assert from 'node:assert/strict';
import type { FastifyInstance } from 'fastify';
import type { AuditEvent } from '../audit/auditEvent.ts';
import { systemClock } from '../base/clock.ts';
import { hmacSha256Hex } from '../base/digest.ts';
import { HandoverError } from '../base/errors.ts';
import { silentLog } from '../base/log.ts';
import { systemRandom } from '../base/random.ts';
import { openEmbeddedStore } from '../connectors/embedded/store.ts';
import type { EmbeddedStore } from '../connectors/embedded/store.ts';
import { testCluster } from '../store/testing.ts';
import { createServer } from './server.ts';
import type { ServerOptions } from './server.ts';

export const testToken = 't'.repeat(43);
export const form = 'application/x-www-form-urlencoded';

/** A server on a real store, called without a network, with an audit log that can be broken. */
export class TestServer {
  readonly store: EmbeddedStore;
  readonly app: FastifyInstance;
  /** What was recorded since the test emptied it. */
  events: AuditEvent[] = [];
  auditBroken = false;
  readonly #drop: () => Promise<void>;

  constructor(store: EmbeddedStore, drop: () => Promise<void>) {
    this.store = store;
    this.#drop = drop;
    this.app = createServer(this.options());
  }

  options(): ServerOptions {
    return {
      store: this.store,
      audit: {
        record: async (recorded) => {
          if (this.auditBroken) throw new HandoverError('audit-unavailable', 'broken on purpose');
          this.events.push(...recorded);
        },
      },
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      actor: 'tester',
      token: testToken,
      bodyBytes: 100_000,
    };
  }

  async call(method: string, url: string, { headers, body, type }: Call = {}): Promise<Reply> {
    const response = await this.app.inject({
      method: method as 'GET',
      url,
      headers: {
        authorization: `Bearer ${testToken}`,
        ...(body === undefined ? {} : { 'content-type': type ?? 'application/fhir+json' }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = response.body;
    return {
      status: response.statusCode,
      headers: response.headers as Record<string, string | undefined>,
      text,
      json: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    };
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.store.close();
    await this.#drop();
  }
}

export async function startTestServer(): Promise<TestServer> {
  const database = await (await testCluster()).freshDatabase();
  const store = await openEmbeddedStore({
    connection: database.spec,
    name: 'archive',
    secret: Buffer.alloc(32, 3),
    digest: hmacSha256Hex(Buffer.alloc(32, 4)),
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  });
  const server = new TestServer(store, () => database.drop());
  await server.app.ready();
  return server;
}

export interface Call {
  headers?: Record<string, string>;
  body?: unknown;
  type?: string;
}

/** A response as the tests look at it. */
export interface Reply {
  status: number;
  headers: Record<string, string | undefined>;
  text: string;
  json: Record<string, unknown>;
}

export function patient(id: string, value: string): Record<string, unknown> {
  return {
    resourceType: 'Patient',
    id,
    identifier: [{ system: 'urn:mrn', value }],
    name: [{ family: 'Example' }],
  };
}

export function encounter(id: string, of: string, start: string): Record<string, unknown> {
  return {
    resourceType: 'Encounter',
    id,
    status: 'finished',
    class: { code: 'AMB' },
    subject: { reference: `Patient/${of}` },
    period: { start, end: start },
  };
}

export function entriesOf(reply: Reply): Record<string, unknown>[] {
  return (reply.json['entry'] ?? []) as Record<string, unknown>[];
}

export function idsIn(reply: Reply): unknown[] {
  return entriesOf(reply).map(({ resource }) => (resource as { id: string }).id);
}

export function assertOutcome(reply: Reply, status: number, code?: string): void {
  assert.equal(reply.status, status, reply.text);
  assert.equal(reply.json['resourceType'], 'OperationOutcome');
  const [issue] = reply.json['issue'] as { code: string }[];
  if (code !== undefined) assert.equal(issue?.code, code);
}

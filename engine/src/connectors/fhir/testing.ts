import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../base/clock.ts';
import { hmacSha256Hex } from '../../base/digest.ts';
import { canonicalJson, JsonNumber, parseJson, toJson } from '../../base/json.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { silentLog } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import type { ConnectorServices } from '../../model/connector.ts';
import type { Target, TargetId, Write } from '../../model/target.ts';
import { fhirConnector } from './connector.ts';
import { Shelf, type Told } from './testingShelf.ts';

/** What a server is told to do with one request instead of answering it. */
export type Mischief =
  | { does: 'hang' | 'reset' | 'truncate' | 'garble' | 'flood' | 'drop-entry' | 'swap-entries' }
  | { does: 'answer'; status: number; headers?: Record<string, string>; body?: string }
  /** Every entry of a Bundle for which `entry` is true is answered with `status` and not done. */
  | { does: 'refuse-entries'; status: number; entry(url: string): boolean; outcome?: object };

export interface Script {
  /** Called for each request; `commits`: the request is carried out first. */
  (request: Heard): (Mischief & { commits?: boolean }) | undefined;
}

/** A request as the server heard it. */
export interface Heard {
  /** How many came before it. */
  at: number;
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
  /** Whether it changes anything. */
  writes: boolean;
  timeMs: number;
}

/** A FHIR server in memory that keeps to the rules, except where a script has it break them. */
export class ScriptedServer {
  script: Script = () => undefined;
  readonly heard: Heard[] = [];
  /** Most requests that were under way at once. */
  busiest = 0;
  readonly #shelf = new Shelf();
  statement: object = capability;
  readonly #server: Server;
  #busy = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.busiest = Math.max(this.busiest, ++this.#busy);
      response.on('close', () => this.#busy--);
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => this.#answer(request, Buffer.concat(pieces).toString(), response));
      request.on('error', () => undefined);
    });
  }

  static async start(host = '127.0.0.1'): Promise<ScriptedServer> {
    const server = new ScriptedServer();
    await new Promise<void>((resolve) => server.#server.listen(0, host, resolve));
    return server;
  }

  /** What was written, by `Type/id`. */
  get resources(): Shelf['resources'] {
    return this.#shelf.resources;
  }

  /** From now on it gives ids of its own. */
  giveIds(types: readonly string[] = someTypes): void {
    this.#shelf.givesIds = true;
    this.statement = statementOf(types, { updateCreate: false, conditionalCreate: true });
  }

  /** From now on referents must be there, and stay while anything refers to them. */
  lookAfterReferences(): void {
    this.#shelf.looksAfterReferences = true;
  }

  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address}:${port}/fhir`;
  }

  /** Requests that change something. */
  get writes(): Heard[] {
    return this.heard.filter(({ writes }) => writes);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, body: string, response: ServerResponse): void {
    const path = (request.url ?? '').replace(/^\/fhir\/?/, '');
    const { method = '', headers } = request;
    const reads = path === '' && !/"method":"(PUT|DELETE|POST)"/.test(body);
    const writes = method !== 'GET' && !reads;
    const timeMs = performance.now();
    const heard = { at: this.heard.length, method, path, headers, body, writes, timeMs };
    this.heard.push(heard);
    const mischief = this.script(heard);
    if (mischief === undefined || mischief.does === 'refuse-entries' || mischief.commits === true) {
      const refuse = mischief?.does === 'refuse-entries' ? mischief : undefined;
      const told = this.#carryOut(heard, refuse);
      if (mischief === undefined || refuse !== undefined) {
        return send(response, told.status, told.body, told.headers);
      }
      return misbehave(response, mischief, told.body);
    }
    return misbehave(response, mischief, {});
  }

  #carryOut(
    { method, path, headers, body }: Heard,
    refuse?: Mischief & { does: 'refuse-entries' },
  ): Told {
    if (path === 'metadata') return { status: 200, body: this.statement };
    if (path !== '') {
      const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers;
      const ifNoneExist = headers['if-none-exist'] as string | undefined;
      const asked = { method, url: path, text: body, ifMatch, ifNoneMatch, ifNoneExist };
      return this.#shelf.one(asked, this.url);
    }
    const bundle = parseJson(body) as JsonObject;
    const names = new Map<string, string>();
    const entry = (bundle['entry'] as JsonObject[]).map((one) => {
      const request = one['request'] as Record<string, string>;
      const { url = '' } = request;
      if (refuse?.entry(url) === true) {
        return { response: { status: `${refuse.status} No`, outcome: refuse.outcome } };
      }
      const { resource, fullUrl } = one;
      const text = resource === undefined ? '' : canonicalJson(resource);
      const told = this.#shelf.one({ method: '', ...request, url, text }, this.url);
      const { etag, location } = told.headers ?? {};
      if (location !== undefined)
        names.set(fullUrl as string, location.replace(/\/_history.*/, ''));
      const shown = request['method'] === 'GET' && told.status === 200;
      return {
        ...(shown && { resource: told.body }),
        response: { status: String(told.status), etag, location },
      };
    });
    this.#shelf.exchange(names);
    return {
      status: 200,
      body: { resourceType: 'Bundle', type: `${bundle['type'] as string}-response`, entry },
    };
  }
}

function send(response: ServerResponse, status: number, body: object, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/fhir+json', ...headers });
  response.end(textOf(body));
}

/** JSON of what may hold parsed JSON, whose numbers keep their digits, and undefined members. */
function textOf(body: object): string {
  return canonicalJson(jsonOf(body));
}

function jsonOf(value: unknown): Json {
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value !== 'object' || value === null || value instanceof JsonNumber) {
    return value instanceof JsonNumber ? value : toJson(value);
  }
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, jsonOf(member)]));
}

function misbehave(response: ServerResponse, mischief: Mischief, told: object): void {
  const json = { 'content-type': 'application/fhir+json' };
  const text = textOf(told);
  switch (mischief.does) {
    case 'hang':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'truncate':
      response.writeHead(200, { ...json, 'content-length': text.length });
      response.write(text.slice(0, text.length >> 1));
      setTimeout(() => response.socket?.destroy(), 5);
      return;
    case 'garble':
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<html>welcome</html>');
      return;
    case 'flood':
      response.writeHead(200, json);
      flood(response);
      return;
    case 'drop-entry':
    case 'swap-entries': {
      const bundle = told as { entry?: object[] };
      const entry = bundle.entry ?? [];
      const changed = mischief.does === 'drop-entry' ? entry.slice(1) : entry.toReversed();
      return send(response, 200, { ...bundle, entry: changed });
    }
    case 'answer':
      response.writeHead(mischief.status, { ...json, ...mischief.headers });
      response.end(mischief.body ?? '');
      return;
    case 'refuse-entries':
  }
}

/** More than any limit, until the other side hangs up. */
function flood(response: ServerResponse): void {
  const piece = Buffer.alloc(1024 * 1024, 0x20);
  const more = (): void => {
    while (!response.destroyed && response.write(piece));
  };
  response.on('drain', more);
  more();
}

const writable = ['read', 'vread', 'update', 'delete', 'search-type', 'create'];

const someTypes = [
  'Basic',
  'Binary',
  'DocumentReference',
  'Observation',
  'Organization',
  'Patient',
];

function statementOf(
  types: readonly string[],
  told: { updateCreate: boolean; conditionalCreate: boolean },
): object {
  const interaction = writable.map((code) => ({ code }));
  return {
    resourceType: 'CapabilityStatement',
    fhirVersion: '4.0.1',
    rest: [
      {
        mode: 'server',
        interaction: [{ code: 'batch' }, { code: 'transaction' }],
        resource: types.map((type) => ({
          type,
          ...told,
          versioning: 'versioned-update',
          interaction,
          // R4 has no such parameter for a Binary.
          ...(type === 'Binary' && { searchParam: [{ name: '_tag' }] }),
        })),
      },
    ],
  };
}

const capability = statementOf(someTypes, { updateCreate: true, conditionalCreate: false });

export const testDigest = hmacSha256Hex(Buffer.from('a key for tests'));

export const testServices: ConnectorServices = {
  name: 'chart',
  clock: systemClock,
  random: seededRandom('fhir'),
  log: silentLog,
  digest: testDigest,
  secret: () => Buffer.alloc(32, 7),
};

/** A place for the ids that a server gives, which lasts as long as the test. */
export function memoryIds(): NonNullable<ConnectorServices['givenIds']> {
  const [given, ours] = [new Map<string, string>(), new Map<string, string>()];
  const answers = (known: Map<string, string>, ids: readonly TargetId[]) =>
    Promise.resolve(ids.map(({ type, id }) => known.get(`${type}/${id}`)));
  return () => ({
    given: (ids) => answers(given, ids),
    ours: (ids) => answers(ours, ids),
    async keep(pairs) {
      for (const one of pairs) {
        given.set(`${one.type}/${one.id}`, one.given);
        ours.set(`${one.type}/${one.given}`, one.id);
      }
    },
  });
}

/** A target on a server, opened. */
export async function targetOn(
  server: { url: string },
  settings: Record<string, unknown> = {},
  services: ConnectorServices = testServices,
): Promise<Target> {
  const parsed = fhirConnector.configuration.parse({ url: server.url, ...settings });
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  const target = fhirConnector.target?.create(parsed.value, services) as Target;
  await target.open(new AbortController().signal);
  return target;
}

/** A resource to write; `members` are more of its JSON text. */
export function basic(id: string, members = ''): Write & { kind: 'put' } {
  const body = Buffer.from(`{"id":"${id}"${members},"resourceType":"Basic"}`);
  return { kind: 'put', type: 'Basic', id, body };
}

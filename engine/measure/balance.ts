import { access, readdir, readFile, rm } from 'node:fs/promises';
import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Client } from 'pg';
import { parse } from 'yaml';
import { connectorServices } from '../src/cli/composition.ts';
import { openProject, type Project } from '../src/cli/project.ts';
import { silentLog } from '../src/base/log.ts';
import { embeddedConnector } from '../src/connectors/embedded/connector.ts';
import { tokenBytes } from '../src/ledger/entries.ts';
import { stableId, tokenOf } from '../src/keys/stableId.ts';
import { keySeparator } from '../src/model/record.ts';
import { startEmbedded } from '../src/store/embedded.ts';
import { temporaryFolder } from '../src/store/testing.ts';
import { withClient } from '../src/store/provision.ts';
import { idToken } from '../src/run/idToken.ts';

export interface BalanceMeasure {
  /** Streams counted, and those whose account does not come out. */
  streams: number;
  unbalanced: number;
  accounts: StreamAccount[];
  misses: { cause: string; stream: string; count: number }[];
}

/** Where the rows of one table are, each looked for by its own key. */
export interface StreamAccount {
  stream: string;
  /** Rows at the source, counted by SQL. */
  source: number;
  /** Rows whose resources the target shows when it is scanned. */
  target: number;
  /** Rows that the ledger's exceptions say are held, or excluded. */
  held: number;
  excluded: number;
}

export interface BalanceRequest {
  /** Folder of a demo that has run; absent: one is run in a temporary folder. */
  demo?: string;
  patients?: string | undefined;
  seed?: string | undefined;
}

/**
 * Recount a demo run without the ledger's totals: every row of a table that becomes resources, asked for
 * by SQL, must be at the target as its scan shows it, or stand in the ledger's exceptions, and never both.
 * Of tables that are folded or looked up the rows are counted; of messages, documents, claims and files
 * what the source counted must have been read and must come out. Nothing else may be at the target.
 */
export async function measureBalance(request: BalanceRequest): Promise<BalanceMeasure> {
  if (request.demo !== undefined) return recount(request.demo);
  const folder = await temporaryFolder();
  try {
    await runDemo(folder, request);
    return await recount(folder);
  } finally {
    for (const server of serversOf(folder)) await removeServer(server);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Folders of the two servers of a demo. */
function serversOf(demo: string): [source: string, project: string] {
  return [join(demo, 'old-hospital'), join(demo, 'riverside/.handover/postgres')];
}

/** Of a server that root started, the data may stand elsewhere: the file `location` names it. */
async function removeServer(folder: string): Promise<void> {
  const place = await readFile(join(folder, 'location'), 'utf8').catch(() => '');
  if (place.trim() !== '') await rm(place.trim(), { recursive: true, force: true });
}

/** The demo as a newcomer runs it; all it says goes to stderr. */
async function runDemo(folder: string, { patients, seed }: BalanceRequest): Promise<void> {
  const script = fileURLToPath(new URL('../../scripts/demo.ts', import.meta.url));
  const child = spawn(process.execPath, [script], {
    stdio: ['ignore', 2, 2],
    env: {
      ...process.env,
      HANDOVER_DEMO_FOLDER: folder,
      ...(patients !== undefined && { HANDOVER_DEMO_PATIENTS: patients }),
      ...(seed !== undefined && { HANDOVER_DEMO_SEED: seed }),
    },
  });
  const code = await new Promise((resolve) => void child.on('close', resolve));
  if (code !== 0) throw new Error(`the demo ended with exit code ${String(code)}`);
}

async function recount(folder: string): Promise<BalanceMeasure> {
  // Starting a server makes its folder: what is no demo must not become half of one.
  for (const server of serversOf(folder)) await access(server);
  const source = await startEmbedded({ folder: serversOf(folder)[0], log: silentLog });
  try {
    const project = await openProject(join(folder, 'riverside'), process.env, 'error');
    try {
      return await withClient(source.connection('clinic', 'clinic'), (clinic) =>
        compare(clinic, project),
      );
    } finally {
      await project.close();
    }
  } finally {
    if (!source.attached) await source.stop();
  }
}

async function compare(clinic: Client, project: Project): Promise<BalanceMeasure> {
  const present = await scanTarget(project);
  const exceptions = await readExceptions(project);
  const resourcesOf = await mappedResources(project.folder);
  const accounts: StreamAccount[] = [];
  const misses: BalanceMeasure['misses'] = [];
  const told: string[] = [];
  for (const one of await reportedStreams(project.folder)) {
    const { stream } = one;
    const resources = resourcesOf.get(stream);
    const isTable = stream.startsWith('clinic.');
    const count =
      isTable && resources !== undefined
        ? countStream(
            project,
            stream,
            resources,
            await sourceKeys(clinic, stream),
            present,
            exceptions,
          )
        : countRead(one, isTable ? await rowsOf(clinic, stream) : one.sourceCount);
    if (resources === undefined || !isTable) told.push(stream);
    accounts.push(count.account);
    for (const [cause, number] of Object.entries(count.misses)) {
      if (number > 0) misses.push({ cause, stream, count: number });
    }
  }
  await explainTold(project, told, present);
  const stray = [...present.values()].filter((seen) => !seen.explained).length;
  if (stray > 0) misses.push({ cause: 'at the target without a row', stream: '', count: stray });
  const unbalanced = new Set(misses.map(({ stream }) => stream)).size;
  return { streams: accounts.length, unbalanced, accounts, misses };
}

type Present = Map<string, { explained: boolean }>;

/** Everything the target shows, by `Type/id`. */
async function scanTarget(project: Project): Promise<Present> {
  const { target: made } = embeddedConnector(project.ownTarget);
  const target = made?.create({}, { ...connectorServices(project), name: 'chart' });
  if (target === undefined) throw new Error('the embedded connector makes no target');
  const never = new AbortController().signal;
  const present: Present = new Map();
  await target.open(never);
  try {
    for await (const { resources } of target.scan(undefined, never)) {
      for (const { type, id, state } of resources) {
        if (state === 'present') present.set(`${type}/${id}`, { explained: false });
      }
    }
  } finally {
    await target.close();
  }
  return present;
}

interface Exceptions {
  /** Tokens (hex) of records held or excluded when they were mapped, by stream. */
  held: Set<string>;
  excluded: Set<string>;
  /** Tokens of drafts that never came to the target. */
  draftsHeld: Set<string>;
}

async function readExceptions(project: Project): Promise<Exceptions> {
  const found: Exceptions = { held: new Set(), excluded: new Set(), draftsHeld: new Set() };
  const { rows } = await withClient(project.control, (client) =>
    client.query<{ stream: string; phase: string; kind: string; token: string }>(
      `select e.stream, e.phase, e.kind, encode(e.token, 'hex') as token
         from handover.exception e
         left join handover.resolution r on r.run = e.run and r.exception = e.id
        where coalesce(r.outcome, '') not in ('loaded', 'replayed')`,
    ),
  );
  for (const { stream, phase, kind, token } of rows) {
    const place = `${stream} ${token}`;
    if (phase !== 'map') found.draftsHeld.add(place);
    else if (kind === 'excluded') found.excluded.add(place);
    else found.held.add(place);
  }
  return found;
}

/** Names of the resources of each stream that is mapped row by row, as the mapping files say. */
async function mappedResources(folder: string): Promise<Map<string, string[]>> {
  const mappings = join(folder, 'mappings');
  const files = await readdir(mappings, { recursive: true });
  const texts = await Promise.all(
    files
      .filter((file) => file.endsWith('.yaml'))
      .toSorted()
      .map((file) => readFile(join(mappings, file), 'utf8')),
  );
  const found = new Map<string, string[]>();
  for (const text of texts) {
    const { stream, resources } = parse(text) as { stream?: string; resources?: object };
    if (stream !== undefined && resources !== undefined) found.set(stream, Object.keys(resources));
  }
  return found;
}

/** What the report of the last run says of a stream, with what was recounted from single entries. */
interface ReportedStream extends Record<Outcome, number> {
  stream: string;
  sourceCount: number;
  balanced: boolean;
  waiting: number;
  recount: Record<Outcome, number>;
}

const outcomes = ['read', 'mapped', 'quarantined', 'excluded'] as const;
type Outcome = (typeof outcomes)[number];

/** As anybody reads it: the command line's JSON. */
async function reportedStreams(folder: string): Promise<ReportedStream[]> {
  const entry = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [entry, '--project', folder, '--json', 'report'],
    { maxBuffer: 2 ** 28 },
  );
  return (JSON.parse(stdout) as { streams: ReportedStream[] }).streams;
}

/** A stream whose items have no resource of their own each: what its source counts must come out. */
function countRead(
  { stream, recount: again, balanced, waiting, ...counts }: ReportedStream,
  source: number,
): { account: StreamAccount; misses: Record<string, number> } {
  const { mapped: target, quarantined: held, excluded } = again;
  return {
    account: { stream, source, target, held, excluded },
    misses: {
      'not read as the source counts': Math.abs(source - again.read),
      nowhere: Math.abs(again.read - target - held - excluded),
      'counted otherwise by the ledger': outcomes.filter((one) => again[one] !== counts[one])
        .length,
      'does not balance': balanced ? waiting : 1,
    },
  };
}

async function rowsOf(clinic: Client, stream: string): Promise<number> {
  const table = stream.slice(stream.indexOf('.') + 1);
  const { rows } = await clinic.query<{ count: string }>(
    `select count(*) from legacy.${clinic.escapeIdentifier(table)}`,
  );
  return Number(rows[0]?.count);
}

/** What messages, documents, claims and files became is explained by the ledger's entry of each resource. */
async function explainTold(
  project: Project,
  streams: readonly string[],
  present: Present,
): Promise<void> {
  const { rows } = await withClient(project.control, (client) =>
    client.query<{ tokens: Buffer }>(
      `select tokens from handover.entry where phase = 'load' and stream = any($1)`,
      [streams],
    ),
  );
  const known = new Set<string>();
  for (const { tokens } of rows) {
    for (let at = 0; at < tokens.length; at += tokenBytes) {
      known.add(tokens.toString('hex', at, at + tokenBytes));
    }
  }
  for (const [name, seen] of present) {
    const id = name.slice(name.indexOf('/') + 1);
    if (known.has(idToken(id).toString('hex'))) seen.explained = true;
  }
}

/** The key of every row of a table, as the engine names it. */
async function sourceKeys(clinic: Client, stream: string): Promise<string[]> {
  const table = stream.slice(stream.indexOf('.') + 1);
  const { rows: columns } = await clinic.query<{ name: string }>(
    `select a.attname as name from pg_index i
       join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
      where i.indisprimary and i.indrelid = $1::regclass
      order by array_position(i.indkey::int2[], a.attnum)`,
    [`legacy.${table}`],
  );
  const names = columns.map(({ name }) => `${clinic.escapeIdentifier(name)}::text`);
  const { rows } = await clinic.query<string[]>({
    text: `select ${names.join(', ')} from legacy.${clinic.escapeIdentifier(table)}`,
    rowMode: 'array',
  });
  return rows.map((row) => row.join(keySeparator));
}

function countStream(
  project: Project,
  stream: string,
  resources: readonly string[],
  keys: readonly string[],
  present: Present,
  exceptions: Exceptions,
): { account: StreamAccount; misses: Record<string, number> } {
  const account: StreamAccount = { stream, source: keys.length, target: 0, held: 0, excluded: 0 };
  const misses = { nowhere: 0, 'at the target and held': 0 };
  for (const key of keys) {
    const tag = project.key.tag(stream, key);
    const record = `${stream} ${tokenOf(tag).toString('hex')}`;
    const ids = resources.map((name) => ({ type: typeOf(name), id: stableId(tag, name) }));
    const seen = ids.flatMap(({ type, id }) => present.get(`${type}/${id}`) ?? []);
    for (const one of seen) one.explained = true;
    const excluded = exceptions.excluded.has(record);
    const draftHeld = (id: string): boolean =>
      exceptions.draftsHeld.has(`${stream} ${idToken(id).toString('hex')}`);
    const recordHeld = exceptions.held.has(record);
    const held = recordHeld || ids.some(({ id }) => draftHeld(id));
    // Of two resources of a row one may be held and the other be there, but not the same one.
    const both = ids.some(({ type, id }) => present.has(`${type}/${id}`) && draftHeld(id));
    if (seen.length > 0) account.target++;
    if (excluded) account.excluded++;
    if (held) account.held++;
    if (seen.length === 0 && !excluded && !held) misses.nowhere++;
    if (both || (seen.length > 0 && (excluded || recordHeld))) misses['at the target and held']++;
  }
  return { account, misses };
}

/** `Observation#weight` is an Observation. */
function typeOf(resource: string): string {
  return resource.split('#', 1)[0] as string;
}

import { batchColumns, patientsOfBatch, type BatchRow } from '../../src/audit/batches.ts';
import { sha256Hex } from '../../src/base/digest.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { embeddedConnector } from '../../src/connectors/embedded/connector.ts';
import type { RunReport } from '../../src/contract/report.ts';
import { openProjectKey } from '../../src/keys/keyFile.ts';
import type { ProjectKey } from '../../src/keys/projectKey.ts';
import { typeAt } from '../../src/ledger/entries.ts';
import { listExceptions } from '../../src/ledger/exceptions.ts';
import { batchesOf, pageOf } from '../../src/ledger/pages.ts';
import type { Target } from '../../src/model/target.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { openFolderStore } from '../../src/staging/folderStore.ts';
import type { Lane } from './stand.ts';

/**
 * Everything that a finished run leaves behind, one fact a line, in an order that does not depend on
 * how it got there: two runs are equal when their lines are. Ids, counts, codes and digests only.
 */
export type Outcome = readonly string[];

/** Lines that only one of the two has, `-` where it is `expected`. */
export function difference(expected: Outcome, found: Outcome): string[] {
  const left = new Map<string, number>();
  for (const line of expected) left.set(line, (left.get(line) ?? 0) + 1);
  const extra: string[] = [];
  for (const line of found) {
    const count = left.get(line) ?? 0;
    if (count > 0) left.set(line, count - 1);
    else extra.push(`+ ${line}`);
  }
  const missing = [...left].flatMap(([line, count]) => Array<string>(count).fill(`- ${line}`));
  return [...missing, ...extra];
}

/** What the target gives, what the ledger says of each delivery, and what the report says. */
export async function outcomeOf(lane: Lane, report: RunReport): Promise<Outcome> {
  const database = openDatabase({ url: lane.control }, { log: silentLog, max: 2 });
  try {
    const run = report.run.id;
    const lines = [
      ...(await targetLines(lane)),
      ...(await deliveryLines(database, run)),
      ...(await exceptionLines(database, run)),
      ...(await leftOver(database, lane, run)),
      ...(await recordedLines(database, run)),
      ...reportLines(report),
    ];
    return lines.toSorted();
  } finally {
    await database.close();
  }
}

/** All that the target holds, asked through the seam by a connection of our own. */
export async function targetLines(lane: Lane): Promise<string[]> {
  const signal = new AbortController().signal;
  const target = await openTarget(lane, await keyOf(lane));
  await target.open(signal);
  try {
    const lines: string[] = [];
    for await (const { resources } of target.scan(undefined, signal)) {
      for (const stored of await target.fetch(resources, 'body', signal)) {
        const { type, id, state } = stored;
        const body = stored.state === 'present' ? sha256Hex(stored.body ?? '') : '';
        const version = stored.state === 'absent' ? '' : stored.version;
        lines.push(`target ${type}/${id} ${state} version ${version} ${body}`);
      }
    }
    return lines;
  } finally {
    await target.close();
  }
}

async function openTarget(lane: Lane, key: ProjectKey): Promise<Target> {
  const services = {
    name: 'chart',
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    digest: (data: Uint8Array) => key.digest(data).toString('hex'),
    secret: (purpose: string) => key.secret(purpose),
  };
  if (lane.openChart !== undefined) return lane.openChart(services);
  const connector = embeddedConnector(async () => ({ url: lane.chart }));
  return connector.target!.create({}, services);
}

const keys = new Map<string, Promise<ProjectKey>>();

/** All lanes are copies of one project: its key is unlocked once. */
function keyOf({ project }: Lane): Promise<ProjectKey> {
  const folder = `${project}/.handover`;
  const place = project.slice(0, project.lastIndexOf('/'));
  let key = keys.get(place);
  if (key === undefined) {
    key = openProjectKey({
      keyFile: `${folder}/key.json`,
      passphraseFile: `${folder}/passphrase`,
      random: systemRandom,
    });
    keys.set(place, key);
  }
  return key;
}

/** State and version of every draft of the run, as its load pages say. */
async function deliveryLines(database: Database, run: string): Promise<string[]> {
  const lines: string[] = [];
  for (const { key } of await batchesOf(database, run, 'load')) {
    const page = await pageOf(database, key);
    for (let at = 0; at < (page?.count ?? 0); at++) {
      const token = page!.tokens.toString('hex', at * 16, at * 16 + 16);
      const version = page!.versions.readUInt32LE(at * 4);
      const settled = key.slice === 'settle' ? ' settled' : '';
      const state = `state ${page!.states[at]} version ${version}${settled}`;
      lines.push(`delivery ${key.target} ${key.stream} ${typeAt(page!, at)} ${token} ${state}`);
    }
  }
  return lines;
}

async function exceptionLines(database: Database, run: string): Promise<string[]> {
  return (await listExceptions(database, run, {})).map((one) => {
    const { phase, target, stream } = one.key;
    const resolved = one.resolution
      ? `${one.resolution.outcome} ${one.resolution.code} ${one.resolution.version ?? ''}`
      : 'open';
    const token = one.token.toString('hex');
    return `exception ${phase} ${target} ${stream} ${one.kind} ${one.code} ${one.path} ${token} ${resolved}`;
  });
}

/** What must be none: slices not done, workflows not ended, parcels whose blob is not there. */
async function leftOver(database: Database, lane: Lane, run: string): Promise<string[]> {
  const counted = async (what: string, sql: string, parameters: unknown[]): Promise<string> => {
    const { rows } = await database.query<{ count: string }>(sql, parameters);
    return `${what} ${rows[0]?.count}`;
  };
  const blobs = await openFolderStore({
    folder: `${lane.project}/.handover/parcels`,
    clock: systemClock,
  });
  const { rows: parcels } = await database.query<{ name: string }>(
    'select name from handover.parcel where run = $1',
    [run],
  );
  let missing = 0;
  for (const { name } of parcels) if ((await blobs.get(name)) === undefined) missing++;
  return [
    await counted(
      'slices not done',
      'select count(*) from handover.slice where run = $1 and not done',
      [run],
    ),
    await counted(
      'workflows not ended',
      `select count(*) from dbos.workflow_status
        where status not in ('SUCCESS', 'ERROR', 'CANCELLED')`,
      [],
    ),
    `parcels without a blob ${missing}`,
  ];
}

/** What the audit log says that was moved: of each item of each patient once. */
async function recordedLines(database: Database, run: string): Promise<string[]> {
  const { rows } = await database.query<BatchRow & { action: string; stream: string }>(
    `select ${batchColumns}, e.action, e.resource_type as stream
       from audit.batch b join audit.event e using (event)
      where b.run = $1 and e.action in ('load', 'delete')`,
    [run],
  );
  const lines = rows.flatMap((row) =>
    [...patientsOfBatch(row)].flatMap(({ patient, items }) =>
      items.map((item) => `${row.action} ${row.system} ${row.stream} ${item} of ${patient}`),
    ),
  );
  const { rows: unread } = await database.query<{ count: string }>(
    `select count(*) from handover.batch h
      where h.run = $1 and h.phase = 'extract' and (h.counts ->> 'read')::int > 0
        and (select count(*) from audit.batch b join audit.event e using (event)
              where b.run = h.run::text and e.resource_type = h.stream and b.slice = h.slice
                and b.number = h.number and b.root = h.root) <> 1`,
    [run],
  );
  return [...lines, `batches that were read and are not on record once ${unread[0]?.count}`];
}

/** The report without what differs by right: ids, instants, resumes, and streams begun again. */
function reportLines(report: RunReport): string[] {
  const { format: _, project: __, run, restarts: ___, ...parts } = report;
  const lines = Object.entries(parts).flatMap(([part, value]) =>
    (Array.isArray(value) ? value : [value]).map(
      (line) => `report ${part} ${JSON.stringify(line)}`,
    ),
  );
  return [...lines, `report state ${run.state} ${run.code ?? ''}`];
}

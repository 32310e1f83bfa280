import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { from as copyFrom } from 'pg-copy-streams';
import { systemRandom } from '../src/base/random.ts';
import { connectorServices, openControl, openWorkshop } from '../src/cli/composition.ts';
import { openProject, type Project } from '../src/cli/project.ts';
import { openEmbeddedStore } from '../src/connectors/embedded/store.ts';
import { batchCount } from '../src/ledger/pages.ts';
import { slicesOf } from '../src/ledger/slices.ts';
import { chooseRun, coordinatorEnd, reopenRun, startCoordinator } from '../src/run/begin.ts';
import { unpackDrafts } from '../src/run/drafts.ts';
import { createParcels } from '../src/run/parcels.ts';
import { itemsOf } from '../src/staging/packedItems.ts';
import type { ConnectionSpec } from '../src/store/connection.ts';
import { withClient } from '../src/store/provision.ts';
import { stageClinic } from './clinic.ts';
import { endedChildrenSeconds, treeSeconds } from './processes.ts';
import { benchResult, median, rounded, type BenchResult } from './result.ts';

/**
 * The load phase as a run does it (durable workflow, intent, before-images, write, receipts, ledger
 * commit), until ledger, history and search are complete and durable, beside `\copy` of the same
 * resources into a table of one text column. Same server, fsync on, both end with a CHECKPOINT.
 */
export async function benchLoad(resources: number): Promise<BenchResult> {
  const clinic = await stageClinic(resources);
  try {
    await clinic.handover('run', '--only', 'assess');
    for (const phase of ['extract', 'map', 'check']) {
      await clinic.handover('resume', '--only', phase);
    }
    const lines = join(clinic.project, 'drafts.ndjson');
    const project = await openProject(clinic.project, clinic.environment, 'error');
    const written = await writeLines(project, lines);
    const server = (await clinic.server.pid()) ?? 0;
    const before = treeSeconds(server) + endedChildrenSeconds();
    const peer = await copySeconds(clinic.server.superuser, lines);
    const between = { server: treeSeconds(server), program: process.cpuUsage() };
    const copied = (between.server + endedChildrenSeconds() - before) / copyRounds;
    const own = await loadSeconds(project, clinic.server.superuser);
    const { user, system } = process.cpuUsage(between.program);
    const loaded = treeSeconds(server) - between.server + (user + system) / 1e6;
    await project.close();
    return benchResult({
      bench: 'load',
      compared: `load phase, against ${peer.how} of the same resources`,
      ratio: rounded(own / peer.seconds),
      goal: { most: 3 },
      figures: {
        resources: written.resources,
        'bytes each': Math.round(written.bytes / written.resources),
        'load s': rounded(own),
        'copy s': rounded(peer.seconds),
        'load processor s': rounded(loaded),
        'copy processor s': rounded(copied),
        'load resources/s': Math.round(written.resources / own),
        'copy resources/s': Math.round(written.resources / peer.seconds),
      },
    });
  } finally {
    await clinic.close();
  }
}

/** Every draft of the run as a line, in the form of COPY text: a backslash is written twice. */
async function writeLines(
  project: Project,
  path: string,
): Promise<{ resources: number; bytes: number }> {
  const file = await open(path, 'w');
  const database = openControl(project);
  const { blobs, key: projectKey } = project;
  const services = { queries: database, blobs, key: projectKey, random: systemRandom };
  const parcels = createParcels(services);
  const written = { resources: 0, bytes: 0 };
  try {
    const run = await chooseRun(database, undefined);
    for (const { key } of await slicesOf(database, run.id, 'map')) {
      for (let number = 0; number < (await batchCount(database, key)); number++) {
        const items = await parcels.read({ ...key, number }, 'drafts');
        if (items === undefined) continue;
        const texts = [...itemsOf(unpackDrafts(items).bodies)].map((body) => body.toString());
        await file.write(texts.map((text) => `${text.replaceAll('\\', '\\\\')}\n`).join(''));
        written.resources += texts.length;
        written.bytes += texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
      }
    }
  } finally {
    await database.close();
    await file.close();
  }
  return written;
}

/** One process, with the CLI's own settings; the program's start is not in it. */
async function loadSeconds(project: Project, superuser: ConnectionSpec): Promise<number> {
  const report = (error: unknown): never => {
    throw error;
  };
  const workshop = await openWorkshop(project, { ...settings, report });
  try {
    const { database, engine } = workshop;
    const run = await reopenRun(database, engine, await chooseRun(database, undefined));
    const began = performance.now();
    const end = await coordinatorEnd(engine, await startCoordinator(engine, run, 'load'));
    if (end.state !== 'finished') throw new Error(`the load is ${end.state}: ${end.code}`);
    await flushTarget(project);
    await checkpoint(superuser);
    return (performance.now() - began) / 1000;
  } finally {
    await workshop.close();
  }
}

const settings = { concurrency: 4, slices: 4, records: 5000 };

async function flushTarget(project: Project): Promise<void> {
  const services = connectorServices(project);
  const store = await openEmbeddedStore({
    ...services,
    name: 'chart',
    secret: services.secret('target:chart'),
    connection: await project.ownTarget(),
  });
  await store.flush();
  await store.close();
}

function checkpoint(superuser: ConnectionSpec): Promise<void> {
  return withClient(superuser, async (client) => void (await client.query('checkpoint')));
}

const copyRounds = 3;

/** Median of some rounds. */
async function copySeconds(
  superuser: ConnectionSpec,
  lines: string,
): Promise<{ seconds: number; how: string }> {
  const program = await findPsql();
  const copy = program === undefined ? copyByDriver : copyByPsql(program);
  const seconds: number[] = [];
  for (let round = 0; round < copyRounds; round++) {
    await withClient(superuser, async (client) => {
      await client.query('drop table if exists bench_lines');
      await client.query('create table bench_lines (line text)');
      await client.query('checkpoint');
    });
    const began = performance.now();
    await copy(superuser, lines);
    await checkpoint(superuser);
    seconds.push((performance.now() - began) / 1000);
  }
  await withClient(
    superuser,
    async (client) => void (await client.query('drop table bench_lines')),
  );
  return {
    seconds: median(seconds),
    how: program === undefined ? 'COPY by pg-copy-streams (no psql here)' : 'psql \\copy',
  };
}

/** The client itself where Debian puts it; its `psql` is a wrapper that takes time to choose. */
async function findPsql(): Promise<string | undefined> {
  const versions = await readdir('/usr/lib/postgresql').catch(() => []);
  const places = versions.map((version) => `/usr/lib/postgresql/${version}/bin/psql`);
  for (const place of [...places.toSorted().toReversed(), 'psql']) {
    const answers = await promisify(execFile)(place, ['--version']).catch(() => undefined);
    if (answers !== undefined) return place;
  }
  return undefined;
}

function copyByPsql(program: string) {
  return async ({ url }: ConnectionSpec, lines: string): Promise<void> => {
    const copy = `\\copy bench_lines from '${lines}'`;
    const args = ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', url, '-c', copy];
    await promisify(execFile)(program, args);
  };
}

async function copyByDriver(superuser: ConnectionSpec, lines: string): Promise<void> {
  await withClient(superuser, async (client) => {
    const into = client.query(copyFrom('copy bench_lines from stdin'));
    await pipeline(createReadStream(lines, { highWaterMark: 1 << 18 }), into);
  });
}

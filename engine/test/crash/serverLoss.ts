import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom, type Random } from '../../src/base/random.ts';
import { startEmbedded, type EmbeddedServer } from '../../src/store/embedded.ts';
import { embeddedTenants, provision, withClient } from '../../src/store/provision.ts';
import { attempt, begin, type Ending } from './attempt.ts';
import { difference, outcomeOf } from './outcome.ts';
import { smallSteps, type Lane } from './stand.ts';
import { explain, reportOf, type TrialResult, type Unbroken } from './trial.ts';

/** A lane whose project keeps its own PostgreSQL, durable as it comes. */
export interface ServerLane extends Lane {
  server: EmbeddedServer;
  close(): Promise<void>;
}

/**
 * What is killed: the server; one of its sessions, which makes the server restart itself; or the
 * server with the process that works on the run.
 */
export type Loss = 'server' | 'session' | 'both';

/** Make a lane, which must begin from nothing, one whose project keeps its own server. */
export async function serverLane(virgin: Lane): Promise<ServerLane> {
  await virgin.reset();
  const folder = join(virgin.project, '.handover/postgres');
  const start = (): Promise<EmbeddedServer> => startEmbedded({ folder, log: silentLog });
  const server = await start();
  const { control, target } = embeddedTenants;
  const { DATABASE_URL: _, HANDOVER_TARGET_URL: __, ...environment } = virgin.environment;
  return {
    ...virgin,
    environment,
    server,
    control: server.connection(control.database, control.role).url,
    chart: server.connection(target.database, target.role).url,
    reset: async () => {
      await start();
      await withClient(server.superuser, async (client) => {
        for (const { database } of [control, target]) {
          await client.query(`drop database if exists ${database} with (force)`);
        }
      });
      await provision(server.superuser);
      await rm(join(virgin.project, '.handover/parcels'), { recursive: true, force: true });
    },
    close: async () => {
      await server.stop();
      // Not below the project where root's server could not enter it.
      await rm(dirname(server.dataFolder), { recursive: true, force: true });
    },
  };
}

/** Kill at a random instant of the run; it must end so that it can be resumed, or survive. */
export async function loseServer(
  lane: ServerLane,
  name: string,
  loss: Loss,
  unbroken: Unbroken,
  seed: string,
): Promise<TrialResult> {
  const started = performance.now();
  const random = seededRandom(`${seed} ${name}`);
  await lane.reset();
  const { process, ended } = begin(lane, ['--json', 'run', ...smallSteps]);
  await Promise.race([ended, sleep(random.next() * unbroken.durationMs)]);
  await strike(lane.server, loss, random);
  if (loss === 'both') process.kill('SIGKILL');
  const ending = await ended;
  const problems = acceptable(ending, loss) ? [] : [explain(ending)];
  problems.push(...(await finishAfterLoss(lane, unbroken)));
  return { name, kills: 1, problems, durationMs: performance.now() - started };
}

function acceptable({ code, hung }: Ending, loss: Loss): boolean {
  return code === 0 || code === 7 || (loss === 'both' && code === null && !hung);
}

async function strike(server: EmbeddedServer, loss: Loss, random: Random): Promise<void> {
  const pid = loss === 'session' ? await anySession(server, random) : await server.pid();
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
}

async function anySession(server: EmbeddedServer, random: Random): Promise<number | undefined> {
  return withClient(server.superuser, async (client) => {
    const { rows } = await client.query<{ pid: number }>(
      `select pid from pg_stat_activity where datname like 'handover%' order by pid`,
    );
    return rows[random.integer(rows.length)]?.pid;
  });
}

/** As a person would: resume, and where there was no run yet, begin one. */
async function finishAfterLoss(lane: ServerLane, unbroken: Unbroken): Promise<string[]> {
  let ending = await attempt(lane, ['--json', 'resume', ...smallSteps]);
  if (ending.code === 2) ending = await attempt(lane, ['--json', 'run', ...smallSteps]);
  if (ending.code !== 0) return [explain(ending)];
  await startEmbedded({ folder: join(lane.project, '.handover/postgres'), log: silentLog });
  return difference(unbroken.outcome, await outcomeOf(lane, reportOf(ending)));
}

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });
}

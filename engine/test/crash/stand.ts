import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { quickenKey } from '../../src/keys/testing.ts';
import type { ConnectorServices } from '../../src/model/connector.ts';
import type { Target } from '../../src/model/target.ts';
import type { EmbeddedServer } from '../../src/store/embedded.ts';
import { withClient } from '../../src/store/provision.ts';
import { temporaryFolder, testCluster } from '../../src/store/testing.ts';
import { attempt, type Ending, type Surroundings } from './attempt.ts';

/** A project that can be put back to how it was before the run that is to be broken. */
export interface Lane extends Surroundings {
  control: string;
  chart: string;
  /** What is to be broken: a command without its options. */
  command: readonly string[];
  /** SQL: how often it was begun, ever; after a reset it is `before`. */
  begun: { count: string; before: number };
  /** A look at its target; absent: that is the embedded one. */
  openChart?(services: ConnectorServices): Promise<Target>;
  reset(): Promise<void>;
}

export interface StandOptions {
  patients: number;
  /** Of the sample hospital. */
  seed: string;
}

/** Words that make a run small steps: several batches in every phase, one slice after another. */
export const smallSteps = ['--batch', '4', '--concurrency', '1'] as const;

/** The tables that move: the others would make the run longer and break it at no new place. */
const tables: readonly string[] = ['providers', 'pt_demog', 'encounters'];

/** Visits that stay, in three batches: more would break a run at no new place, and some seeds have thrice as many. */
const visits = 12;

/**
 * Where runs are broken: one server, one sample hospital that all lanes read, and a project in which
 * an earlier run has already loaded an older and smaller state of that hospital, so that the run to
 * be broken creates, updates and leaves alone.
 */
export class Stand {
  readonly folder: string;
  readonly server: EmbeddedServer;
  readonly #compileCache: string;
  #loaded: Promise<void> | undefined;

  constructor(folder: string, server: EmbeddedServer) {
    this.folder = folder;
    this.server = server;
    this.#compileCache = join(folder, 'compiled');
  }

  static async open(options: StandOptions): Promise<Stand> {
    const folder = await temporaryFolder();
    const { server } = await testCluster();
    const stand = new Stand(folder, server);
    try {
      await stand.#prepare(options);
    } catch (error) {
      await stand.close();
      throw error;
    }
    return stand;
  }

  /** The server ends with this process, however that ends. */
  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A lane of its own databases and folder, equal to every other after `reset`. */
  lane(name: string): Lane {
    const lane = this.#surroundings(name);
    return { ...lane, ...aRun(1), reset: () => this.#copy('prepared', name) };
  }

  /** One in which nothing has been made yet: no table, no earlier run. */
  virginLane(name: string): Lane {
    const lane = this.#surroundings(name);
    return {
      ...lane,
      ...aRun(0),
      reset: async () => {
        await this.#database(`control_${name}`);
        await this.#database(`chart_${name}`);
        await this.#folder('virgin', name);
      },
    };
  }

  /** One whose last run is loaded, and whose mappings have been changed since. */
  async remapLane(name: string): Promise<Lane> {
    this.#loaded ??= this.#load();
    await this.#loaded;
    return {
      ...this.#surroundings(name),
      command: ['map', 'apply'],
      begun: { count: 'select count(*)::int as count from handover.remap', before: 0 },
      reset: () => this.#copy('loaded', name),
    };
  }

  async #load(): Promise<void> {
    await this.#copy('prepared', 'loaded');
    const loaded = this.#surroundings('loaded');
    await changeMappings(loaded.project, addedMapping);
    await succeed(attempt(loaded, ['run', ...smallSteps]));
    await changeMappings(loaded.project, changedMappings);
  }

  #surroundings(name: string): Omit<Lane, 'reset' | 'command' | 'begun'> {
    const control = this.server.connection(`control_${name}`, 'postgres').url;
    const chart = this.server.connection(`chart_${name}`, 'postgres').url;
    const clinic = this.server.connection('clinic', 'postgres').url;
    return {
      project: join(this.folder, name),
      control,
      chart,
      environment: {
        PATH: process.env['PATH'] ?? '',
        NODE_COMPILE_CACHE: this.#compileCache,
        CLINIC_URL: clinic,
        DATABASE_URL: control,
        HANDOVER_TARGET_URL: chart,
      },
    };
  }

  async #prepare({ patients, seed }: StandOptions): Promise<void> {
    for (const name of ['clinic', 'control_prepared', 'chart_prepared']) await this.#database(name);
    const prepared = this.#surroundings('prepared');
    const sample = ['sample', '--tables', 'core', '--patients', String(patients), '--seed', seed];
    await succeed(attempt(prepared, [...sample, '--out', 'env:CLINIC_URL']));
    await mkdir(prepared.project);
    await succeed(attempt(prepared, ['init', '--tables', 'core']));
    await quickenKey(prepared.project);
    await keepSmall(prepared.project);
    await cp(prepared.project, join(this.folder, 'virgin'), { recursive: true });
    await this.#inClinic([...(await this.#dropOthers()), fewVisits, ...olderState]);
    await succeed(attempt(prepared, ['run', ...smallSteps]));
    await this.#inClinic(presentState);
  }

  async #dropOthers(): Promise<string[]> {
    return withClient(this.server.connection('clinic', 'postgres'), async (client) => {
      const { rows } = await client.query<{ name: string }>(
        `select table_name as name from information_schema.tables where table_schema = 'legacy'`,
      );
      const others = rows.filter(({ name }) => !tables.includes(name));
      return others.map(({ name }) => `drop table legacy.${name}`);
    });
  }

  async #inClinic(statements: readonly string[]): Promise<void> {
    await withClient(this.server.connection('clinic', 'postgres'), async (client) => {
      for (const statement of statements) await client.query(statement);
    });
  }

  async #copy(from: string, to: string): Promise<void> {
    await this.#database(`control_${to}`, `control_${from}`);
    await this.#database(`chart_${to}`, `chart_${from}`);
    await this.#folder(from, to);
  }

  async #folder(from: string, to: string): Promise<void> {
    await rm(join(this.folder, to), { recursive: true, force: true });
    await cp(join(this.folder, from), join(this.folder, to), { recursive: true });
  }

  async #database(name: string, template = 'template0'): Promise<void> {
    await withClient(this.server.superuser, async (client) => {
      await client.query(`drop database if exists ${name} with (force)`);
      await client.query(`create database ${name} template ${template} strategy file_copy`);
    });
  }
}

function aRun(before: number): Pick<Lane, 'command' | 'begun'> {
  const count = 'select count(*)::int as count from handover.run';
  return { command: ['run'], begun: { count, before } };
}

/** A resource of every visit, of which no fact speaks. */
const secondResource = `
  Basic:
    code: { text: enc_cls }
    subject: pt_id.reference('clinic.pt_demog')

facts:
`;

/** Before the run that is mapped again, and after it: drafts are written, removed and left. */
const addedMapping = [['encounters.yaml', '\nfacts:\n', secondResource]] as const;
const changedMappings = [
  ['pt_demog.yaml', 'use: =official', `use: "iif(sex_cd = 'F', 'official', 'usual')"`],
  ['encounters.yaml', '  Basic:\n', `  Basic:\n    $when: enc_cls != 'O'\n`],
] as const;

const fewVisits = `delete from legacy.encounters where enc_id not in
  (select enc_id from legacy.encounters order by enc_id limit ${visits})`;

/** Every second visit not yet there, every second patient under a name that has changed since. */
const olderState: readonly string[] = [
  'create schema kept',
  ...tables.map((table) => `create table kept.${table} as table legacy.${table}`),
  'delete from legacy.encounters where enc_id % 2 = 0',
  `update legacy.pt_demog set last_nm = 'Before' where pt_id % 2 = 0`,
];

const presentState: readonly string[] = tables.flatMap((table) => [
  `delete from legacy.${table}`,
  `insert into legacy.${table} select * from kept.${table}`,
]);

/** Take out of a new project's plan whatever is about tables that do not move. */
async function keepSmall(project: string): Promise<void> {
  const mappings = join(project, 'mappings/clinic');
  for (const file of await readdir(mappings)) {
    if (!tables.includes(file.replace(/\.(yaml|test)$/, '')))
      await rm(join(mappings, file), { recursive: true });
  }
  const file = join(project, 'handover.yaml');
  const plan = parse(await readFile(file, 'utf8')) as { dispositions: { stream: string }[] };
  const dispositions = plan.dispositions.filter(({ stream }) =>
    tables.includes(stream.replace('clinic.', '')),
  );
  await writeFile(file, stringify({ ...plan, dispositions }));
}

async function changeMappings(
  project: string,
  changes: readonly (readonly [file: string, from: string, to: string])[],
): Promise<void> {
  for (const [file, from, to] of changes) {
    const path = join(project, 'mappings/clinic', file);
    const text = await readFile(path, 'utf8');
    if (!text.includes(from)) throw new Error(`${file} no longer says ${from}`);
    await writeFile(path, text.replace(from, to));
  }
}

async function succeed(ending: Promise<Ending>): Promise<void> {
  const { code, stderr } = await ending;
  if (code !== 0) throw new Error(`a stand could not be made: ${stderr}`);
}

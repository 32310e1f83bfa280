/**
 * A project as a user has one, on throw-away databases: a copy of the project template in a folder
 * of its own, with its key, beside an invented hospital. Commands run as a child process
 * ({@link TestProject.cli}) or, faster, phases run in this one (`workbench.ts`).
 */
import { spawn } from 'node:child_process';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLog } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { systemClock } from '../../src/base/clock.ts';
import { createProjectState, type Project } from '../../src/cli/project.ts';
import { openEmbeddedStore, type EmbeddedStore } from '../../src/connectors/embedded/store.ts';
import { openProjectKey } from '../../src/keys/keyFile.ts';
import type { ProjectKey } from '../../src/keys/projectKey.ts';
import { quickenKey } from '../../src/keys/testing.ts';
import { keepCore, withoutFeeds } from '../../src/sample/coreProject.ts';
import { openFolderStore } from '../../src/staging/folderStore.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { temporaryFolder, testCluster, type FreshDatabase } from '../../src/store/testing.ts';
import { hospital, hospitalFeeds, hospitalShare, type HospitalWish } from './hospital.ts';

const template = fileURLToPath(new URL('../../project-template/', import.meta.url));
const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface TestProject {
  folder: string;
  key: ProjectKey;
  /** The hospital that is read. */
  source: FreshDatabase;
  /** The database of the target `chart`. */
  target: FreshDatabase;
  environment: Record<string, string>;
  /** As `openProject` would give it, without starting or asking anything. */
  opened: Project;
  /** Text of a file of the project. */
  read(file: string): Promise<string>;
  write(file: string, text: string): Promise<void>;
  /** Replace `from`, which must be there once, by `to`. */
  edit(file: string, from: string, to: string): Promise<void>;
  /** Run `handover …` as a user would; `input` goes to its standard input. */
  cli(
    words: readonly string[],
    input?: string,
    account?: Account,
    place?: Partial<Pick<Surroundings, 'folder' | 'environment'>>,
  ): Promise<CommandOutcome>;
  /** A look into the control database. */
  control: Database;
  /** A look into the target. */
  openChart(): Promise<EmbeddedStore>;
  close(): Promise<void>;
}

/** Whom a command runs as, where not as we do. */
export interface Account {
  uid: number;
  gid: number;
}

export interface CommandOutcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** What of the project template a project has: tables, share and feeds; without feeds; five tables. */
type Extent = 'feeds' | 'all' | 'core';

const keyed = new Map<Extent, Promise<string>>();
let migrated: Promise<FreshDatabase> | undefined;

/** Make a project over a hospital. Close it, and all its databases go. */
export async function testProject(wish: HospitalWish = {}): Promise<TestProject> {
  migrated ??= migratedControl();
  const folder = await temporaryFolder();
  const extent = wish.feeds === true ? 'feeds' : (wish.tables ?? 'core');
  await cp(await keyedTemplate(extent), folder, { recursive: true });
  const cluster = await testCluster();
  const source = await hospital(wish);
  const control = await cluster.freshDatabase((await migrated).name);
  const target = await cluster.freshDatabase();
  const key = await openKey(folder);
  const environment = {
    CLINIC_URL: source.spec.url,
    DATABASE_URL: control.spec.url,
    HANDOVER_TARGET_URL: target.spec.url,
    ...(wish.tables === 'all' && { CLINIC_SHARE: await hospitalShare(wish) }),
    ...(wish.feeds === true && { CLINIC_FEEDS: await hospitalFeeds(wish) }),
  };
  const opened = await projectOf(folder, key, environment);
  const looked = openDatabase(control.spec, { log: silentLog, instants: 'text', max: 2 });
  const path = (file: string): string => join(folder, file);
  const read = (file: string): Promise<string> => readFile(path(file), 'utf8');
  return {
    folder,
    key,
    source,
    target,
    environment,
    opened,
    read,
    write: (file, text) => writeFile(path(file), text),
    edit: async (file, from, to) =>
      writeFile(path(file), replaceOnce(await read(file), from, to, file)),
    cli: (words, input, account, place) =>
      command({ folder, environment, account, ...place }, words, input),
    control: looked,
    openChart: () => chartOf(key, target),
    close: async () => {
      await looked.close();
      await Promise.all([control.drop(), target.drop()]);
      if (wish.change !== undefined) await source.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** @throws RangeError when `from` does not stand in the text exactly once. */
export function replaceOnce(text: string, from: string, to: string, file: string): string {
  const [before, after, ...more] = text.split(from);
  if (after === undefined || more.length > 0) {
    throw new RangeError(`"${from}" does not stand in ${file} exactly once`);
  }
  return `${before}${to}${after}`;
}

/** Stretching a passphrase takes a third of a second: all projects of a process share a key. */
function keyedTemplate(extent: Extent): Promise<string> {
  let made = keyed.get(extent);
  if (made === undefined) {
    const cut = { feeds: undefined, all: withoutFeeds, core: keepCore }[extent];
    made = cut === undefined ? wholeTemplate() : cutTemplate(cut);
    keyed.set(extent, made);
  }
  return made;
}

async function wholeTemplate(): Promise<string> {
  const folder = await temporaryFolder();
  await cp(template, folder, { recursive: true });
  await createProjectState(folder, {});
  await quickenKey(folder);
  return folder;
}

async function cutTemplate(cut: (folder: string) => Promise<void>): Promise<string> {
  const folder = await temporaryFolder();
  await cp(await keyedTemplate('feeds'), folder, { recursive: true });
  await cut(folder);
  return folder;
}

let opening: Promise<ProjectKey> | undefined;

function openKey(folder: string): Promise<ProjectKey> {
  const at = (name: string): string => join(folder, '.handover', name);
  opening ??= openProjectKey({
    keyFile: at('key.json'),
    passphraseFile: at('passphrase'),
    random: systemRandom,
  });
  return opening;
}

async function migratedControl(): Promise<FreshDatabase> {
  const made = await (await testCluster()).freshDatabase();
  const database = openDatabase(made.spec, { log: silentLog, max: 1 });
  const folder = new URL('../../src/store/migrations/control/', import.meta.url);
  await migrate({ database, folder });
  await database.close();
  return made;
}

async function projectOf(
  folder: string,
  key: ProjectKey,
  environment: Record<string, string>,
): Promise<Project> {
  const { DATABASE_URL: control = '', HANDOVER_TARGET_URL: target = '' } = environment;
  return {
    folder,
    key,
    blobs: await openFolderStore({
      folder: join(folder, '.handover', 'parcels'),
      clock: systemClock,
    }),
    log: silentLog,
    environment,
    control: { url: control },
    ownTarget: async () => ({ url: target }),
    close: async () => undefined,
  };
}

function chartOf(key: ProjectKey, target: FreshDatabase): Promise<EmbeddedStore> {
  return openEmbeddedStore({
    connection: target.spec,
    name: 'chart',
    secret: key.secret('target:chart'),
    digest: (data) => key.digest(data).toString('hex'),
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  });
}

interface Surroundings {
  folder: string;
  environment: Record<string, string>;
  account: Account | undefined;
}

function command(
  { folder, environment, account }: Surroundings,
  words: readonly string[],
  input = '',
): Promise<CommandOutcome> {
  const child = spawn(process.execPath, [main, '--project', folder, ...words], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
    ...account,
  });
  const [stdout, stderr] = [gather(child.stdout), gather(child.stderr)];
  child.stdin.on('error', () => undefined).end(input);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve({ code: code ?? -1, stdout: stdout(), stderr: stderr() });
    });
  });
}

function gather(stream: NodeJS.ReadableStream): () => string {
  const parts: Buffer[] = [];
  stream.on('data', (part: Buffer) => parts.push(part));
  return () => Buffer.concat(parts).toString('utf8');
}

import { access, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { HandoverError, exitCodes } from '../base/errors.ts';
import { systemClock } from '../base/clock.ts';
import { jsonLog, type Log, type LogLevel } from '../base/log.ts';
import { systemRandom } from '../base/random.ts';
import {
  beginRotation,
  createPassphraseFile,
  createProjectKey,
  describeKeyFile,
  endRotation,
  openProjectKey,
  type KeyFiles,
} from '../keys/keyFile.ts';
import type { ProjectKey } from '../keys/projectKey.ts';

import { openFolderStore } from '../staging/folderStore.ts';
import type { BlobStore } from '../staging/blobStore.ts';
import type { ConnectionSpec } from '../store/connection.ts';
import { startEmbedded, type EmbeddedServer } from '../store/embedded.ts';
import { keepEmbedded, type EmbeddedKeeper } from '../store/embeddedWatch.ts';
import { migrate } from '../store/migrate.ts';
import { openDatabase } from '../store/database.ts';
import { tieToGeneration } from '../store/sealing.ts';
import { embeddedTenants, provision, verifyDatabase } from '../store/provision.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A project on this machine: its folder, its key, its control database and its parcels. */
export interface Project {
  folder: string;
  key: ProjectKey;
  blobs: BlobStore;
  log: Log;
  environment: Environment;
  /** The control database, migrated. */
  control: ConnectionSpec;
  /** Where an embedded target without a URL of its own is kept. */
  ownTarget: () => Promise<ConnectionSpec>;
  /** Stop the embedded server, if this process started it and no other uses it. */
  close(): Promise<void>;
}

/** Handover's own files in a project folder. */
const stateFolder = '.handover';

/**
 * Key and passphrase of a project folder. `HANDOVER_PASSPHRASE_FILE` names one kept elsewhere,
 * `HANDOVER_NEW_PASSPHRASE_FILE` the one that a rotation changes to.
 */
async function keyFiles(folder: string, environment: Environment): Promise<KeyFiles> {
  const next = environment.HANDOVER_NEW_PASSPHRASE_FILE;
  return {
    ...(await keyProvidersOf(folder, environment)),
    keyFile: join(folder, stateFolder, 'key.json'),
    passphraseFile: environment.HANDOVER_PASSPHRASE_FILE ?? join(folder, stateFolder, 'passphrase'),
    ...(next !== undefined && { newPassphraseFile: next }),
    random: systemRandom,
  };
}

/** Providers other than the passphrase file; their code is read where there is one of them. */
async function keyProvidersOf(
  folder: string,
  environment: Environment,
): Promise<Pick<KeyFiles, 'providerOf' | 'wrapWith'>> {
  const keyFile = join(folder, stateFolder, 'key.json');
  const isPlain = (await exists(keyFile))
    ? (await describeKeyFile(keyFile)).wrapped.every(({ provider }) => provider === 'passphrase')
    : true;
  if (isPlain && !(await exists(join(folder, 'keys.yaml')))) return {};
  const { keyProviders } = await import('./keySettings.ts');
  return keyProviders(folder, environment);
}

/**
 * Root's PostgreSQL runs under an account of its own, which must be able to pass to its folder; what
 * else stands here is for its owner alone, file by file.
 */
function stateFolderMode(): number {
  return process.getuid?.() === 0 ? 0o711 : 0o700;
}

/** Make the key of a new project; its passphrase too, unless one is kept elsewhere. */
export async function createProjectState(folder: string, environment: Environment): Promise<void> {
  await mkdir(join(folder, stateFolder), { recursive: true, mode: stateFolderMode() });
  const files = await keyFiles(folder, environment);
  const isOwn = environment.HANDOVER_PASSPHRASE_FILE === undefined && files.wrapWith === undefined;
  if (isOwn && !(await exists(files.passphraseFile))) {
    await createPassphraseFile(files.passphraseFile, systemRandom);
  }
  await createProjectKey(files);
}

/**
 * Open a project: unlock its key, start or attach to its PostgreSQL (or use `DATABASE_URL`), bring
 * the control database up to date.
 * @throws HandoverError `project-missing` (exit 2) when `handover init` was never run there.
 */
export async function openProject(
  folderName: string,
  environment: Environment,
  level: LogLevel,
): Promise<Project> {
  const folder = resolve(folderName);
  const log = jsonLog(systemClock, level, (line) => process.stderr.write(line));
  if (!(await exists(join(folder, stateFolder, 'key.json')))) throw projectMissing();
  const held = await openKey(folder, environment);
  const blobs = await openFolderStore({
    folder: parcelFolder(folder),
    clock: systemClock,
  });
  const databases = await openDatabases(folder, environment, log);
  try {
    const key = held.under(await migrateControl(databases.control, log, held));
    const sealedUnder = [held.generation, ...(held.otherGeneration ? [held.otherGeneration] : [])];
    const control = { ...databases.control, sealedUnder };
    return { folder, key, blobs, log, environment, ...databases, control };
  } catch (error) {
    await databases.close();
    throw error;
  }
}

/** Who wraps the key of a project, and whether a rotation of it did not end. */
export async function keyState({ folder, environment }: Pick<Project, 'folder' | 'environment'>) {
  return describeKeyFile((await keyFiles(folder, environment)).keyFile);
}

/** The steps of a rotation that the key file takes. */
export async function rotationOf({ folder, environment }: Pick<Project, 'folder' | 'environment'>) {
  const files = await keyFiles(folder, environment);
  return { begin: () => beginRotation(files), end: () => endRotation(files) };
}

/** Unlock the key of a project folder. */
export async function openKey(folder: string, environment: Environment): Promise<ProjectKey> {
  return openProjectKey(await keyFiles(folder, environment));
}

/** Where the parcels of a project folder are. */
export function parcelFolder(folder: string): string {
  return join(folder, stateFolder, 'parcels');
}

type Databases = Pick<Project, 'control' | 'ownTarget' | 'close'>;

async function openDatabases(
  folder: string,
  environment: Environment,
  log: Log,
): Promise<Databases> {
  const url = environment.DATABASE_URL;
  if (url !== undefined) {
    await verifyDatabase({ url });
    const target = environment.HANDOVER_TARGET_URL;
    return {
      control: { url },
      ownTarget: async () => {
        if (target === undefined) throw targetUrlMissing();
        return { url: target };
      },
      close: async () => undefined,
    };
  }
  const options = { folder: join(folder, stateFolder, 'postgres'), log };
  const server = await startEmbedded(options);
  await provision(server.superuser);
  return embeddedDatabases(server, keepEmbedded(options, server));
}

function embeddedDatabases(server: EmbeddedServer, keeper: EmbeddedKeeper): Databases {
  const { control, target } = embeddedTenants;
  return {
    control: server.connection(control.database, control.role),
    ownTarget: async () => server.connection(target.database, target.role),
    close: () => keeper.close(),
  };
}

async function migrateControl(control: ConnectionSpec, log: Log, key: ProjectKey): Promise<string> {
  const database = openDatabase(control, { log, max: 1 });
  try {
    const folder = new URL('../store/migrations/control/', import.meta.url);
    await migrate({ database, folder });
    return await tieToGeneration(database, key);
  } finally {
    await database.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function projectMissing(): HandoverError {
  return new HandoverError('project-missing', 'This folder is not a Handover project yet.', {
    exitCode: exitCodes.usage,
    next: 'Run `handover init` here, or name the project with --project DIR.',
  });
}

function targetUrlMissing(): HandoverError {
  return new HandoverError(
    'target-url-missing',
    'With DATABASE_URL, an embedded target needs a database of its own.',
    {
      exitCode: exitCodes.planInvalid,
      next: 'Set HANDOVER_TARGET_URL, or give the target a `url` in handover.yaml.',
    },
  );
}

/** HAPI FHIR, a server that nobody here wrote, on the loopback interface (bench/hapi). */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const folder = process.env['HANDOVER_HAPI'] ?? join(homedir(), '.cache/handover/hapi-8.8.0');

/** Why there is no server to test with; undefined when there is one. */
export const hapiMissing = existsSync(join(folder, 'complete'))
  ? undefined
  : 'HAPI FHIR is not installed: run bench/hapi/install';

export interface Hapi {
  /** Base address. */
  url: string;
  close(): Promise<void>;
}

const startMs = 480_000;

/**
 * Start an empty server with a database in memory; it takes half a minute and 1 GB.
 * @param ids `client`: it takes ids of the client's choice; `server`: it refuses them.
 */
export async function startHapi(ids: 'client' | 'server'): Promise<Hapi> {
  const path = `${folder}/classes:${folder}/jars/*`;
  const options = ['-Xmx1200m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
  const java = spawn('java', [...options, '-cp', path, 'HapiServer', ids], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => java.on('close', () => resolve()));
  const url = await Promise.race([firstLine(java), ended.then(() => undefined), late()]);
  const close = async (): Promise<void> => {
    java.kill('SIGKILL');
    await ended;
  };
  if (url !== undefined) return { url, close };
  await close();
  throw new Error('HAPI FHIR did not start');
}

function firstLine(java: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    createInterface({ input: java.stdout! }).once('line', resolve);
  });
}

function late(): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), startMs).unref());
}

import { scrypt } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sha256Hex } from '../base/digest.ts';
import { putFileOnce } from '../base/durableFile.ts';
import { exitCodes, HandoverError, systemCode } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { ProjectKey } from './projectKey.ts';
import { openBytes, projectKeyBytes, projectKeyFrom, sealBytes } from './projectKey.ts';

export interface KeyFiles {
  /** JSON that holds the project key, wrapped; useless without the passphrase. */
  keyFile: string;
  /** Text that only its owner may read; a line end at its end does not count. */
  passphraseFile: string;
  random: Random;
}

/** The key file, format 1. `check` tells a damaged file from a wrong passphrase. */
interface StoredKey {
  format: 1;
  scrypt: ScryptCost;
  /** Base64, as is `wrapped`. */
  salt: string;
  wrapped: string;
  check: string;
}

/** Cost of one guess: N iterations of r blocks, p times over (RFC 7914). */
interface ScryptCost {
  n: number;
  r: number;
  p: number;
}

const usualCost: ScryptCost = { n: 2 ** 15, r: 8, p: 3 };
const wrappingContext = 'project-key';

/**
 * Make a project key and store it wrapped, mode 0600, durable before this returns.
 * @throws HandoverError `key-file-exists` (a key is never replaced: what it sealed would be lost),
 *   `passphrase-missing`, `passphrase-exposed`, `passphrase-short`.
 */
export async function createProjectKey(files: KeyFiles, cost = usualCost): Promise<ProjectKey> {
  const { random } = files;
  const passphrase = await readPassphrase(files.passphraseFile);
  const salt = random.bytes(16);
  const key = random.bytes(projectKeyBytes);
  const wrapper = await stretch(passphrase, salt, cost);
  const wrapped = sealBytes(wrapper, key, wrappingContext, random).toString('base64');
  const parts = { format: 1, scrypt: cost, salt: salt.toString('base64'), wrapped } as const;
  const stored: StoredKey = { ...parts, check: checkOf(parts) };
  await writeOnce(files.keyFile, `${JSON.stringify(stored, null, 2)}\n`, 'key-file-exists');
  return projectKeyFrom(key, random);
}

/**
 * @throws HandoverError `passphrase-wrong`, `passphrase-missing`, `passphrase-exposed`,
 *   `passphrase-short`, `key-file-missing`, `key-file-broken` (exit code 8).
 */
export async function openProjectKey(files: KeyFiles): Promise<ProjectKey> {
  const stored = await readKeyFile(files.keyFile);
  const passphrase = await readPassphrase(files.passphraseFile);
  const salt = Buffer.from(stored.salt, 'base64');
  const wrapper = await stretch(passphrase, salt, stored.scrypt);
  let key: Buffer;
  try {
    key = openBytes(wrapper, Buffer.from(stored.wrapped, 'base64'), wrappingContext);
  } catch {
    throw new HandoverError(
      'passphrase-wrong',
      `the passphrase in ${files.passphraseFile} does not open ${files.keyFile}`,
      { next: 'Use the passphrase this project was created with.', exitCode: exitCodes.usage },
    );
  }
  return projectKeyFrom(key, files.random);
}

/** Write a fresh random passphrase of 256 bits, mode 0600. @throws `passphrase-exists` */
export async function createPassphraseFile(path: string, random: Random): Promise<void> {
  await writeOnce(path, `${random.bytes(32).toString('base64url')}\n`, 'passphrase-exists');
}

const shortestPassphrase = 12;

async function readPassphrase(path: string): Promise<string> {
  const { mode } = await stat(path).catch((error: unknown) => {
    throw missing(error, 'passphrase-missing', path);
  });
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new HandoverError('passphrase-exposed', `others than its owner may use ${path}`, {
      next: `Run: chmod 600 ${path}`,
      exitCode: exitCodes.usage,
    });
  }
  const passphrase = (await readFile(path, 'utf8')).replace(/\r?\n$/, '').normalize('NFC');
  if (passphrase.length >= shortestPassphrase) return passphrase;
  throw new HandoverError(
    'passphrase-short',
    `the passphrase in ${path} has fewer than ${shortestPassphrase} characters`,
    { next: 'Use a longer one, best a random one.', exitCode: exitCodes.usage },
  );
}

async function readKeyFile(path: string): Promise<StoredKey> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw missing(error, 'key-file-missing', path);
  });
  const stored = parseStoredKey(text);
  if (stored !== undefined) return stored;
  throw new HandoverError('key-file-broken', `${path} is not a whole key file of format 1`, {
    next: 'Restore it from a backup; without it nothing sealed in this project can be read.',
    exitCode: exitCodes.integrityBroken,
  });
}

function parseStoredKey(text: string): StoredKey | undefined {
  try {
    const { check, ...parts } = JSON.parse(text) as StoredKey;
    const whole = parts.format === 1 && check === checkOf(parts) && isBearable(parts.scrypt);
    return whole ? { ...parts, check } : undefined;
  } catch {
    return undefined;
  }
}

/** A foreign file must not make us guess for hours, nor cheapen the guessing. */
function isBearable({ n, r, p }: ScryptCost): boolean {
  return n >= 2 ** 15 && n <= 2 ** 20 && r === 8 && p >= 1 && p <= 16;
}

function checkOf({ scrypt: { n, r, p }, salt, wrapped }: Omit<StoredKey, 'check'>): string {
  return sha256Hex(JSON.stringify([n, r, p, salt, wrapped]));
}

function stretch(passphrase: string, salt: Buffer, { n, r, p }: ScryptCost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { N: n, r, p, maxmem: 256 * n * r };
    scrypt(passphrase, salt, 32, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

function missing(error: unknown, code: string, path: string): unknown {
  if (systemCode(error) !== 'ENOENT') return error;
  return new HandoverError(code, `${path} does not exist`, {
    next: 'Name the right file, or create the project with: handover init',
    exitCode: exitCodes.usage,
  });
}

async function writeOnce(path: string, text: string, existsCode: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  if ((await putFileOnce(path, Buffer.from(text))) === 'stored') return;
  throw new HandoverError(existsCode, `${path} exists already and is kept`, {
    next: 'Use it, or choose another name.',
    exitCode: exitCodes.usage,
  });
}

import { hkdfSync, timingSafeEqual } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sha256, sha256Hex } from '../base/digest.ts';
import { putFileOnce, replaceFile } from '../base/durableFile.ts';
import { exitCodes, HandoverError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { KeyProvider, WrappedKey } from './keyProvider.ts';
import { isBearable, missing, passphraseProvider, type ScryptCost } from './passphrase.ts';
import type { ProjectKey, ProjectSecrets } from './projectKey.ts';
import { openBytes, projectKeyBytes, projectKeyFrom, sealBytes } from './projectKey.ts';

export interface KeyFiles {
  /** JSON that holds the project key, wrapped; useless without its provider. */
  keyFile: string;
  /** Text that only its owner may read; a line end at its end does not count. */
  passphraseFile: string;
  /** The passphrase that a rotation changes to; the same one if left out. */
  newPassphraseFile?: string;
  /** Providers beside the passphrase file, by the settings that a key file holds. */
  providerOf?: (wrapped: WrappedKey) => KeyProvider | undefined;
  /** Who wraps a key that is made now; the passphrase file if left out. */
  wrapWith?: KeyProvider;
  random: Random;
}

/**
 * The key file, format 2. `current` is the sealing key and `lasting` the lasting secret, sealed under
 * it; `former` is there from the first step of a rotation to its last. `check` tells a damaged file
 * from a wrong passphrase.
 */
interface StoredKey {
  format: 2;
  current: WrappedKey;
  former?: WrappedKey;
  /** Base64. */
  lasting: string;
  check: string;
}

/** Format 1: one secret for everything. */
interface FormerFormat {
  format: 1;
  scrypt: ScryptCost;
  salt: string;
  wrapped: string;
  check: string;
}

const lastingContext = 'lasting-secret';
const lastingPurpose = 'handover:2:lasting';

/**
 * Make a project key and store it wrapped, mode 0600, durable before this returns.
 * @throws HandoverError `key-file-exists` (a key is never replaced: what it sealed would be lost), and
 *   what the provider throws.
 */
export async function createProjectKey(files: KeyFiles, cost?: ScryptCost): Promise<ProjectKey> {
  const { random } = files;
  const secrets = {
    sealing: random.bytes(projectKeyBytes),
    lasting: random.bytes(projectKeyBytes),
  };
  const current = await wrap(files, secrets.sealing, cost);
  const stored = whole({ current, lasting: sealedLasting(secrets, random) });
  await writeOnce(files.keyFile, textOf(stored), 'key-file-exists');
  return projectKeyFrom(secrets, random);
}

/**
 * @throws HandoverError `key-file-missing`, `key-file-broken` (exit code 8), and what the provider
 *   throws.
 */
export async function openProjectKey(files: KeyFiles): Promise<ProjectKey> {
  return projectKeyFrom((await openSecrets(files)).secrets, files.random);
}

/** Who wraps the keys of a key file, and whether it holds the key before too: a rotation did not end. */
export async function describeKeyFile(
  keyFile: string,
): Promise<{ provider: string; isRotating: boolean; wrapped: WrappedKey[] }> {
  const { current, former } = await readKeyFile(keyFile);
  const wrapped = [current, ...(former === undefined ? [] : [former])];
  return { provider: current.provider, isRotating: former !== undefined, wrapped };
}

/**
 * The first step of a rotation: a new sealing key stands in the key file beside the one that sealed
 * so far, durable before this returns. Where one was begun already, it is that one.
 */
export async function beginRotation(files: KeyFiles): Promise<ProjectKey> {
  const { random } = files;
  const { stored, secrets } = await openSecrets(files);
  if (secrets.former !== undefined) return projectKeyFrom(secrets, random);
  const next = { ...secrets, sealing: random.bytes(projectKeyBytes), former: secrets.sealing };
  const current = await wrap(files, next.sealing);
  const lasting = sealedLasting(next, random);
  await replaceFile(
    files.keyFile,
    Buffer.from(textOf(whole({ current, former: stored.current, lasting }))),
  );
  return projectKeyFrom(next, random);
}

/** The last step: the former key leaves the file. @returns false: it had left before. */
export async function endRotation(files: KeyFiles): Promise<boolean> {
  const { former, current, lasting } = await readKeyFile(files.keyFile);
  if (former === undefined) return false;
  await replaceFile(files.keyFile, Buffer.from(textOf(whole({ current, lasting }))));
  return true;
}

/** Write a fresh random passphrase of 256 bits, mode 0600. @throws `passphrase-exists` */
export async function createPassphraseFile(path: string, random: Random): Promise<void> {
  await writeOnce(path, `${random.bytes(32).toString('base64url')}\n`, 'passphrase-exists');
}

/** What a provider wrapped and does not give back would be lost: it is asked before anything is kept. */
async function wrap(files: KeyFiles, key: Uint8Array, cost?: ScryptCost): Promise<WrappedKey> {
  const { wrapWith, passphraseFile, newPassphraseFile, random } = files;
  if (wrapWith === undefined) {
    return passphraseProvider(newPassphraseFile ?? passphraseFile, random, cost).wrap(key);
  }
  const wrapped = await wrapWith.wrap(key);
  if (timingSafeEqual(sha256(await wrapWith.unwrap(wrapped)), sha256(key))) return wrapped;
  throw new HandoverError('key-provider-refused', `"${wrapWith.kind}" gave another key back.`, {
    next: 'Nothing was opened or changed. Check that it encrypts and decrypts with the same key.',
    exitCode: exitCodes.usage,
  });
}

async function openSecrets(
  files: KeyFiles,
): Promise<{ stored: StoredKey; secrets: ProjectSecrets }> {
  const stored = await readKeyFile(files.keyFile);
  const sealing = await unwrapNewest(files, stored.current);
  const former = stored.former && (await unwrap(files, stored.former));
  const lasting = lastingOf(stored, sealing);
  return { stored, secrets: { sealing, lasting, ...(former && { former }) } };
}

/** From a rotation to another passphrase on, the newest key is under that one. */
async function unwrapNewest(files: KeyFiles, key: WrappedKey): Promise<Buffer> {
  const { newPassphraseFile: passphraseFile } = files;
  if (passphraseFile === undefined || key.provider !== 'passphrase') return unwrap(files, key);
  try {
    return await unwrap({ ...files, passphraseFile }, key);
  } catch (error) {
    if (!(error instanceof HandoverError) || error.code !== 'passphrase-wrong') throw error;
    return unwrap(files, key);
  }
}

async function unwrap(files: KeyFiles, key: WrappedKey): Promise<Buffer> {
  const { passphraseFile, random, providerOf } = files;
  if (key.provider === 'passphrase') return passphraseProvider(passphraseFile, random).unwrap(key);
  const provider = providerOf?.(key);
  if (provider !== undefined) return provider.unwrap(key);
  throw new HandoverError('key-provider-unknown', `the key is wrapped by "${key.provider}"`, {
    next: 'Write its settings into keys.yaml, or use the version of Handover that knows it. Nothing was opened.',
    exitCode: exitCodes.usage,
  });
}

/** In a file of format 1 the one secret is both. */
function lastingOf({ lasting }: StoredKey, sealing: Buffer): Buffer {
  if (lasting === '') return sealing;
  return openBytes(lastingKey(sealing), Buffer.from(lasting, 'base64'), lastingContext);
}

function sealedLasting({ sealing, lasting }: ProjectSecrets, random: Random): string {
  return sealBytes(lastingKey(sealing), lasting, lastingContext, random).toString('base64');
}

function lastingKey(sealing: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', sealing, '', lastingPurpose, 32));
}

async function readKeyFile(path: string): Promise<StoredKey> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw missing(error, 'key-file-missing', path);
  });
  const stored = parseStoredKey(text);
  if (stored !== undefined) return stored;
  throw new HandoverError('key-file-broken', `${path} is not a whole key file of format 1 or 2`, {
    next: 'Restore it from a backup; without it nothing sealed in this project can be read.',
    exitCode: exitCodes.integrityBroken,
  });
}

function parseStoredKey(text: string): StoredKey | undefined {
  try {
    const parsed = JSON.parse(text) as StoredKey | FormerFormat;
    const stored = parsed.format === 1 ? fromFormer(parsed) : parsed;
    if (stored?.format !== 2 || stored.check !== checkOf(stored)) return undefined;
    const keys = [stored.current, ...(stored.former === undefined ? [] : [stored.former])];
    const bearable = keys.every((key) => key.provider !== 'passphrase' || isBearable(key));
    return bearable ? stored : undefined;
  } catch {
    return undefined;
  }
}

function fromFormer({ scrypt, salt, wrapped, check }: FormerFormat): StoredKey | undefined {
  const { n, r, p } = scrypt;
  if (check !== sha256Hex(JSON.stringify([n, r, p, salt, wrapped]))) return undefined;
  const current = { provider: 'passphrase', settings: { scrypt: { n, r, p }, salt }, wrapped };
  return whole({ current, lasting: '' });
}

function whole(parts: Pick<StoredKey, 'current' | 'former' | 'lasting'>): StoredKey {
  return { format: 2, ...parts, check: checkOf(parts) };
}

function checkOf(parts: Pick<StoredKey, 'current' | 'former' | 'lasting'>): string {
  const { current, former, lasting } = parts;
  const each = [current, former].map((key) =>
    key === undefined ? null : [key.provider, key.settings, key.wrapped],
  );
  return sha256Hex(JSON.stringify([...each, lasting]));
}

function textOf(stored: StoredKey): string {
  return `${JSON.stringify(stored, null, 2)}\n`;
}

async function writeOnce(path: string, text: string, existsCode: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  if ((await putFileOnce(path, Buffer.from(text))) === 'stored') return;
  throw new HandoverError(existsCode, `${path} exists already and is kept`, {
    next: 'Use it, or choose another name.',
    exitCode: exitCodes.usage,
  });
}

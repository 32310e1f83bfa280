import { scrypt } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { exitCodes, HandoverError, systemCode } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { KeyProvider, WrappedKey } from './keyProvider.ts';
import { openBytes, sealBytes } from './projectKey.ts';

/** Cost of one guess: N iterations of r blocks, p times over (RFC 7914). */
export interface ScryptCost {
  n: number;
  r: number;
  p: number;
}

export const usualCost: ScryptCost = { n: 2 ** 15, r: 8, p: 3 };
const wrappingContext = 'project-key';

/** What stands beside a key that a passphrase wrapped; the salt in base64. */
interface PassphraseSettings {
  scrypt: ScryptCost;
  salt: string;
}

/**
 * Wraps a key under a passphrase that a file holds, which only its owner may read; a line end at its
 * end does not count.
 *
 * @throws HandoverError `passphrase-missing`, `passphrase-exposed`, `passphrase-short`; on unwrapping
 *   `passphrase-wrong`.
 */
export function passphraseProvider(
  file: string,
  random: Random,
  cost: ScryptCost = usualCost,
): KeyProvider {
  return {
    kind: 'passphrase',
    async wrap(key) {
      const passphrase = await readPassphrase(file);
      const salt = random.bytes(16);
      const wrapper = await stretch(passphrase, salt, cost);
      const wrapped = sealBytes(wrapper, key, wrappingContext, random).toString('base64');
      const { n, r, p } = cost;
      const settings = { scrypt: { n, r, p }, salt: salt.toString('base64') };
      return { provider: 'passphrase', settings, wrapped };
    },
    async unwrap({ settings, wrapped }) {
      const { scrypt: own, salt } = settings as unknown as PassphraseSettings;
      const passphrase = await readPassphrase(file);
      const wrapper = await stretch(passphrase, Buffer.from(salt, 'base64'), own);
      try {
        return openBytes(wrapper, Buffer.from(wrapped, 'base64'), wrappingContext);
      } catch {
        throw passphraseWrong(file);
      }
    },
  };
}

/** A foreign file must not make us guess for hours, nor cheapen the guessing. */
export function isBearable({ settings }: Pick<WrappedKey, 'settings'>): boolean {
  const { n, r, p } = (settings as unknown as PassphraseSettings).scrypt;
  return n >= 2 ** 15 && n <= 2 ** 20 && r === 8 && p >= 1 && p <= 16;
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

function stretch(passphrase: string, salt: Buffer, { n, r, p }: ScryptCost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { N: n, r, p, maxmem: 256 * n * r };
    scrypt(passphrase, salt, 32, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

function passphraseWrong(file: string): HandoverError {
  return new HandoverError('passphrase-wrong', `the passphrase in ${file} does not open the key`, {
    next: 'Use the passphrase this project was created with, or the one its key was rotated to.',
    exitCode: exitCodes.usage,
  });
}

/** What could not be read, if it is because it is not there. */
export function missing(error: unknown, code: string, path: string): unknown {
  if (systemCode(error) !== 'ENOENT') return error;
  return new HandoverError(code, `${path} does not exist`, {
    next: 'Name the right file, or create the project with: handover init',
    exitCode: exitCodes.usage,
  });
}

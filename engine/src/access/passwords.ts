import { argon2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Random } from '../base/random.ts';

/** Passwords shorter than this are not taken (ASVS 5, 6.2.1 asks for 8 and recommends 15). */
export const shortestPassword = 15;
/** Longer ones are refused rather than cut (ASVS 5, 6.2.9 asks for at least 64). */
export const longestPassword = 256;

/** OWASP's recommendation for Argon2id: 19 MiB, two passes, one lane. */
const cost = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 };
const saltBytes = 16;

const hash = promisify(argon2);

/**
 * Argon2id (RFC 9106) of a password under a salt of its own, in the PHC string format:
 * `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. Nothing of the password can be had back.
 */
export async function hashPassword(password: string, random: Random): Promise<string> {
  const nonce = random.bytes(saltBytes);
  const tag = await hash('argon2id', { ...cost, message: normal(password), nonce });
  const { memory, passes, parallelism } = cost;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(nonce)}$${unpadded(tag)}`;
}

/** Whether this is the password; false for a hash that cannot be read. Takes the same time either way. */
export async function isPassword(password: string, phc: string): Promise<boolean> {
  const parts = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/.exec(phc);
  if (parts === null) return false;
  const [memory, passes, parallelism] = parts.slice(1, 4).map(Number) as [number, number, number];
  const nonce = Buffer.from(parts[4] as string, 'base64');
  const expected = Buffer.from(parts[5] as string, 'base64');
  const given = { memory, passes, parallelism, tagLength: expected.length, nonce };
  return timingSafeEqual(await hash('argon2id', { ...given, message: normal(password) }), expected);
}

/** One and the same word for every keyboard (NIST SP 800-63B §3.1.1.2). */
function normal(password: string): Buffer {
  return Buffer.from(password.normalize('NFKC'));
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

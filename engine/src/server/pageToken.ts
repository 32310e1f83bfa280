import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Random } from '../base/random.ts';

const ivBytes = 12;
const tagBytes = 16;

/**
 * Turns a search into an opaque word for a link and back. Addresses end up in logs and histories, so
 * what stands in them is sealed under a key that lives as long as the server does.
 */
export class PageTokens {
  readonly #key: Buffer;
  readonly #random: Random;

  constructor(random: Random) {
    this.#key = random.bytes(32);
    this.#random = random;
  }

  seal(text: string): string {
    const iv = this.#random.bytes(ivBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv);
    const sealed = [iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()];
    return Buffer.concat(sealed).toString('base64url');
  }

  /** Undefined when the word is not ours: altered, or from before the server was last started. */
  open(token: string): string | undefined {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length < ivBytes + tagBytes) return undefined;
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, ivBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes));
    try {
      const body = bytes.subarray(ivBytes, bytes.length - tagBytes);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString();
    } catch {
      return undefined;
    }
  }
}

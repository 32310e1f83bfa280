import { decodeBase32, decodeBase32Into, encodeBase32 } from '../base/base32.ts';
import { sha256 } from '../base/digest.ts';

/** The 16 bytes that stand for a stable id in the ledger's pages. */
export function idToken(id: string): Buffer {
  const bytes = id.length === 26 ? decodeBase32(id) : undefined;
  return bytes ?? sha256(id).subarray(0, 16);
}

export function idTokens(ids: readonly string[]): Buffer {
  const tokens = Buffer.alloc(ids.length * 16);
  for (const [at, id] of ids.entries()) {
    if (id.length === 26 && decodeBase32Into(id, tokens, at * 16)) continue;
    idToken(id).copy(tokens, at * 16);
  }
  return tokens;
}

/** The stable id behind entry `at` of a page's tokens. */
export function idAt(tokens: Buffer, at: number): string {
  return encodeBase32(tokens.subarray(at * 16, at * 16 + 16));
}

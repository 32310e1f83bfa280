import { randomBytes } from 'node:crypto';

/** Randomness as the rest of the engine sees it. */
export interface Random {
  /** `size` random bytes. */
  bytes(size: number): Buffer;
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, below). */
  integer(below: number): number;
}

/** The operating system's generator: keys, salts, tokens. */
export const systemRandom: Random = {
  bytes: (size) => randomBytes(size),
  next: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  integer: (below) => Math.floor(systemRandom.next() * below),
};

/**
 * A repeatable generator (sfc32) for samples, simulations and tests; never for keys.
 * The same seed gives the same sequence on every platform.
 */
export function seededRandom(seed: number | string): Random {
  let [a, b, c, d] = spread(String(seed));
  const word = (): number => {
    const sum = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 15; round++) word();
  const next = (): number => word() / 2 ** 32;
  return {
    next,
    integer: (below) => Math.floor(next() * below),
    bytes: (size) => {
      const out = Buffer.alloc(size);
      for (let at = 0; at < size; at++) out[at] = word() & 0xff;
      return out;
    },
  };
}

/** Four 32-bit words from a text (FNV-1a with four offsets). */
function spread(text: string): [number, number, number, number] {
  const word = (offset: number): number => {
    let hash = (0x811c9dc5 ^ offset) >>> 0;
    for (let at = 0; at < text.length; at++) {
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
    }
    return hash | 0;
  };
  return [word(0), word(0x9e3779b9), word(0x7f4a7c15), word(0x85ebca6b)];
}

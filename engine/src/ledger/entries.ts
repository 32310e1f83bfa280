import { merkleRoot, putSha256 } from '../base/digest.ts';

export const tokenBytes = 16;
export const digestBytes = 32;

/**
 * The entries of one batch, packed column by column: entry `i` has bytes `16i … 16i+16` of `tokens`
 * and so on. A million rows with an index would cost more than the work they record; a search for
 * one token scans 16 bytes an entry.
 */
export interface EntryPage {
  count: number;
  /** Key tokens (extract) or stable ids of drafts as raw 16 bytes (map, load). */
  tokens: Buffer;
  /** Resource types that occur (map, load), and for each entry one byte: its place in that list. */
  types: readonly string[];
  typeOf: Buffer;
  /** Tokens of the patient each entry is about; zero bytes: about none. Empty where not known. */
  subjects: Buffer;
  /** Keyed digests of the record or draft. */
  digests: Buffer;
  /** 16 random bytes for each leaf, so that a leaf can be shown to its owner and guessed by nobody. */
  salts: Buffer;
  /** For each draft the ordinals of its records: count (u16 LE), then ordinals (u32 LE). */
  contributions: Buffer;
  /** Delivery state of each draft (`deliveryCodes`); empty before `load`. */
  states: Buffer;
  /** Version each draft got at the target (u32 LE); empty before `load`. */
  versions: Buffer;
  mappingDigest?: string;
}

/**
 * Root over the salted leaves of a page. Leaf = SHA-256(salt ‖ token ‖ digest): whoever is given the
 * salt of one record can show that it was moved; nobody else learns anything.
 */
export function entryRoot(page: EntryPage): Buffer {
  const leaf = Buffer.alloc(16 + tokenBytes + digestBytes);
  const leaves = Buffer.alloc(page.count * digestBytes);
  for (let i = 0; i < page.count; i++) {
    page.salts.copy(leaf, 0, i * 16, i * 16 + 16);
    page.tokens.copy(leaf, 16, i * tokenBytes, (i + 1) * tokenBytes);
    page.digests.copy(leaf, 32, i * digestBytes, (i + 1) * digestBytes);
    putSha256(leaf, leaves, i * digestBytes);
  }
  return merkleRoot(leaves);
}

/** Pack contributions: for each draft the ordinals of the records that it came from. */
export function packContributions(from: readonly (readonly number[])[]): Buffer {
  const size = from.reduce((sum, ordinals) => sum + 2 + 4 * ordinals.length, 0);
  const packed = Buffer.alloc(size);
  let at = 0;
  for (const ordinals of from) {
    at = packed.writeUInt16LE(ordinals.length, at);
    for (const ordinal of ordinals) at = packed.writeUInt32LE(ordinal, at);
  }
  return packed;
}

export function unpackContributions(packed: Buffer): number[][] {
  const from: number[][] = [];
  for (let at = 0; at < packed.length;) {
    const count = packed.readUInt16LE(at);
    at += 2;
    const ordinals: number[] = [];
    for (let i = 0; i < count; i++, at += 4) ordinals.push(packed.readUInt32LE(at));
    from.push(ordinals);
  }
  return from;
}

/** Ordinals in a page whose token is `token`. A match that is not aligned to an entry is none. */
export function ordinalsOf(tokens: Buffer, token: Buffer): number[] {
  const found: number[] = [];
  for (let at = tokens.indexOf(token); at >= 0; at = tokens.indexOf(token, at + 1)) {
    if (at % tokenBytes === 0) found.push(at / tokenBytes);
  }
  return found;
}

const nothing = Buffer.alloc(0);

/** A page with no entries, to build others from. */
export const emptyPage: EntryPage = {
  count: 0,
  tokens: nothing,
  types: [],
  typeOf: nothing,
  subjects: nothing,
  digests: nothing,
  salts: nothing,
  contributions: nothing,
  states: nothing,
  versions: nothing,
};

/** The columns `types` and `typeOf` of a page from the type of every entry. */
export function packTypes(all: readonly string[]): Pick<EntryPage, 'types' | 'typeOf'> {
  const types = [...new Set(all)];
  const places = new Map(types.map((type, at) => [type, at]));
  return { types, typeOf: Buffer.from(all.map((type) => places.get(type) ?? 0)) };
}

/** Resource type of entry `at`. */
export function typeAt(page: Pick<EntryPage, 'types' | 'typeOf'>, at: number): string {
  return page.types[page.typeOf[at] ?? 0] ?? '';
}

import type { IndexEntry } from './indexEntry.ts';
import type { TokenWriter } from './sipHash.ts';

/** One row of `resource` or `history`, before it is encoded. */
export interface ResourceRow {
  /** Number of the type. */
  type: number;
  id: string;
  version: number;
  /** Undefined: a removal. */
  stored: StoredBody | undefined;
}

export interface StoredBody {
  block: number;
  slot: number;
  /** The digest is 32 bytes of this, from `digestAt`. */
  digests: Uint8Array;
  digestAt: number;
  index: IndexEntry;
}

/** The columns in the order in which {@link ResourceRows} writes them. */
export const copyResources = `copy resource (block, patient, identifier, updated, date_from, date_to, version,
  type, slot, id, digest, more_identifiers, qualified_identifiers, qualified_identifier) from stdin with (format binary)`;

export const copyBlocks = 'copy block (block, sealed) from stdin with (format binary)';

const columns = 14;
/** What a COPY begins with, and what it ends with. */
const copyHead = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const copyTrailer = Buffer.from([0xff, 0xff]);
/** All columns but the arrays, with the longest id. */
const rowBytes = 280;
const int8Type = 20;

/**
 * Encodes rows for PostgreSQL's binary COPY (manual, COPY, "Binary Format"): text would have
 * to be formatted here and parsed there.
 */
export class ResourceRows {
  readonly #tokens: SearchTokens;
  readonly #updatedMs: number;
  #buffer: Buffer;
  #at = 0;
  /** Where each row begins. */
  readonly #starts: number[] = [];
  /** By which rows are put in order. */
  readonly #keys: number[] = [];

  /** `count`: about how many there will be. */
  constructor(tokens: SearchTokens, updatedMs: number, count: number) {
    this.#tokens = tokens;
    this.#updatedMs = updatedMs;
    this.#buffer = spare(count * typicalRowBytes + 4096);
  }

  add(row: ResourceRow): void {
    const index = row.stored?.index;
    this.#starts.push(this.#at);
    this.#keys.push(orderOf(row));
    this.#reserve(rowBytes + (index?.identifiers.length ?? 0) * 24);
    this.#at = this.#buffer.writeInt16BE(columns, this.#at);
    this.#bigint(row.stored?.block);
    this.#patient(index?.patient);
    this.#firstIdentifier(index?.identifiers[0]?.value);
    this.#instant(this.#updatedMs);
    this.#instant(index?.date?.fromMs);
    this.#instant(index?.date?.toMs);
    this.#at = this.#buffer.writeInt32BE(4, this.#at);
    this.#at = this.#buffer.writeInt32BE(row.version, this.#at);
    this.#smallint(row.type);
    this.#smallint(row.stored?.slot);
    this.#at = this.#buffer.writeInt32BE(row.id.length, this.#at);
    this.#at += this.#buffer.write(row.id, this.#at, 'latin1');
    this.#digest(row.stored);
    this.#moreIdentifiers(index?.identifiers ?? []);
    this.#qualifiedIdentifiers(index?.identifiers ?? []);
  }

  /**
   * All that was added, as one COPY, about in order of the primary key: its B-tree then takes
   * neighbours one after the other. The last call.
   */
  inOrder(): Buffer {
    const starts = [...this.#starts, this.#at];
    const order = Float64Array.from(this.#keys, (key, at) => key * placeRange + at).toSorted();
    // Not of the pool: it may be handed from thread to thread.
    const sorted = Buffer.allocUnsafeSlow(copyHead.length + this.#at + copyTrailer.length);
    let end = copyHead.copy(sorted);
    for (const key of order) {
      const at = key % placeRange;
      end += this.#buffer.copy(sorted, end, starts[at], starts[at + 1]);
    }
    copyTrailer.copy(sorted, end);
    spareBuffer = this.#buffer;
    return sorted;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow((this.#at + bytes) * 2);
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }

  #null(): void {
    this.#at = this.#buffer.writeInt32BE(-1, this.#at);
  }

  #smallint(value: number | undefined): void {
    if (value === undefined) return this.#null();
    this.#at = this.#buffer.writeInt32BE(2, this.#at);
    this.#at = this.#buffer.writeInt16BE(value, this.#at);
  }

  #bigint(value: number | undefined): void {
    if (value === undefined) return this.#null();
    this.#at = this.#buffer.writeInt32BE(8, this.#at);
    this.#at = writeInt64(this.#buffer, value, this.#at);
  }

  #instant(ms: number | undefined): void {
    if (ms === undefined) return this.#null();
    this.#at = this.#buffer.writeInt32BE(8, this.#at);
    this.#at = writeInstant(this.#buffer, ms, this.#at);
  }

  #patient(id: string | undefined): void {
    if (id === undefined || id === '') return this.#null();
    this.#at = this.#buffer.writeInt32BE(8, this.#at);
    this.#at = this.#tokens.patient(id, this.#buffer, this.#at);
  }

  #digest(stored: StoredBody | undefined): void {
    if (stored === undefined) return this.#null();
    const { digests, digestAt } = stored;
    const buffer = this.#buffer;
    const start = buffer.writeInt32BE(32, this.#at);
    for (let at = 0; at < 32; at++) buffer[start + at] = digests[digestAt + at] as number;
    this.#at = start + 32;
  }

  #firstIdentifier(value: string | undefined): void {
    if (value === undefined) return this.#null();
    this.#at = this.#buffer.writeInt32BE(8, this.#at);
    this.#at = this.#tokens.value(value, this.#buffer, this.#at);
  }

  #moreIdentifiers(identifiers: IndexEntry['identifiers']): void {
    if (identifiers.length < 2) return this.#null();
    this.#arrayHead(identifiers.length - 1);
    for (const { value } of identifiers.slice(1)) {
      this.#at = this.#buffer.writeInt32BE(8, this.#at);
      this.#at = this.#tokens.value(value, this.#buffer, this.#at);
    }
  }

  /** Of several all stand in the list; one alone has a column, which costs a quarter. */
  #qualifiedIdentifiers(identifiers: IndexEntry['identifiers']): void {
    const [first] = identifiers;
    if (identifiers.length === 1 && first !== undefined) {
      this.#null();
      this.#at = this.#buffer.writeInt32BE(8, this.#at);
      this.#at = this.#tokens.qualified(first.system, first.value, this.#buffer, this.#at);
      return;
    }
    this.#listQualified(identifiers);
    this.#null();
  }

  #listQualified(identifiers: IndexEntry['identifiers']): void {
    if (identifiers.length === 0) return this.#null();
    this.#arrayHead(identifiers.length);
    for (const { system, value } of identifiers) {
      this.#at = this.#buffer.writeInt32BE(8, this.#at);
      this.#at = this.#tokens.qualified(system, value, this.#buffer, this.#at);
    }
  }

  /** An array of bigint: size, dimensions, no nulls, element type, length, lower bound. */
  #arrayHead(length: number): void {
    for (const word of [20 + 12 * length, 1, 0, int8Type, length, 1]) {
      this.#at = this.#buffer.writeInt32BE(word, this.#at);
    }
  }
}

/** Of this thread, from the rows before: new memory costs more than what is done in it. */
let spareBuffer: Buffer = Buffer.alloc(0);

function spare(bytes: number): Buffer {
  const buffer = spareBuffer.length < bytes ? Buffer.allocUnsafeSlow(bytes) : spareBuffer;
  spareBuffer = Buffer.alloc(0);
  return buffer;
}

const typicalRowBytes = 256;
/** More places than a batch has rows; with {@link orderOf} they are whole numbers that a double holds. */
const placeRange = 2 ** 17;

/** By type, and by the first characters of the id: ids that say more are near each other all the same. */
function orderOf({ type, id }: ResourceRow): number {
  let key = type;
  for (let at = 0; at < 4; at++) key = key * 128 + (at < id.length ? id.charCodeAt(at) : 0);
  return key;
}

/** Rows of `block`, as one COPY. */
export function blockRows(blocks: Iterable<{ block: number; sealed: Uint8Array }>): Buffer {
  const chunks: Uint8Array[] = [copyHead];
  for (const { block, sealed } of blocks) {
    const head = Buffer.allocUnsafe(18);
    let at = head.writeInt16BE(2, 0);
    at = writeInt64(head, block, head.writeInt32BE(8, at));
    head.writeInt32BE(sealed.length, at);
    chunks.push(head, sealed);
  }
  chunks.push(copyTrailer);
  return alone(chunks);
}

/** In a buffer that may be handed from thread to thread. */
function alone(chunks: readonly Uint8Array[]): Buffer {
  const all = Buffer.allocUnsafeSlow(chunks.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const chunk of chunks) {
    all.set(chunk, end);
    end += chunk.length;
  }
  return all;
}

/** Keyed tokens of what is searched for, so that an index tells nothing without the key. */
export class SearchTokens {
  readonly #write: TokenWriter;
  readonly #heads = new Map<string, string>();

  constructor(write: TokenWriter) {
    this.#write = write;
  }

  patient(id: string, out: Buffer, at: number): number {
    return this.#write('patient\n', id, out, at);
  }

  value(value: string, out: Buffer, at: number): number {
    return this.#write('value\n', value, out, at);
  }

  qualified(system: string, value: string, out: Buffer, at: number): number {
    return this.#write(this.#headOf(system), value, out, at);
  }

  /** A few systems come again and again. */
  #headOf(system: string): string {
    const known = this.#heads.get(system);
    if (known !== undefined) return known;
    const head = `identifier\n${system}\n`;
    if (this.#heads.size >= mostHeads) this.#heads.clear();
    this.#heads.set(system, head);
    return head;
  }
}

const mostHeads = 1000;

/** Midnight UTC of 2000-01-01, from which PostgreSQL counts microseconds. */
const epochMs = 946_684_800_000;

function writeInstant(buffer: Buffer, ms: number, at: number): number {
  if (ms === Infinity) return buffer.writeBigInt64BE(2n ** 63n - 1n, at);
  if (ms === -Infinity) return buffer.writeBigInt64BE(-(2n ** 63n), at);
  const microseconds = (ms - epochMs) * 1000;
  if (Number.isSafeInteger(microseconds)) return writeInt64(buffer, microseconds, at);
  return buffer.writeBigInt64BE(BigInt(ms - epochMs) * 1000n, at);
}

/** A safe integer without the detour by BigInt. */
function writeInt64(buffer: Buffer, value: number, at: number): number {
  const high = Math.floor(value / 2 ** 32);
  return buffer.writeUInt32BE(value - high * 2 ** 32, buffer.writeInt32BE(high, at));
}

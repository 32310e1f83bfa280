import { createHash } from 'node:crypto';
import { exitCodes, HandoverError } from '../base/errors.ts';
import { uuid7 } from '../base/id.ts';
import type { ParcelRow } from '../ledger/batches.ts';
import type { BatchKey } from '../ledger/workUnit.ts';
import { objectOf, type ObjectPlace, type ObjectSink } from '../model/largeObject.ts';
import { itemAt, packItems } from '../staging/packedItems.ts';
import type { PackedDrafts } from './drafts.ts';
import type { Parcels } from './parcels.ts';
import type { Attempts } from './phases/work.ts';

/** Bytes of objects in one parcel; with its sealed form, what is held of them at any moment. */
const pieceBytes = 4 * 1024 * 1024;

/** What the parcel `objects` of a batch says of those that follow, which hold the bytes. */
export interface ObjectIndex {
  /** Where the object of the record with this ordinal begins, and its length, in bytes. */
  objects: (readonly [ordinal: number, start: number, bytes: number])[];
  /** Bytes in each of the parcels `objects.1`, `objects.2` … */
  pieces: number[];
}

/** The attempt at a batch, and the parcels that were kept for its large objects. */
export interface KeptObjects {
  attempt: string;
  parcels: readonly ParcelRow[];
}

/** Seals the large objects of one batch after another, as its source reads them. */
export class ObjectKeeper implements ObjectSink {
  readonly #parcels: Parcels;
  readonly #attempts: Attempts;
  #key: BatchKey;
  #attempt: string;
  #rows: ParcelRow[] = [];
  #index: ObjectIndex = { objects: [], pieces: [] };
  #frames: Buffer[] = [];
  #pending = 0;
  #length = 0;

  /** @param first the batch that is read first. */
  constructor(parcels: Parcels, attempts: Attempts, first: BatchKey) {
    this.#parcels = parcels;
    this.#attempts = attempts;
    this.#key = first;
    this.#attempt = this.#newAttempt();
  }

  async keep(ordinal: number, frames: AsyncIterable<Buffer>): Promise<void> {
    const start = this.#length;
    for await (const frame of frames) {
      this.#frames.push(frame);
      this.#pending += frame.length;
      this.#length += frame.length;
      if (this.#pending >= pieceBytes) await this.#sealPiece();
    }
    this.#index.objects.push([ordinal, start, this.#length - start]);
  }

  /** What was kept for the batch that its source has just given out; the next one begins. */
  async take(): Promise<KeptObjects> {
    if (this.#index.objects.length > 0) {
      await this.#sealPiece();
      await this.#seal('objects', [Buffer.from(JSON.stringify(this.#index))]);
    }
    const kept = { attempt: this.#attempt, parcels: this.#rows };
    this.#key = { ...this.#key, number: this.#key.number + 1 };
    this.#attempt = this.#newAttempt();
    this.#rows = [];
    this.#index = { objects: [], pieces: [] };
    this.#frames = [];
    this.#pending = 0;
    this.#length = 0;
    return kept;
  }

  async #sealPiece(): Promise<void> {
    if (this.#pending === 0) return;
    this.#index.pieces.push(this.#pending);
    await this.#seal(`objects.${this.#index.pieces.length}`, this.#frames);
    this.#frames = [];
    this.#pending = 0;
  }

  async #seal(role: ParcelRow['role'], frames: readonly Buffer[]): Promise<void> {
    const items = packItems(frames);
    this.#rows.push(await this.#parcels.keep(this.#key, this.#attempt, role, items));
  }

  #newAttempt(): string {
    return uuid7(this.#attempts.clock, this.#attempts.random);
  }
}

/** Puts the large objects of a run's records where drafts have left them out. */
export interface ObjectFiller {
  /** The body of a draft as it is written: whole. */
  bodyOf(drafts: PackedDrafts, at: number): Promise<Buffer>;
}

export function objectFiller(parcels: Parcels, run: string): ObjectFiller {
  const reader = new ObjectReader(parcels, run);
  return {
    async bodyOf(drafts, at) {
      let body = itemAt(drafts.bodies, at);
      for (const { text, place } of drafts.objects?.[at] ?? []) {
        body = await splice(reader, body, text, place);
      }
      return body;
    },
  };
}

/** Bytes that make whole digits of base64; no piece need end with them. */
const group = 3;

/** Put base64 for every place in `body` where the text of the object stands as a JSON string. */
async function splice(
  reader: ObjectReader,
  body: Buffer,
  text: string,
  place: ObjectPlace,
): Promise<Buffer> {
  const mark = Buffer.from(`"${text}"`);
  const object = objectOf(text);
  const at = body.indexOf(mark);
  if (object === undefined || at === -1) return body;
  const digits = Math.ceil(object.bytes / group) * 4;
  const filled = Buffer.allocUnsafeSlow(body.length - text.length + digits);
  body.copy(filled, 0, 0, at + 1);
  const hash = createHash('sha256');
  const end = at + 1 + digits;
  let next = at + 1;
  let carry: Buffer = Buffer.alloc(0);
  for await (const piece of reader.read(place)) {
    hash.update(piece);
    const bytes = carry.length === 0 ? piece : Buffer.concat([carry, piece]);
    const whole = bytes.length - (bytes.length % group);
    next += filled.write(bytes.toString('base64', 0, whole), next, 'latin1');
    carry = bytes.subarray(whole);
  }
  next += filled.write(carry.toString('base64'), next, 'latin1');
  if (next !== end || hash.digest('hex') !== object.sha256) throw objectBroken();
  body.copy(filled, next, at + mark.length - 1);
  return splice(reader, filled, text, place);
}

class ObjectReader {
  readonly #parcels: Parcels;
  readonly #run: string;
  /** Of the batch that was asked about last: rows of one batch lead to one or two others. */
  #last: { name: string; index: ObjectIndex } | undefined;
  #piece: { name: string; bytes: Buffer } | undefined;

  constructor(parcels: Parcels, run: string) {
    this.#parcels = parcels;
    this.#run = run;
  }

  /** The bytes of an object in order. @throws HandoverError `object-broken` (exit 8). */
  async *read({ stream, slice, number, ordinal }: ObjectPlace): AsyncGenerator<Buffer> {
    const key: BatchKey = { run: this.#run, phase: 'extract', target: '', stream, slice, number };
    const index = await this.#indexOf(key);
    const found = index.objects.find(([owner]) => owner === ordinal);
    if (found === undefined) throw objectBroken();
    const [, start, bytes] = found;
    let from = 0;
    for (const [at, length] of index.pieces.entries()) {
      const [first, last] = [Math.max(start, from), Math.min(start + bytes, from + length)];
      if (first < last) {
        const piece = await this.#pieceOf(key, at + 1);
        yield piece.subarray(first - from, last - from);
      }
      from += length;
    }
  }

  async #indexOf(key: BatchKey): Promise<ObjectIndex> {
    const name = nameOf(key);
    if (this.#last?.name === name) return this.#last.index;
    const items = await this.#parcels.read(key, 'objects');
    if (items === undefined) throw objectBroken();
    const index = JSON.parse(items.bytes.toString('utf8')) as ObjectIndex;
    this.#last = { name, index };
    return index;
  }

  async #pieceOf(key: BatchKey, number: number): Promise<Buffer> {
    const name = `${nameOf(key)} ${number}`;
    if (this.#piece?.name === name) return this.#piece.bytes;
    const items = await this.#parcels.read(key, `objects.${number}`);
    if (items === undefined) throw objectBroken();
    this.#piece = { name, bytes: items.bytes };
    return items.bytes;
  }
}

function nameOf({ stream, slice, number }: BatchKey): string {
  return `${stream} ${slice} ${number}`;
}

function objectBroken(): HandoverError {
  const problem = 'The sealed bytes of a document are not those that its record names.';
  return new HandoverError('object-broken', problem, {
    exitCode: exitCodes.integrityBroken,
    next: 'Nothing was written of it. Restore the blob store from its backup, then resume the run.',
  });
}

import type { Draft, PackedBodies } from '../model/draft.ts';

/** How many characters are encoded by one call into the platform. */
const pieceLength = 1 << 12;

/**
 * Collects the bodies of a batch as bytes. Nothing else of them is kept: a batch of texts that live
 * until its end costs the garbage collector more than making them did.
 */
export class BodyPacker {
  readonly #packed: PackedBodies = { bytes: Buffer.alloc(0), offsets: new Uint32Array() };
  #bytes: Buffer;
  #length = 0;
  #piece = '';
  readonly #pending: string[] = [];
  readonly #offsets: number[] = [0];

  /** `expected` bytes are set aside at first; it grows as needed. */
  constructor(expected: number) {
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(expected, 3 * pieceLength));
  }

  /** Take up the body of the next draft; see {@link draft}. */
  add(body: string): void {
    this.#piece += body;
    this.#pending.push(body);
    if (this.#piece.length >= pieceLength) this.#flush();
  }

  /** The draft whose body is the `ahead`th from now to be added; it can be read once finished. */
  draft(
    ahead: number,
    type: string,
    id: string,
    from: readonly number[],
    references: readonly string[],
  ): Draft {
    const place = this.#offsets.length + this.#pending.length - 1 + ahead;
    return new PackedDraft(type, id, from, references, this.#packed, place);
  }

  finish(): PackedBodies {
    this.#flush();
    this.#packed.bytes = Buffer.allocUnsafeSlow(this.#length);
    this.#bytes.copy(this.#packed.bytes, 0, 0, this.#length);
    this.#packed.offsets = Uint32Array.from(this.#offsets);
    return this.#packed;
  }

  #flush(): void {
    this.#reserve(this.#piece.length * 3);
    const written = this.#bytes.write(this.#piece, this.#length, 'utf8');
    const ascii = written === this.#piece.length;
    let at = this.#length;
    for (const body of this.#pending) {
      at += ascii ? body.length : Buffer.byteLength(body, 'utf8');
      this.#offsets.push(at);
    }
    this.#length += written;
    this.#piece = '';
    this.#pending.length = 0;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#length + more));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

/** Drafts over bodies that are packed already: draft `i` has body `i`. */
export function draftsOver(
  { types, ids, from, references }: DraftTexts,
  bodies: PackedBodies,
): Draft[] {
  return types.map(
    (type, at) =>
      new PackedDraft(type, ids[at] ?? '', from[at] ?? [], references[at] ?? [], bodies, at),
  );
}

/** What is said of drafts beside their bodies, column by column. */
export interface DraftTexts {
  types: readonly string[];
  ids: readonly string[];
  from: readonly (readonly number[])[];
  references: readonly (readonly string[])[];
}

/** A draft that reads its body out of the packed bytes when it is asked for. */
class PackedDraft implements Draft {
  readonly type: string;
  readonly id: string;
  readonly from: readonly number[];
  readonly references: readonly string[];
  readonly #bodies: PackedBodies;
  readonly #place: number;

  constructor(
    type: string,
    id: string,
    from: readonly number[],
    references: readonly string[],
    bodies: PackedBodies,
    place: number,
  ) {
    this.type = type;
    this.id = id;
    this.from = from;
    this.references = references;
    this.#bodies = bodies;
    this.#place = place;
  }

  get body(): string {
    const { bytes, offsets } = this.#bodies;
    return bytes.toString('utf8', offsets[this.#place], offsets[this.#place + 1]);
  }
}

import { encodeBase32 } from '../base/base32.ts';
import { digestBytes, tokenBytes, typeAt, type EntryPage } from '../ledger/entries.ts';
import { idAt } from './idToken.ts';

/**
 * The drafts that stand of a mapped batch, to be held against those that a mapping makes now. Both
 * mostly come in the same order, so that a draft is found where the one before it was.
 */
export class FormerDrafts {
  readonly #page: EntryPage | undefined;
  /** One for each draft that stands and has not been taken yet. */
  readonly #left: Uint8Array;
  #next = 0;
  #byToken: Map<string, number[]> | undefined;

  /** `gone`: ordinals of drafts that no longer stand. */
  constructor(page: EntryPage | undefined, gone: ReadonlySet<number>) {
    this.#page = page;
    this.#left = new Uint8Array(page?.count ?? 0).fill(1);
    for (const at of gone) this.#left[at] = 0;
  }

  /** The place of the draft with this type and token ({@link idToken}), once. */
  take(type: string, token: Buffer): number | undefined {
    while (this.#next < this.#left.length && this.#left[this.#next] === 0) this.#next++;
    const at = this.#is(this.#next, type, token) ? this.#next : this.#find(type, token);
    if (at === undefined) return undefined;
    this.#left[at] = 0;
    this.#next = at + 1;
    return at;
  }

  /** Those that nobody has taken. */
  left(): number[] {
    return [...this.#left.keys()].filter((at) => this.#left[at] === 1);
  }

  type(at: number): string {
    return typeAt(this.#entries, at);
  }

  id(at: number): string {
    return idAt(this.#entries.tokens, at);
  }

  isSame(at: number, digest: Buffer): boolean {
    const start = at * digestBytes;
    return this.#entries.digests.compare(digest, 0, digestBytes, start, start + digestBytes) === 0;
  }

  /** Stable id of the patient it is about; undefined: about none. */
  subject(at: number): string | undefined {
    const token = this.#entries.subjects.subarray(at * tokenBytes, (at + 1) * tokenBytes);
    return token.some((byte) => byte !== 0) ? encodeBase32(token) : undefined;
  }

  get #entries(): EntryPage {
    return this.#page as EntryPage;
  }

  #is(at: number, type: string, token: Buffer): boolean {
    if (this.#left[at] !== 1 || this.type(at) !== type) return false;
    const start = at * tokenBytes;
    return this.#entries.tokens.compare(token, 0, tokenBytes, start, start + tokenBytes) === 0;
  }

  #find(type: string, token: Buffer): number | undefined {
    this.#byToken ??= placesByToken(this.#page);
    const places = this.#byToken.get(token.toString('latin1', 0, tokenBytes));
    return places?.find((at) => this.#is(at, type, token));
  }
}

function placesByToken(page: EntryPage | undefined): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (let at = 0; at < (page?.count ?? 0); at++) {
    const start = at * tokenBytes;
    const token = page!.tokens.toString('latin1', start, start + tokenBytes);
    const known = places.get(token);
    if (known === undefined) places.set(token, [at]);
    else known.push(at);
  }
  return places;
}

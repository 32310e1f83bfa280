/**
 * As much of DER (X.690) as time stamps need: reading with every length checked, and writing. A reader of
 * a stranger's bytes: whatever is not there, or not whole, is a {@link DerError}.
 */
export class DerError extends Error {}

/** Tags of the universal class, and of the context class, constructed (`0xa0 + n`). */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One element. */
export interface DerElement {
  tag: number;
  content: Buffer;
  /** With tag and length. */
  whole: Buffer;
}

/** The elements of some bytes, one after the other. */
export class DerReader {
  #rest: Buffer;

  constructor(bytes: Buffer) {
    this.#rest = bytes;
  }

  /** Tag of what comes next; undefined at the end. */
  get next(): number | undefined {
    return this.#rest[0];
  }

  /** @throws DerError when another element, or none, comes. */
  take(tag: number): DerElement {
    const element = this.#head();
    if (element.tag !== tag) throw new DerError(`tag ${tag} expected`);
    this.#rest = this.#rest.subarray(element.whole.length);
    return element;
  }

  /** The next element where it has this tag. */
  takeIf(tag: number): DerElement | undefined {
    return this.next === tag ? this.take(tag) : undefined;
  }

  /** Whatever comes next. */
  any(): DerElement {
    return this.take(this.next ?? 0);
  }

  inside(tag: number): DerReader {
    return new DerReader(this.take(tag).content);
  }

  /** All that is left. */
  all(): DerElement[] {
    const elements: DerElement[] = [];
    while (this.next !== undefined) elements.push(this.any());
    return elements;
  }

  #head(): DerElement {
    const rest = this.#rest;
    const first = rest[1];
    if (first === undefined || (rest[0]! & 0x1f) === 0x1f) throw new DerError('no element');
    const more = first < 0x80 ? 0 : first & 0x7f;
    // Indefinite lengths are BER; four bytes of length are more than anything here is long.
    if (first === 0x80 || more > 4 || rest.length < 2 + more) throw new DerError('length');
    const length = more === 0 ? first : rest.readUIntBE(2, more);
    const whole = rest.subarray(0, 2 + more + length);
    if (whole.length !== 2 + more + length) throw new DerError('cut off');
    return { tag: rest[0]!, content: whole.subarray(2 + more), whole };
  }
}

/** An element of this tag. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  if (content.length < 0x80) return Buffer.concat([Buffer.of(tag, content.length), content]);
  const length = Buffer.from(evenHex(content.length.toString(16)), 'hex');
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length), length, content]);
}

/** A number that is not negative, big-endian. */
export function derInteger(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? Buffer.of(0) : Buffer.from(bytes.subarray(first));
  return der(tags.integer, digits[0]! >= 0x80 ? Buffer.of(0) : Buffer.alloc(0), digits);
}

/** @param dotted such as `1.2.840.113549`. */
export function derOid(dotted: string): Buffer {
  const [one = 0, two = 0, ...rest] = dotted.split('.').map(Number);
  return der(tags.oid, Buffer.from([one * 40 + two, ...rest].flatMap(base128)));
}

/** The dotted form of an object identifier's content. */
export function oidText(content: Buffer): string {
  const numbers: number[] = [];
  let held = 0;
  for (const byte of content) {
    held = held * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    numbers.push(held);
    held = 0;
  }
  const [first = 0, ...rest] = numbers;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...rest].join('.');
}

function base128(number: number): number[] {
  const bytes = [number % 128];
  for (let rest = Math.floor(number / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.unshift(0x80 | (rest % 128));
  }
  return bytes;
}

function evenHex(hex: string): string {
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}

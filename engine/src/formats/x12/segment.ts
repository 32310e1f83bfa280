import { isUtf8 } from 'node:buffer';
import type { Delimiters } from './delimiters.ts';
import { isNumeric, isRequired } from './elements.ts';
import type { ElementRule } from './elements.ts';

/**
 * A segment as it was sent, parted when it is asked for. Elements and components count from 1, as in
 * the standard. What was asked for counts as read; `unread` gives the rest.
 */
export class X12Segment {
  readonly id: string;
  /** As sent, without what stood before it and without its terminator; a byte is a character. */
  readonly raw: string;
  /** Line ends and spaces between the last terminator and this segment. */
  readonly before: string;
  /** Place in its transaction, ST being 1; 0 in the envelope. */
  readonly position: number;
  /** Where it starts in the file, in bytes. */
  readonly offset: number;
  readonly #delimiters: Delimiters;
  /** Where its first element starts in `raw`. */
  readonly #first: number;
  #elements: string[] | undefined;
  /** A bit for each element that was read whole. */
  #whole = 0;
  /** Components that were read, a bit for each; by element. */
  #parts: Map<number, number> | undefined;

  constructor(raw: string, before: string, position: number, offset: number, by: Delimiters) {
    const end = raw.indexOf(by.element);
    this.#first = end < 0 ? raw.length + 1 : end + 1;
    this.id = idOf(raw, end);
    this.raw = raw;
    this.before = before;
    this.position = position;
    this.offset = offset;
    this.#delimiters = by;
  }

  /** Element 0 is the segment's id. */
  get elements(): readonly string[] {
    return (this.#elements ??= withoutLineEnds(this.raw).split(this.#delimiters.element));
  }

  /** Whether an element has anything in it. */
  has(element: number): boolean {
    return (this.elements[element] ?? '') !== '';
  }

  /** An element as sent, not counted as read: for what judges a segment and takes nothing from it. */
  peek(element: number): string {
    return this.elements[element] ?? '';
  }

  /** The same without parting the whole segment, for one of the first elements. */
  glance(element: number): string {
    const { raw } = this;
    const separator = this.#delimiters.element;
    let start = this.#first;
    for (let at = 1; at < element; at++) {
      start = raw.indexOf(separator, start) + 1;
      if (start === 0) return '';
    }
    const end = raw.indexOf(separator, start);
    const value = end < 0 ? raw.slice(start) : raw.slice(start, end);
    return value.includes('\n') || value.includes('\r') ? this.peek(element) : value;
  }

  /**
   * Whether it has what is asked of it, seen without parting it. False means that it must be looked
   * at more closely, not that anything is wrong.
   */
  passes({ kinds }: ElementRule): boolean {
    const { raw } = this;
    const separator = this.#delimiters.element;
    let start = this.#first;
    for (let element = 1; element < kinds.length; element++) {
      let end = start > raw.length ? start : raw.indexOf(separator, start);
      if (end < 0) end = raw.length;
      const kind = kinds[element] as number;
      if (end <= start) {
        if ((kind & isRequired) !== 0) return false;
      } else if ((kind & isNumeric) !== 0 && !isPlainNumber(raw, start, end)) return false;
      start = end + 1;
    }
    return true;
  }

  /** A component as sent, not counted as read. */
  peekPart(element: number, component: number): string {
    return this.peek(element).split(this.#delimiters.component)[component - 1] ?? '';
  }

  /** An element, whole and trimmed. */
  text(element: number): string {
    if (element < 31) this.#whole |= 1 << element;
    return decode(this.peek(element)).trim();
  }

  /** A component of an element, of its first repetition. */
  part(element: number, component: number): string {
    this.#read(element, component);
    const { repetition } = this.#delimiters;
    const value = this.peek(element);
    const first = repetition === undefined ? value : (value.split(repetition)[0] as string);
    return decode(first.split(this.#delimiters.component)[component - 1] ?? '').trim();
  }

  /** Let go of its parts until they are asked for again: many segments wait to be converted. */
  release(): void {
    this.#elements = undefined;
  }

  /** How many components an element has. */
  parts(element: number): number {
    const value = this.peek(element);
    return value === '' ? 0 : value.split(this.#delimiters.component).length;
  }

  /** The repetitions of a simple element, those with a value. */
  repetitions(element: number): string[] {
    if (element < 31) this.#whole |= 1 << element;
    const { repetition } = this.#delimiters;
    const value = decode(this.peek(element));
    const each = repetition === undefined ? [value] : value.split(repetition);
    return each.map((one) => one.trim()).filter((one) => one !== '');
  }

  /** Count elements as read that say only what kind of thing the segment is. */
  pass(...elements: readonly number[]): void {
    for (const element of elements) if (element < 31) this.#whole |= 1 << element;
  }

  /** Populated places that nobody read: `CLM-7`, `HI-2.4`. */
  unread(): string[] {
    const places: string[] = [];
    for (let element = 1; element < this.elements.length; element++) {
      const value = this.elements[element] as string;
      if (value === '' || (element < 31 && (this.#whole & (1 << element)) !== 0)) continue;
      const read = this.#parts?.get(element);
      if (read === undefined) {
        places.push(`${this.id}-${element}`);
        continue;
      }
      const parts = value.split(this.#delimiters.component);
      for (let part = 1; part <= parts.length; part++) {
        if (parts[part - 1] !== '' && (part > 30 || (read & (1 << part)) === 0)) {
          places.push(`${this.id}-${element}.${part}`);
        }
      }
    }
    return places;
  }

  #read(element: number, component: number): void {
    if (component > 30) return;
    this.#parts ??= new Map();
    this.#parts.set(element, (this.#parts.get(element) ?? 0) | (1 << component));
  }
}

const ids = new Map<number, string>();

/** The segment's id; of the usual two or three characters there is one string for all. */
function idOf(raw: string, end: number): string {
  if (end !== 2 && end !== 3) return withoutLineEnds(end < 0 ? raw : raw.slice(0, end));
  const third = end === 3 ? raw.charCodeAt(2) : 0;
  const key = (raw.charCodeAt(0) << 16) | (raw.charCodeAt(1) << 8) | third;
  let id = ids.get(key);
  if (id === undefined) {
    id = withoutLineEnds(raw.slice(0, end));
    if (ids.size < mostIds) ids.set(key, id);
  }
  return id;
}

/** More ids than any guide has. */
const mostIds = 1000;

/** Digits with at most one point, and a sign before them. */
function isPlainNumber(raw: string, start: number, end: number): boolean {
  let digits = 0;
  let points = 0;
  for (let at = raw.charCodeAt(start) === 0x2d ? start + 1 : start; at < end; at++) {
    const code = raw.charCodeAt(at);
    if (code >= 0x30 && code <= 0x39) digits++;
    else if (code === 0x2e && points === 0) points++;
    else return false;
  }
  return digits > 0 && end - start <= 20;
}

/** Files that were wrapped for a printer have line ends inside of segments. */
function withoutLineEnds(raw: string): string {
  return raw.includes('\n') || raw.includes('\r') ? raw.replace(/[\r\n]+/g, '') : raw;
}

const wide = /[\u0080-\u00ff]/;

/** Bytes above ASCII are UTF-8 where they are well-formed UTF-8, else ISO 8859-1. */
function decode(value: string): string {
  if (!wide.test(value)) return value;
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString() : value;
}

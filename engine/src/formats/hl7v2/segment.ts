import type { Charset } from './charset.ts';
import { usualDelimiters, type Delimiters } from './delimiters.ts';
import { decodeValue } from './escapes.ts';
import { pathIn, pathsOf } from './paths.ts';
import { holds, isNullAt, markOrEnd, mostParts, startsOf, type Units } from './units.ts';

/** What all segments of a message share. */
export interface SegmentContext {
  /** One character per byte of the message; see `shieldTrailing`. */
  text: string;
  /** The characters of `text` as numbers: quicker to look through. */
  units: Units;
  marks: Delimiters;
  codes: MarkCodes;
  charset: Charset;
  /** Whether some value may differ from its bytes: escapes, or bytes above 0x7f. */
  coded: boolean;
  /** Whether some component may have parts. */
  nested: boolean;
}

/** What is written in a field: nothing, `""`, or a value. */
export type FieldState = 'absent' | 'null' | 'valued';

/** Delimiters as the codes of their characters; -1, which no character has, for one that is not named. */
export interface MarkCodes {
  field: number;
  component: number;
  repetition: number;
  subcomponent: number;
  escape: number;
}

export function codesOf(marks: Delimiters): MarkCodes {
  const { field, component, repetition, subcomponent, escape } = marks;
  const code = (mark: string): number => (mark === '' ? -1 : mark.charCodeAt(0));
  return {
    field: code(field),
    component: code(component),
    repetition: code(repetition),
    subcomponent: code(subcomponent),
    escape: code(escape),
  };
}

/** Components that are marked one by one; those after share the last mark. */
const mostMarked = 30;

/**
 * A segment as offsets into its message. It is parted when a field is first asked for. Reading a
 * part marks it, so that what no rule touched can be told afterwards.
 */
export class Segment {
  readonly name: string;
  /** Offsets into the message's bytes, the line end left out. */
  readonly start: number;
  readonly end: number;
  readonly #context: SegmentContext;
  /** Its first two fields are the delimiters, which part nothing there. */
  readonly #isHeader: boolean;
  /** Where each field starts that was looked for; when all were, last where a further one would. */
  #starts: number[] | undefined;
  #parted = false;
  /** First repetitions that were asked for: several rules read the same fields. */
  #values: (Value | undefined)[] | undefined;
  /** Of each field a bit for every component that was read, and the lowest for all of them. */
  #marks: number[] | undefined;
  #paths: string[] | undefined;

  constructor(name: string, start: number, end: number, context: SegmentContext) {
    this.name = name;
    this.start = start;
    this.end = end;
    this.#context = context;
    const { units, codes } = context;
    this.#isHeader =
      (name === 'MSH' || name === 'FHS' || name === 'BHS') && units[start + 3] === codes.field;
  }

  /** The segment as it is written, one character per byte. */
  get raw(): string {
    return this.#context.text.slice(this.start, this.end);
  }

  /** The starts, found as far as that field and the one behind it. */
  #upTo(number: number): readonly number[] {
    // The separator of a header is its own first field; the next starts right behind it.
    const starts = (this.#starts ??= this.#isHeader
      ? [this.start, this.start + 3, this.start + 4]
      : [this.start]);
    if (number + 1 < starts.length || this.#parted) return starts;
    const { units, codes } = this.#context;
    for (let at = starts.at(-1) as number; at < this.end; at++) {
      if (units[at] !== codes.field) continue;
      if (starts.push(at + 1) > number + 1) return starts;
      if (starts.length === mostParts) break;
    }
    this.#parted = true;
    starts.push(this.end + 1);
    return starts;
  }

  /** The number of its last field. */
  get last(): number {
    return this.#upTo(Infinity).length - 2;
  }

  #startOf(number: number): number {
    return this.#upTo(number)[number] ?? this.end;
  }

  #endOf(number: number): number {
    if (number < 2 && this.#isHeader) return this.start + 3 + number;
    const next = this.#upTo(number)[number + 1];
    return next === undefined ? this.end : next - 1;
  }

  /** Fields as they are written; index 0 is the name, of a header index 1 the separator itself. */
  get fields(): readonly string[] {
    return Array.from({ length: this.last + 1 }, (_, number) => this.field(number));
  }

  /** The field as it is written: `''` when it is absent or empty, `""` when it is null. */
  field(number: number): string {
    return this.#context.text.slice(this.#startOf(number), this.#endOf(number));
  }

  /** Whether anything is written there, be it null. */
  has(number: number): boolean {
    if (number < 2 && this.#isHeader) return true;
    const starts = this.#upTo(number);
    const next = starts[number + 1];
    return next !== undefined && next - 1 > (starts[number] as number);
  }

  /** Whether the field has a value; null counts as none. */
  valued(number: number): boolean {
    return this.stateOf(number) === 'valued';
  }

  stateOf(number: number): FieldState {
    if (number < 2 && this.#isHeader) return 'valued';
    const starts = this.#upTo(number);
    const next = starts[number + 1];
    if (next === undefined) return 'absent';
    const start = starts[number] as number;
    if (next - 1 <= start) return 'absent';
    return isNullAt(this.#context.units, start, next - 1) ? 'null' : 'valued';
  }

  /** `PID-3` */
  pathOf(number: number): string {
    return pathIn((this.#paths ??= pathsOf(this.name)), this.name, number);
  }

  /** Its first repetition as text, the first part of its first component. Marks that part read. */
  text(number: number, component = 1): string {
    let start = this.#startOf(number);
    const fieldEnd = this.#endOf(number);
    if (start >= fieldEnd) return '';
    if (number < 3 && this.#isHeader) return this.value(number).text(component);
    const { units, codes } = this.#context;
    let own = 1;
    let end = start;
    for (; end < fieldEnd; end++) {
      const code = units[end] as number;
      if (code === codes.repetition) break;
      if (code !== codes.component) continue;
      if (own === component) break;
      own++;
      start = end + 1;
    }
    if (own < component || start === end) return '';
    this.mark(number, component);
    if (this.#context.nested) end = markOrEnd(units, start, end, codes.subcomponent);
    return textAt(this.#context, start, end);
  }

  /** First repetition of a field. */
  value(number: number): Value {
    const known = (this.#values ??= []);
    return (known[number] ??= this.#first(number));
  }

  #first(number: number): Value {
    const start = this.#startOf(number);
    let end = this.#endOf(number);
    const { units, codes } = this.#context;
    if (number > 2 || !this.#isHeader) end = markOrEnd(units, start, end, codes.repetition);
    return new Value(start, end, this.#context, this, number);
  }

  /** Whether its first repetition is all of the field. */
  isSingle(number: number): boolean {
    return this.value(number).end === this.#endOf(number);
  }

  /** All repetitions of a field that is present. */
  values(number: number): Value[] {
    const start = this.#startOf(number);
    const end = this.#endOf(number);
    if (start >= end) return [];
    const context = this.#context;
    const first = this.value(number);
    if (first.end === end) return [first];
    const starts = startsOf(context.units, start, end, context.codes.repetition);
    return starts.map((from, at) => {
      const to = starts[at + 1];
      return new Value(from, to === undefined ? end : to - 1, context, this, number);
    });
  }

  mark(field: number, component: number): void {
    this.markParts(field, bitOf(component));
  }

  /** Mark a whole field as read. */
  markField(field: number): void {
    this.mark(field, 0);
  }

  /** Mark parts by their bits. */
  markParts(field: number, parts: number): void {
    const marks = (this.#marks ??= []);
    // No holes: an array of numbers alone is read without looking further.
    while (marks.length <= field) marks.push(0);
    marks[field] = (marks[field] as number) | parts;
  }

  /** Bits of the parts of a field that were read. */
  partsRead(field: number): number {
    return this.#marks?.[field] ?? 0;
  }

  /**
   * Paths of the populated parts that nothing read: `PID-10`, `PV1-3.9`. `told` has a bit for each that
   * was told already, by field, and those told now are added to it: segments of one name share it.
   */
  unread(told: number[] = []): string[] {
    const unread: string[] = [];
    const starts = this.#upTo(Infinity);
    const marks = this.#marks;
    for (let number = this.#isHeader ? 3 : 1; number < starts.length - 1; number++) {
      if ((starts[number + 1] as number) - 1 <= (starts[number] as number)) continue;
      const read = marks?.[number] ?? 0;
      if ((read & 1) === 1) continue;
      const missed = read === 0 ? 1 : this.#populated(number) & ~read;
      if (missed !== 0) this.#tell(number, missed, told, unread);
    }
    return unread;
  }

  #tell(number: number, missed: number, told: number[], unread: string[]): void {
    while (told.length <= number) told.push(0);
    const known = told[number] as number;
    const fresh = missed & ~known;
    if (fresh === 0) return;
    told[number] = known | fresh;
    if ((fresh & 1) === 1) unread.push(this.pathOf(number));
    for (let part = 1; part <= mostMarked; part++) {
      if ((fresh & bitOf(part)) !== 0) unread.push(`${this.pathOf(number)}.${part}`);
    }
  }

  /** Bits of the components in which something is written, in any repetition. */
  #populated(number: number): number {
    const value = this.#values?.[number];
    const end = this.#endOf(number);
    const parted = value?.end === end ? value.populated : undefined;
    if (parted !== undefined) return parted;
    const { units, codes } = this.#context;
    let there = 0;
    let component = 1;
    let start = this.#startOf(number);
    for (let at = start; at < end; at++) {
      const code = units[at];
      if (code !== codes.component && code !== codes.repetition) continue;
      if (at > start) there |= bitOf(component);
      start = at + 1;
      component = code === codes.component ? component + 1 : 1;
    }
    if (end > start) there |= bitOf(component);
    return there;
  }
}

function bitOf(component: number): number {
  return 1 << (component < mostMarked ? component : mostMarked);
}

/** A piece of the text as what it stands for. */
function textAt(context: SegmentContext, start: number, end: number): string {
  const { units, text } = context;
  if (isNullAt(units, start, end)) return '';
  const raw = text.slice(start, end);
  return context.coded && isCodedAt(context, start, end)
    ? decodeValue(raw, context.marks, context.charset)
    : raw;
}

/** Whether a piece may differ from its bytes. Most pieces of a message with an escape have none. */
function isCodedAt({ units, codes }: SegmentContext, start: number, end: number): boolean {
  const { escape } = codes;
  for (let at = start; at < end; at++) {
    const code = units[at] as number;
    if (code > 0x7f || code === escape || code === shift) return true;
  }
  return false;
}

/** Shifts to another set in ISO 2022. */
const shift = 0x1b;

/** One repetition of a field, or one component with its parts, as offsets into the message. */
export class Value {
  readonly start: number;
  readonly end: number;
  readonly #context: SegmentContext;
  readonly #segment: Segment;
  readonly #field: number;
  /** Above 0: this is that component, and its parts are marked as one. */
  readonly #component: number;
  #starts: readonly number[] | undefined;
  /** Whether some component of it has parts; known when it is parted. */
  #nested = false;

  constructor(
    start: number,
    end: number,
    context: SegmentContext,
    segment: Segment,
    field: number,
    component = 0,
  ) {
    this.start = start;
    this.end = end;
    this.#context = context;
    this.#segment = segment;
    this.#field = field;
    this.#component = component;
  }

  /** As it is written. */
  get raw(): string {
    return this.#context.text.slice(this.start, this.end);
  }

  get empty(): boolean {
    return this.start === this.end;
  }

  /** Whether it is a component, whose parts are parted by the subcomponent's mark. */
  get isComponent(): boolean {
    return this.#component > 0;
  }

  /**
   * As it is written, where that alone says what it means: parted by the usual delimiters, of ASCII
   * without an escape.
   */
  get plain(): string | undefined {
    const context = this.#context;
    const { start, end } = this;
    if (context.marks !== usualDelimiters) return undefined;
    if (context.coded && isCodedAt(context, start, end)) return undefined;
    return context.text.slice(start, end);
  }

  /** The same value in a message of its own, which keeps nothing else of this one in memory. */
  apart(): Value {
    const units = Buffer.from(this.raw, 'latin1');
    const context = { ...this.#context, text: units.toString('latin1'), units };
    const segment = new Segment(this.#segment.name, 0, units.length, context);
    return new Value(0, units.length, context, segment, this.#field, this.#component);
  }

  /** Bits of the parts that were read, as {@link markParts} takes them. */
  get partsRead(): number {
    return this.#segment.partsRead(this.#field);
  }

  /** Mark what was read of a value of the same text. */
  markParts(parts: number): void {
    if (this.#component === 0) this.#segment.markParts(this.#field, parts);
    else if (parts !== 0) this.#segment.mark(this.#field, this.#component);
  }

  /** `""`: the sender says that there is no value, or no longer one. */
  get isNull(): boolean {
    return isNullAt(this.#context.units, this.start, this.end);
  }

  #part(): readonly number[] {
    const { units, codes } = this.#context;
    const { start, end } = this;
    if (this.#component === 0) {
      this.#nested = this.#context.nested && holds(units, start, end, codes.subcomponent);
      this.#starts = startsOf(units, start, end, codes.component);
    } else this.#starts = startsOf(units, start, end, codes.subcomponent);
    return this.#starts;
  }

  /** Bits of the components in which something is written; undefined while it was not parted. */
  get populated(): number | undefined {
    const starts = this.#starts;
    if (starts === undefined) return undefined;
    let there = 0;
    for (let at = 0; at < starts.length; at++) {
      const end = (starts[at + 1] ?? this.end + 1) - 1;
      if (end > (starts[at] as number)) there |= bitOf(at + 1);
    }
    return there;
  }

  /** How many components or parts it has; an empty one has one. */
  get size(): number {
    return (this.#starts ?? this.#part()).length;
  }

  get parts(): readonly string[] {
    return Array.from({ length: this.size }, (_, at) => this.part(at + 1));
  }

  #startOf(number: number): number {
    return (this.#starts ?? this.#part())[number - 1] ?? this.end;
  }

  #endOf(number: number): number {
    const next = (this.#starts ?? this.#part())[number];
    return next === undefined ? this.end : next - 1;
  }

  /** Component `number`, counted from 1, as it is written. Marks nothing. */
  part(number: number): string {
    return this.#context.text.slice(this.#startOf(number), this.#endOf(number));
  }

  has(number: number): boolean {
    const start = this.#startOf(number);
    const end = this.#endOf(number);
    return end > start && !isNullAt(this.#context.units, start, end);
  }

  /** Text of a component, or of a part of it where it has several; null reads as `''`. */
  text(number: number, part = 1): string {
    const starts = this.#starts ?? this.#part();
    if (number > starts.length) return '';
    let start = starts[number - 1] as number;
    let end = number < starts.length ? (starts[number] as number) - 1 : this.end;
    if (start >= end) return '';
    this.#mark(number);
    if (this.#component === 0 && (part > 1 || this.#nested)) {
      const { units, codes } = this.#context;
      const whole = end;
      end = markOrEnd(units, start, whole, codes.subcomponent);
      for (let at = 1; at < part; at++) {
        if (end === whole) return '';
        start = end + 1;
        end = markOrEnd(units, start, whole, codes.subcomponent);
      }
    }
    return start === end ? '' : textAt(this.#context, start, end);
  }

  /** Text of the whole value, its delimiters as they are written. */
  whole(): string {
    this.#segment.markField(this.#field);
    return textAt(this.#context, this.start, this.end);
  }

  /** A component with its parts; reading any part of it marks it. */
  component(number: number): Value {
    const start = this.#startOf(number);
    const end = this.#endOf(number);
    if (end > start) this.#mark(number);
    return new Value(start, end, this.#context, this.#segment, this.#field, number);
  }

  #mark(number: number): void {
    this.#segment.mark(this.#field, this.#component === 0 ? number : this.#component);
  }
}

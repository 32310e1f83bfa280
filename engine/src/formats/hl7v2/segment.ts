import type { Charset } from './charset.ts';
import type { Delimiters } from './delimiters.ts';
import { decodeValue } from './escapes.ts';

/** What all segments of a message share. */
export interface SegmentContext {
  /** One character per byte of the message; see `shieldTrailing`. */
  text: string;
  marks: Delimiters;
  charset: Charset;
  /** Whether some value may differ from its bytes: escapes, or bytes above 0x7f. */
  coded: boolean;
}

/** Fields of a segment, repetitions of a field and parts of a value that are looked at. */
export const mostParts = 20_000;

/** A short text cannot have too many parts, and the platform is quicker without a limit. */
function split(raw: string, mark: string): string[] {
  return raw.length < mostParts ? raw.split(mark) : raw.split(mark, mostParts);
}

/** What stands before the first mark; all of it where there is none. */
function firstPart(raw: string, mark: string): string {
  const end = mark === '' ? -1 : raw.indexOf(mark);
  return end < 0 ? raw : raw.slice(0, end);
}

const headers: ReadonlySet<string> = new Set(['MSH', 'FHS', 'BHS']);

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
  #fields: readonly string[] | undefined;
  #marks: number[] | undefined;

  constructor(name: string, start: number, end: number, context: SegmentContext) {
    this.name = name;
    this.start = start;
    this.end = end;
    this.#context = context;
  }

  /** The segment as it is written, one character per byte. */
  get raw(): string {
    return this.#context.text.slice(this.start, this.end);
  }

  /** Fields as they are written; index 0 is the name, of a header index 1 the separator itself. */
  get fields(): readonly string[] {
    this.#fields ??= this.#part();
    return this.#fields;
  }

  #part(): readonly string[] {
    const { field } = this.#context.marks;
    const parts = split(this.raw, field);
    return headers.has(this.name) ? [this.name, field, ...parts.slice(1)] : parts;
  }

  /** The field as it is written: `''` when it is absent or empty, `""` when it is null. */
  field(number: number): string {
    return this.fields[number] ?? '';
  }

  /** Whether the field has a value; null counts as none. */
  valued(number: number): boolean {
    const raw = this.field(number);
    return raw !== '' && raw !== '""';
  }

  /** Its first repetition as text, the first part of its first component. Marks that part read. */
  text(number: number, component = 1): string {
    let raw = this.field(number);
    if (raw === '' || this.#parts(number))
      return raw === '' ? '' : this.value(number).text(component);
    const { marks, coded } = this.#context;
    raw = firstPart(raw, marks.repetition);
    for (let at = 1; at < component; at++) {
      const end = raw.indexOf(marks.component);
      if (end < 0) return '';
      raw = raw.slice(end + 1);
    }
    raw = firstPart(raw, marks.component);
    if (raw === '') return '';
    this.mark(number, component);
    if (raw === '""') return '';
    raw = firstPart(raw, marks.subcomponent);
    return coded ? decodeValue(raw, marks, this.#context.charset) : raw;
  }

  /** First repetition of a field. */
  value(number: number): Value {
    const raw = this.field(number);
    const { repetition } = this.#context.marks;
    const end = this.#parts(number) ? -1 : raw.indexOf(repetition);
    return new Value(end < 0 ? raw : raw.slice(0, end), this.#context, this, number);
  }

  /** All repetitions of a field that is present. */
  values(number: number): Value[] {
    const raw = this.field(number);
    if (raw === '') return [];
    const { repetition } = this.#context.marks;
    if (this.#parts(number) || !raw.includes(repetition)) {
      return [new Value(raw, this.#context, this, number)];
    }
    return split(raw, repetition).map((each) => new Value(each, this.#context, this, number));
  }

  /** The delimiters of a header are values of it, and part nothing there. */
  #parts(number: number): boolean {
    return number < 3 && headers.has(this.name);
  }

  mark(field: number, component: number): void {
    const marks = (this.#marks ??= []);
    marks[field] = (marks[field] ?? 0) | (1 << Math.min(component, 30));
  }

  /** Mark a whole field as read. */
  markField(field: number): void {
    this.mark(field, 0);
  }

  /** Paths of the populated parts that nothing read: `PID-10`, `PV1-3.9`. */
  unread(): string[] {
    const unread: string[] = [];
    const { fields } = this;
    for (let number = headers.has(this.name) ? 3 : 1; number < fields.length; number++) {
      const raw = fields[number] as string;
      if (raw === '') continue;
      const marks = this.#marks?.[number] ?? 0;
      if ((marks & 1) === 1) continue;
      if (marks === 0) unread.push(`${this.name}-${number}`);
      else this.#unreadParts(number, marks, unread);
    }
    return unread;
  }

  #unreadParts(number: number, marks: number, unread: string[]): void {
    const missed = new Set<number>();
    const { component, repetition } = this.#context.marks;
    for (const each of split(this.fields[number] as string, repetition)) {
      each.split(component, 31).forEach((part, at) => {
        if (part !== '' && (marks & (1 << Math.min(at + 1, 30))) === 0) missed.add(at + 1);
      });
    }
    for (const part of missed) unread.push(`${this.name}-${number}.${part}`);
  }
}

/** One repetition of a field, or one component with its parts. */
export class Value {
  /** As it is written. */
  readonly raw: string;
  readonly #context: SegmentContext;
  readonly #segment: Segment;
  readonly #field: number;
  /** Above 0: this is that component, and its parts are marked as one. */
  readonly #component: number;
  #parts: readonly string[] | undefined;

  constructor(
    raw: string,
    context: SegmentContext,
    segment: Segment,
    field: number,
    component = 0,
  ) {
    this.raw = raw;
    this.#context = context;
    this.#segment = segment;
    this.#field = field;
    this.#component = component;
  }

  get empty(): boolean {
    return this.raw === '';
  }

  /** `""`: the sender says that there is no value, or no longer one. */
  get isNull(): boolean {
    return this.raw === '""';
  }

  get parts(): readonly string[] {
    this.#parts ??= this.#part();
    return this.#parts;
  }

  #part(): readonly string[] {
    const { component, subcomponent } = this.#context.marks;
    const mark = this.#component === 0 ? component : subcomponent;
    return mark === '' || !this.raw.includes(mark) ? [this.raw] : split(this.raw, mark);
  }

  /** Component `number`, counted from 1, as it is written. Marks nothing. */
  part(number: number): string {
    return this.parts[number - 1] ?? '';
  }

  has(number: number): boolean {
    const raw = this.part(number);
    return raw !== '' && raw !== '""';
  }

  /** Text of a component, or of its first part where it has several; null reads as `''`. */
  text(number: number): string {
    const raw = this.part(number);
    if (raw === '') return '';
    this.#mark(number);
    const { subcomponent } = this.#context.marks;
    const end = this.#component > 0 || subcomponent === '' ? -1 : raw.indexOf(subcomponent);
    return this.#decoded(end < 0 ? raw : raw.slice(0, end));
  }

  /** Text of the whole value, its delimiters as they are written. */
  whole(): string {
    this.#segment.markField(this.#field);
    return this.#decoded(this.raw);
  }

  /** A component with its parts; reading any part of it marks it. */
  component(number: number): Value {
    const raw = this.part(number);
    if (raw !== '') this.#mark(number);
    return new Value(raw, this.#context, this.#segment, this.#field, number);
  }

  #mark(number: number): void {
    this.#segment.mark(this.#field, this.#component === 0 ? number : this.#component);
  }

  #decoded(raw: string): string {
    if (raw === '""') return '';
    if (!this.#context.coded) return raw;
    return decodeValue(raw, this.#context.marks, this.#context.charset);
  }
}

import { HandoverError } from '../../base/errors.ts';
import { charsetOf } from './charset.ts';
import type { Charset } from './charset.ts';
import { usualDelimiters } from './delimiters.ts';
import type { Delimiters } from './delimiters.ts';
import { encodeValue } from './escapes.ts';
import type { Hl7Message } from './message.ts';
import type { Segment } from './segment.ts';

/** Text; null, which is written `""`; or nothing. */
export type WrittenText = string | null | undefined;
/** A component: its text or its parts. */
export type WrittenComponent = WrittenText | readonly WrittenText[];
/** One repetition of a field: its text or its components. */
export type WrittenValue = WrittenText | readonly WrittenComponent[];
export interface Repetitions {
  repeat: readonly WrittenValue[];
}
/** A field as it stands in a message of the same delimiters and character set, a byte a character. */
export interface RawField {
  raw: string;
}
export type WrittenField = WrittenValue | Repetitions | RawField;

export interface WrittenSegment {
  name: string;
  /** Field 1 and on; of a header, field 3 and on, as its first two are the delimiters. */
  fields: readonly WrittenField[];
}

export interface WriteOptions {
  marks?: Delimiters;
  /** As in MSH-18, which the writer does not set; UTF-8 unless told. */
  charset?: string;
}

/**
 * Write segments as a message: every value escaped, each segment ended by CR.
 * @throws HandoverError `hl7-charset-unsupported` for a set that is unknown or lacks a character.
 */
export function writeSegments(
  segments: readonly WrittenSegment[],
  options: WriteOptions = {},
): Buffer {
  return Buffer.from(segmentsText(segments, options), 'latin1');
}

/** The same, a character for each byte. */
export function segmentsText(
  segments: readonly WrittenSegment[],
  { marks = usualDelimiters, charset = 'UNICODE UTF-8' }: WriteOptions = {},
): string {
  const set = charsetOf(charset);
  if (set === undefined) throw unsupported(charset);
  const writer = new ValueWriter(marks, set);
  return segments.map((segment) => writer.segment(segment)).join('');
}

class ValueWriter {
  readonly #marks: Delimiters;
  readonly #charset: Charset;

  constructor(marks: Delimiters, charset: Charset) {
    this.#marks = marks;
    this.#charset = charset;
  }

  segment({ name, fields }: WrittenSegment): string {
    const { field, component, repetition, escape, subcomponent, truncation } = this.#marks;
    const header = name === 'MSH' || name === 'FHS' || name === 'BHS';
    const marks = header ? [component + repetition + escape + subcomponent + truncation] : [];
    const written = [name, ...marks, ...fields.map((each) => this.#field(each))];
    return `${withoutTrailing(written.join(field), field)}\r`;
  }

  #field(field: WrittenField): string {
    if (typeof field !== 'object' || field === null || Array.isArray(field)) {
      return this.#value(field as WrittenValue);
    }
    if ('raw' in field) return field.raw;
    if (!('repeat' in field)) return this.#value(field);
    return field.repeat.map((each) => this.#value(each)).join(this.#marks.repetition);
  }

  #value(value: WrittenValue): string {
    if (!Array.isArray(value)) return this.#text(value as WrittenText);
    const parts = (value as readonly WrittenComponent[]).map((each) => this.#component(each));
    return trimmed(parts).join(this.#marks.component);
  }

  #component(component: WrittenComponent): string {
    if (!Array.isArray(component)) return this.#text(component as WrittenText);
    const parts = (component as readonly WrittenText[]).map((each) => this.#text(each));
    return trimmed(parts).join(this.#marks.subcomponent);
  }

  #text(text: WrittenText): string {
    if (text === undefined) return '';
    if (text === null) return '""';
    const written = encodeValue(text, this.#marks, this.#charset);
    if (written === undefined) throw unsupported(this.#charset.name);
    return written;
  }
}

function withoutTrailing(text: string, mark: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === mark) end--;
  return text.slice(0, end);
}

function trimmed(parts: readonly string[]): readonly string[] {
  const last = parts.findLastIndex((part) => part !== '');
  return parts.slice(0, Math.max(1, last + 1));
}

function unsupported(charset: string): HandoverError {
  const problem = `The character set ${charset} is unknown, or lacks a character of the message.`;
  return new HandoverError('hl7-charset-unsupported', problem, {
    next: 'Write UNICODE UTF-8, which has every character.',
  });
}

/**
 * The bytes of a parsed message, put together again from its smallest parts: fields, repetitions,
 * components and subcomponents, and what stands between the segments. Equal to what was read.
 */
export function writeMessage({ text, segments, marks }: Hl7Message): Buffer {
  const out: string[] = [];
  let at = 0;
  for (const segment of segments) {
    out.push(text.slice(at, segment.start), joined(segment, marks));
    at = segment.end;
  }
  out.push(text.slice(at));
  return Buffer.from(out.join(''), 'latin1');
}

function joined(segment: Segment, { component, subcomponent, repetition, field }: Delimiters) {
  const fields = segment.fields.map((raw, number) => {
    if (number === 0 || raw === '' || raw === field) return raw;
    const repetitions = segment.values(number).map((value) => {
      if (value.size === 1 && subcomponent === '') return value.raw;
      const parts = value.parts.map((_, at) => value.component(at + 1).parts.join(subcomponent));
      return parts.join(component);
    });
    return repetitions.join(repetition);
  });
  // The separator of a header is its own first field.
  if (fields[1] === field && segment.field(1) === field && /^(MSH|FHS|BHS)$/.test(segment.name)) {
    return `${fields[0]}${field}${fields.slice(2).join(field)}`;
  }
  return fields.join(field);
}

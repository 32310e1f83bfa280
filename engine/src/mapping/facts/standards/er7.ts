import { isAscii, isUtf8 } from 'node:buffer';
import { sha256Hex } from '../../../base/digest.ts';

/** The facts' own reader of HL7 v2 (ER7): segments, and values by field, repetition and component. */
export class Er7Message {
  readonly segments: readonly Er7Segment[];
  /** Tells the message apart where nothing in it does. */
  readonly digest: string;

  private constructor(segments: readonly Er7Segment[], bytes: Buffer) {
    this.segments = segments;
    this.digest = sha256Hex(bytes).slice(0, 32);
  }

  /** Undefined when it begins with no MSH. */
  static read(bytes: Buffer): Er7Message | undefined {
    const text = bytes.toString('latin1').replace(/^\xef\xbb\xbf/, '');
    const start = text.indexOf('MSH');
    if (start < 0) return undefined;
    const lines = text.slice(start).split(lineEnds);
    const header = lines[0] as string;
    const field = header.charAt(3);
    const [, marks = ''] = header.split(field, 2);
    const [component = '^', repetition = '~', escape = '', sub = ''] = marks;
    const declared = header.split(field)[17] ?? '';
    const decode = decoderOf(declared.split(repetition), bytes);
    const syntax = { field, component, repetition, escape, sub, decode };
    const segments: Er7Segment[] = [];
    for (const line of lines) {
      const name = /^ *([A-Z][A-Z0-9]{2})(.|$)/.exec(line);
      if (name !== null && (name[2] === field || name[2] === '')) {
        segments.push(new Er7Segment(line.trimStart(), syntax));
      } else if (line !== '') segments.push(segments.pop()?.continued(line) as Er7Segment);
    }
    return new Er7Message(segments, bytes);
  }
}

/** Line ends, and the marks that MLLP puts around a message. */
const lineEnds = new RegExp(`[\\r\\n${String.fromCharCode(0x0b, 0x1c)}]+`);

interface Syntax {
  field: string;
  component: string;
  repetition: string;
  escape: string;
  sub: string;
  decode: (raw: string) => string;
}

export class Er7Segment {
  readonly name: string;
  readonly #line: string;
  readonly #fields: readonly string[];
  readonly #syntax: Syntax;

  constructor(line: string, syntax: Syntax) {
    this.#line = line;
    this.#syntax = syntax;
    this.name = line.slice(0, 3);
    const fields = line.split(syntax.field);
    // MSH-1 is the separator itself.
    if (this.name === 'MSH') fields.splice(1, 0, syntax.field);
    this.#fields = fields;
  }

  /** A line that begins no segment is the rest of the value before it. */
  continued(line: string): Er7Segment {
    return new Er7Segment(`${this.#line}\r${line}`, this.#syntax);
  }

  /** As it is written; null is no value. */
  raw(field: number): string {
    return this.#fields[field] ?? '';
  }

  /** All that stands behind the first field. */
  afterFirst(): string {
    return this.#line.slice(4 + this.raw(1).length);
  }

  has(field: number): boolean {
    const raw = this.raw(field);
    return raw !== '' && raw !== '""';
  }

  /** Whether what was in the field is taken back. */
  isNull(field: number): boolean {
    return this.raw(field) === '""';
  }

  repetitions(field: number): Er7Value[] {
    if (!this.has(field)) return [];
    const parts = this.raw(field).split(this.#syntax.repetition);
    return parts.map((part) => new Er7Value(part, this.#syntax));
  }

  /** The first repetition. */
  value(field: number): Er7Value {
    return this.repetitions(field)[0] ?? new Er7Value('', this.#syntax);
  }

  text(field: number, component = 1): string {
    return this.value(field).text(component);
  }
}

export class Er7Value {
  readonly #components: readonly string[];
  readonly #syntax: Syntax;

  constructor(raw: string, syntax: Syntax) {
    this.#components = raw.split(syntax.component);
    this.#syntax = syntax;
  }

  get components(): number {
    return this.#components.length;
  }

  /** As it is written. */
  raw(component: number): string {
    return this.#components[component - 1] ?? '';
  }

  /** Decoded; the first subcomponent unless another is asked for. */
  text(component: number, sub = 1): string {
    const raw = this.raw(component);
    const parts = this.#syntax.sub === '' ? [raw] : raw.split(this.#syntax.sub);
    const part = parts[sub - 1] ?? '';
    return part === '""' ? '' : unescaped(part, this.#syntax);
  }

  /** All of it as one text, where it is written whole. */
  whole(): string {
    const { component } = this.#syntax;
    return unescaped(this.#components.join(component), this.#syntax);
  }
}

function unescaped(raw: string, syntax: Syntax): string {
  const { escape, field, component, sub, repetition, decode } = syntax;
  if (escape === '' || !raw.includes(escape)) return decode(raw);
  const known: Record<string, string> = {
    F: field,
    S: component,
    T: sub,
    R: repetition,
    E: escape,
    '.br': '\n',
    H: '',
    N: '',
  };
  const mark = escape.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const pattern = new RegExp(`${mark}([^${mark}]*)${mark}`, 'g');
  const bytes = raw.replace(pattern, (whole, word: string) => {
    if (Object.hasOwn(known, word)) return known[word] as string;
    const hex = /^X((?:[0-9A-Fa-f]{2})+)$/.exec(word)?.[1];
    return hex === undefined ? whole : Buffer.from(hex, 'hex').toString('latin1');
  });
  return decode(bytes);
}

const charsets: Readonly<Record<string, string>> = {
  ASCII: 'windows-1252',
  'UNICODE UTF-8': 'utf-8',
  '8859/1': 'windows-1252',
  '8859/2': 'iso-8859-2',
  '8859/5': 'iso-8859-5',
  '8859/7': 'iso-8859-7',
  '8859/15': 'iso-8859-15',
};

function decoderOf(declared: readonly string[], bytes: Buffer): (raw: string) => string {
  const named = declared.map((name) => charsets[name.trim()]).find((each) => each !== undefined);
  const silent = declared.every((name) => name === '' || name === 'ASCII');
  const guessed = isUtf8(bytes) ? 'utf-8' : 'windows-1252';
  const decoder = new TextDecoder(silent ? guessed : (named ?? guessed));
  return (raw) => {
    const encoded = Buffer.from(raw, 'latin1');
    return isAscii(encoded) ? raw : decoder.decode(encoded);
  };
}

/**
 * JSON whose numbers keep their digits. A number is held as the text it was written in, because
 * `1.10` and a 20-digit identifier are facts that a double would change (FHIR R4 §2.24.0.1,
 * decimal). Objects have a null prototype, so no input key can reach one.
 */
export class JsonNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  /** For `JSON.stringify`: the digits stand in the text as they were written. */
  toJSON(): unknown {
    return (JSON as unknown as { rawJSON(digits: string): unknown }).rawJSON(this.text);
  }
  toString(): string {
    return this.text;
  }
}

export type Json = null | boolean | string | JsonNumber | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** What is wrong with a text that is no JSON value: its form, or a key that an object has twice. */
export type JsonProblem = 'json-unreadable' | 'json-key-repeated';

export class JsonSyntaxError extends Error {
  readonly code: JsonProblem;
  /** Character offset in the text. */
  readonly offset: number;
  constructor(offset: number, problem: string, code: JsonProblem = 'json-unreadable') {
    super(`JSON: ${problem} at character ${offset}`);
    this.name = 'JsonSyntaxError';
    this.code = code;
    this.offset = offset;
  }
}

/** Containers may nest this deep; FHIR needs far less and a bomb far more. */
export const deepestJson = 200;

/**
 * Parse one JSON value (RFC 8259). Duplicate keys, which RFC 8259 leaves open, are refused: two
 * readers could otherwise see two different records.
 * @throws JsonSyntaxError with the offset, never with the text.
 */
export function parseJson(text: string): Json {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): Json {
    this.#space();
    const code = this.#text.charCodeAt(this.#at);
    switch (code) {
      case 0x7b:
        return this.#object(depth);
      case 0x5b:
        return this.#array(depth);
      case 0x22:
        return this.#string();
      case 0x74:
        return this.#word('true', true);
      case 0x66:
        return this.#word('false', false);
      case 0x6e:
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  end(): void {
    this.#space();
    if (this.#at < this.#text.length) this.#fail('something follows the value');
  }

  #object(depth: number): JsonObject {
    if (depth >= deepestJson) this.#fail('nested too deep');
    const object = Object.create(null) as JsonObject;
    this.#at++;
    this.#space();
    if (this.#take(0x7d)) return object;
    for (;;) {
      this.#space();
      if (this.#text.charCodeAt(this.#at) !== 0x22) this.#fail('a key is missing');
      const key = this.#string();
      if (key in object) this.#fail('a key is repeated', 'json-key-repeated');
      this.#space();
      if (!this.#take(0x3a)) this.#fail('":" is missing');
      object[key] = this.value(depth + 1);
      this.#space();
      if (this.#take(0x7d)) return object;
      if (!this.#take(0x2c)) this.#fail('"," or "}" is missing');
    }
  }

  #array(depth: number): Json[] {
    if (depth >= deepestJson) this.#fail('nested too deep');
    const items: Json[] = [];
    this.#at++;
    this.#space();
    if (this.#take(0x5d)) return items;
    for (;;) {
      items.push(this.value(depth + 1));
      this.#space();
      if (this.#take(0x5d)) return items;
      if (!this.#take(0x2c)) this.#fail('"," or "]" is missing');
    }
  }

  #string(): string {
    const start = ++this.#at;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 0x22) return this.#text.slice(start, this.#at++);
      if (code === 0x5c) return this.#escapedString(start);
      if (!(code >= 0x20)) this.#fail('a string is not closed or holds a control character');
      this.#at++;
    }
  }

  /** The string holds an escape: find its end, then let the platform decode it. */
  #escapedString(start: number): string {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 0x22) break;
      if (!(code >= 0x20)) this.#fail('a string is not closed or holds a control character');
      this.#at += code === 0x5c ? 2 : 1;
    }
    this.#at++;
    try {
      return JSON.parse(this.#text.slice(start - 1, this.#at)) as string;
    } catch {
      return this.#fail('a string holds a bad escape');
    }
  }

  #word<T extends Json>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail('a value is missing');
    this.#at += word.length;
    return value;
  }

  #number(): JsonNumber {
    numberPattern.lastIndex = this.#at;
    const match = numberPattern.exec(this.#text);
    if (match === null) return this.#fail('a value is missing');
    this.#at = numberPattern.lastIndex;
    return new JsonNumber(match[0]);
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #take(code: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== code) return false;
    this.#at++;
    return true;
  }

  #fail(problem: string, code?: JsonProblem): never {
    throw new JsonSyntaxError(this.#at, problem, code);
  }
}

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/**
 * The one way this engine writes JSON: keys in code-unit order, no space, strings escaped as
 * RFC 8785 does, numbers with the digits they came with (where RFC 8785 would rewrite them).
 */
export function canonicalJson(value: Json): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) {
    let items = '';
    for (const item of value)
      items += items === '' ? canonicalJson(item) : `,${canonicalJson(item)}`;
    return `[${items}]`;
  }
  let members = '';
  for (const key of Object.keys(value).toSorted()) {
    const member = `${quoted(key)}:${canonicalJson(value[key] as Json)}`;
    members += members === '' ? member : `,${member}`;
  }
  return `{${members}}`;
}

/**
 * `canonicalJson(toJson(value))` of what a rule made, in one pass and without the copy: members that
 * are undefined are left out.
 */
export function canonicalText(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  if (value instanceof JsonNumber) return value.text;
  // Amounts write themselves.
  if ('toJSON' in value || 'rawJSON' in value) return canonicalJson(toJson(value));
  if (Array.isArray(value)) {
    let items = '';
    for (const item of value as unknown[]) {
      items += items === '' ? canonicalText(item) : `,${canonicalText(item)}`;
    }
    return `[${items}]`;
  }
  let members = '';
  for (const key of Object.keys(value).toSorted()) {
    const own = (value as Record<string, unknown>)[key];
    if (own === undefined) continue;
    const member = `${quoted(key)}:${canonicalText(own)}`;
    members += members === '' ? member : `,${member}`;
  }
  return `{${members}}`;
}

/** Names of elements come again and again; others are not kept. */
const names = new Map<string, string>();

function quoted(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  const text = JSON.stringify(name);
  if (names.size < 2_000 && name.length < 40) names.set(name, text);
  return text;
}

/** Lift a plain JavaScript value (configuration, manifests) into {@link Json}. */
export function toJson(value: unknown): Json {
  return parseJson(JSON.stringify(value ?? null));
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof JsonNumber)
  );
}

/**
 * The members of a JSON object written without spaces, as texts: to tell which of them differ costs
 * far less than to parse both.
 */
export function memberTexts(text: string): Map<string, string> {
  const members = new Map<string, string>();
  for (let at = 1; text.charCodeAt(at) === quote;) {
    const nameEnd = stringEnd(text, at);
    const end = valueEnd(text, nameEnd + 1);
    members.set(JSON.parse(text.slice(at, nameEnd)) as string, text.slice(nameEnd + 1, end));
    at = end + 1;
  }
  return members;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
/** `[` and `]` differ from `{` and `}` by this bit. */
const braceBit = 0x20;
const opened = 0x7b;
const closed = 0x7d;

/** Behind the string that begins at `at`. */
function stringEnd(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); ; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === backslash) before--;
    if ((end - before) % 2 === 1) return end + 1;
  }
}

function valueEnd(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === quote) {
      at = stringEnd(text, at) - 1;
    } else if ((unit | braceBit) === opened) {
      depth++;
    } else if ((unit | braceBit) === closed) {
      if (depth === 0) return at;
      depth--;
    } else if (unit === comma && depth === 0) return at;
  }
  return text.length;
}

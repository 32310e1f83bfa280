import { XmlElement } from './element.ts';
import { nameAt } from './names.ts';

export type XmlProblemCode =
  | 'xml-not-well-formed'
  | 'xml-doctype'
  | 'xml-entity-unknown'
  | 'xml-too-deep'
  | 'xml-too-many-parts'
  | 'xml-encoding';

/** Why bytes are not taken as XML, and where, in characters. */
export interface XmlProblem {
  code: XmlProblemCode;
  offset: number;
}

export interface XmlRules {
  /** Prefixes of the namespaces that are told apart, by their names; '' for the main one. */
  namespaces: ReadonlyMap<string, string>;
  /** Elements inside elements. */
  maxDepth: number;
}

class Refusal extends Error {
  readonly code: XmlProblemCode;
  readonly offset: number;

  constructor(code: XmlProblemCode, offset: number) {
    super(code);
    this.code = code;
    this.offset = offset;
  }
}

/**
 * The elements at the top of a document: one, or several in a fragment. Time and memory are
 * linear in the text: there is no DOCTYPE and so no entity of the document's own (XML 1.0, §2.8).
 * A prefix that nothing binds stands for itself, since fragments are cut out of their documents.
 */
export function readXml(text: string, rules: XmlRules): XmlElement[] | XmlProblem {
  try {
    return new Reader(text, rules).read();
  } catch (error) {
    if (error instanceof Refusal) return { code: error.code, offset: error.offset };
    throw error;
  }
}

/** An element that is open, and what its prefixes stand for. */
interface Open {
  element: XmlElement;
  tag: string;
  prefixes: ReadonlyMap<string, string>;
}

class Reader {
  readonly #text: string;
  readonly #rules: XmlRules;
  readonly #roots: XmlElement[] = [];
  readonly #open: Open[] = [];
  /** Full names as written, and as they are told, while no element binds a prefix anew. */
  #names = new Map<string, string>();
  #prefixes: ReadonlyMap<string, string> = new Map();
  #at = 0;
  #parts = 0;

  constructor(text: string, rules: XmlRules) {
    this.#text = text;
    this.#rules = rules;
  }

  read(): XmlElement[] {
    const text = this.#text;
    while (this.#at < text.length) {
      const tag = text.indexOf('<', this.#at);
      this.#characters(tag < 0 ? text.length : tag);
      if (tag < 0) break;
      this.#at = tag;
      const next = text.charCodeAt(tag + 1);
      if (next === slash) this.#close();
      else if (next === exclamation) this.#declaration();
      else if (next === question) this.#at = this.#after('?>', tag + 2);
      else this.#element();
    }
    if (this.#open.length > 0 || this.#roots.length === 0) this.#refuse();
    return this.#roots;
  }

  #refuse(code: XmlProblemCode = 'xml-not-well-formed', offset = this.#at): never {
    throw new Refusal(code, offset);
  }

  #after(end: string, from: number): number {
    const at = this.#text.indexOf(end, from);
    if (at < 0) this.#refuse();
    return at + end.length;
  }

  #characters(end: number): void {
    const start = this.#at;
    const text = this.#text;
    let at = start;
    let isLayout = false;
    for (; at < end; at++) {
      const code = text.charCodeAt(at);
      if (!isSpace(code)) break;
      isLayout ||= code === 0x0a || code === 0x0d;
    }
    // Layout between elements is of no account; a space between two words of a narrative is.
    if (at === end && (isLayout || start === end)) return;
    const parent = this.#open.at(-1);
    if (parent !== undefined) {
      this.#count();
      const characters = text.slice(start, end);
      if (forbidden.test(characters)) this.#refuse('xml-not-well-formed', start);
      parent.element.append(this.#resolved(characters, start));
    } else if (at < end && text.slice(start, end).trim() !== '') {
      this.#refuse('xml-not-well-formed', start);
    }
  }

  /** Memory is many times the text where a document is nothing but tags. */
  #count(): void {
    if (++this.#parts > mostParts) this.#refuse('xml-too-many-parts');
  }

  #declaration(): void {
    const text = this.#text;
    const start = this.#at;
    if (text.startsWith('<!--', start)) this.#at = this.#after('-->', start + 4);
    else if (text.startsWith('<![CDATA[', start)) {
      this.#at = this.#after(']]>', start + 9);
      const parent = this.#open.at(-1);
      if (parent === undefined) this.#refuse('xml-not-well-formed', start);
      this.#count();
      const characters = text.slice(start + 9, this.#at - 3);
      if (forbidden.test(characters)) this.#refuse('xml-not-well-formed', start);
      parent.element.append(characters);
    } else this.#refuse(text.startsWith('<!DOCTYPE', start) ? 'xml-doctype' : undefined);
  }

  #close(): void {
    const text = this.#text;
    const opened = this.#open.pop();
    if (opened === undefined) this.#refuse();
    const { tag, prefixes } = opened;
    let end = this.#at + 2 + tag.length;
    if (!text.startsWith(tag, this.#at + 2)) this.#refuse();
    while (isSpace(text.charCodeAt(end))) end++;
    if (text.charCodeAt(end) !== greater) this.#refuse();
    this.#restore(prefixes);
    this.#at = end + 1;
  }

  #element(): void {
    const start = this.#at;
    const tag = nameAt(this.#text, start + 1);
    if (tag === '') this.#refuse();
    this.#count();
    this.#at = start + 1 + tag.length;
    const before = this.#prefixes;
    const attributes = this.#attributes();
    const parent = this.#open.at(-1)?.element;
    const element = new XmlElement(this.#name(tag), attributes, start, parent);
    if (parent === undefined) this.#roots.push(element);
    else parent.append(element);
    if (this.#text.charCodeAt(this.#at) === slash) {
      if (this.#text.charCodeAt(this.#at + 1) !== greater) this.#refuse();
      this.#restore(before);
      this.#at += 2;
    } else {
      if (this.#open.length >= this.#rules.maxDepth) this.#refuse('xml-too-deep', start);
      this.#open.push({ element, tag, prefixes: before });
      this.#at++;
    }
  }

  /** Up to `>` or `/>`, which stays. */
  #attributes(): readonly string[] {
    const text = this.#text;
    let found: string[] | undefined;
    let bound: Map<string, string> | undefined;
    for (;;) {
      const start = this.#at;
      const from = this.#skipSpace(start);
      const code = text.charCodeAt(from);
      if (code === greater || code === slash) {
        this.#at = from;
        break;
      }
      const name = from === start ? '' : nameAt(text, from);
      if (name === '') this.#refuse('xml-not-well-formed', from);
      this.#at = from + name.length;
      const value = this.#value(from);
      this.#count();
      if (name === 'xmlns' || name.startsWith('xmlns:')) {
        (bound ??= new Map()).set(name.slice(6), value);
      } else (found ??= []).push(name, value);
    }
    if (bound !== undefined) this.#bind(bound);
    if (found === undefined) return none;
    if (found.length > 2) this.#refuseRepeated(found);
    for (let at = 0; at < found.length; at += 2) {
      const name = found[at] as string;
      if (name.includes(':')) found[at] = this.#prefixed(name);
    }
    return found;
  }

  #skipSpace(from: number): number {
    let at = from;
    while (isSpace(this.#text.charCodeAt(at))) at++;
    return at;
  }

  /** `= "value"`, from behind the name that stands at `start` to behind the quote. */
  #value(start: number): string {
    const text = this.#text;
    const equals = this.#skipSpace(this.#at);
    if (text.charCodeAt(equals) !== 0x3d) this.#refuse('xml-not-well-formed', start);
    const open = this.#skipSpace(equals + 1);
    const quote = text.charCodeAt(open);
    if (quote !== 0x22 && quote !== 0x27) this.#refuse('xml-not-well-formed', start);
    let isPlain = true;
    for (let at = open + 1; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === quote) {
        this.#at = at + 1;
        const value = text.slice(open + 1, at);
        return isPlain ? value : this.#resolved(value, open);
      }
      if (code === less || (code < 0x20 && !isSpace(code))) break;
      if (code === ampersand) isPlain = false;
    }
    this.#refuse('xml-not-well-formed', start);
  }

  #refuseRepeated(found: readonly string[]): void {
    if (found.length > 32) {
      const names = new Set(found.filter((_, at) => at % 2 === 0));
      if (names.size < found.length / 2) this.#refuse();
      return;
    }
    for (let at = 2; at < found.length; at += 2) {
      for (let before = 0; before < at; before += 2) {
        if (found[before] === found[at]) this.#refuse();
      }
    }
  }

  #bind(bound: ReadonlyMap<string, string>): void {
    let prefixes: Map<string, string> | undefined;
    for (const [prefix, namespace] of bound) {
      const known = this.#rules.namespaces.get(namespace) ?? prefix;
      if (this.#prefixes.get(prefix) === known) continue;
      (prefixes ??= new Map(this.#prefixes)).set(prefix, known);
    }
    if (prefixes === undefined) return;
    if (prefixes.size > mostPrefixes) this.#refuse('xml-too-many-parts');
    this.#prefixes = prefixes;
    this.#names = new Map();
  }

  #restore(prefixes: ReadonlyMap<string, string>): void {
    if (prefixes === this.#prefixes) return;
    this.#prefixes = prefixes;
    this.#names = new Map();
  }

  #name(tag: string): string {
    let name = this.#names.get(tag);
    if (name === undefined) {
      name = this.#prefixed(tag);
      this.#names.set(tag, name);
    }
    return name;
  }

  #prefixed(name: string): string {
    const colon = name.indexOf(':');
    const prefix = colon < 0 ? '' : name.slice(0, colon);
    const known = this.#prefixes.get(prefix) ?? prefix;
    const local = name.slice(colon + 1);
    return known === '' ? local : `${known}:${local}`;
  }

  #resolved(characters: string, offset: number): string {
    if (!characters.includes('&')) return characters;
    return characters.replace(reference, (_all, name: string) => {
      const known = predefined[name];
      if (known !== undefined) return known;
      const code = name.startsWith('#x')
        ? Number.parseInt(name.slice(2), 16)
        : Number(name.slice(1));
      if (!name.startsWith('#') || !isCharacter(code)) this.#refuse('xml-entity-unknown', offset);
      return String.fromCodePoint(code);
    });
  }
}

const slash = 0x2f;
const exclamation = 0x21;
const question = 0x3f;
const greater = 0x3e;
const less = 0x3c;
const ampersand = 0x26;
const none: readonly string[] = [];

/** Characters that no document may hold (XML 1.0, §2.2). */
// oxlint-disable-next-line no-control-regex
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;

/** Elements, attributes and pieces of text of a document; the largest known have some 200,000. */
const mostParts = 4_000_000;

/** Prefixes that are bound at once. */
const mostPrefixes = 1000;

const reference = /&([^;&\s]{0,12});?/g;
const predefined: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** XML 1.0, §2.2: characters a document may hold. */
function isCharacter(code: number): boolean {
  if (code < 0x20) return code === 0x09 || code === 0x0a || code === 0x0d;
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code > 0xffff && code < 0x110000);
}

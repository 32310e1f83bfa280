import { XmlElement } from './element.ts';

export type XmlProblemCode =
  'xml-not-well-formed' | 'xml-doctype' | 'xml-entity-unknown' | 'xml-too-deep' | 'xml-encoding';

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
    if (end === start) return;
    const parent = this.#open.at(-1);
    const characters = this.#text.slice(start, end);
    // Layout between elements is of no account; a space between two words of a narrative is.
    if (layout.test(characters)) return;
    if (parent === undefined) {
      if (characters.trim() !== '') this.#refuse('xml-not-well-formed', start);
      return;
    }
    parent.element.content.push(this.#resolved(characters, start));
  }

  #declaration(): void {
    const text = this.#text;
    const start = this.#at;
    if (text.startsWith('<!--', start)) this.#at = this.#after('-->', start + 4);
    else if (text.startsWith('<![CDATA[', start)) {
      this.#at = this.#after(']]>', start + 9);
      const parent = this.#open.at(-1);
      if (parent === undefined) this.#refuse('xml-not-well-formed', start);
      parent.element.content.push(text.slice(start + 9, this.#at - 3));
    } else this.#refuse(text.startsWith('<!DOCTYPE', start) ? 'xml-doctype' : undefined);
  }

  #close(): void {
    const end = this.#text.indexOf('>', this.#at);
    const opened = this.#open.pop();
    if (end < 0 || opened === undefined) this.#refuse();
    if (this.#text.slice(this.#at + 2, end).trimEnd() !== opened.tag) this.#refuse();
    this.#restore(opened.prefixes);
    this.#at = end + 1;
  }

  #element(): void {
    const start = this.#at;
    nameAt.lastIndex = start + 1;
    const tag = nameAt.exec(this.#text)?.[0];
    if (tag === undefined) this.#refuse();
    this.#at = start + 1 + tag.length;
    const before = this.#prefixes;
    const attributes = this.#attributes();
    const parent = this.#open.at(-1)?.element;
    const element = new XmlElement(this.#name(tag), attributes, start, parent);
    if (parent === undefined) this.#roots.push(element);
    else parent.content.push(element);
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
  #attributes(): string[] {
    const text = this.#text;
    const found: string[] = [];
    for (;;) {
      attributeAt.lastIndex = this.#at;
      const match = attributeAt.exec(text);
      if (match === null) break;
      const [all, name = '', double, single] = match;
      const value = this.#resolved(double ?? single ?? '', this.#at);
      this.#at += all.length;
      if (name === 'xmlns' || name.startsWith('xmlns:')) this.#bind(name.slice(6), value);
      else found.push(name, value);
    }
    while (isSpace(text.charCodeAt(this.#at))) this.#at++;
    const next = text.charCodeAt(this.#at);
    if (next !== greater && next !== slash) this.#refuse();
    for (let at = 0; at < found.length; at += 2) {
      const name = found[at] as string;
      if (found.indexOf(name) !== at && found.indexOf(name) % 2 === 0) this.#refuse();
      if (name.includes(':')) found[at] = this.#prefixed(name);
    }
    return found;
  }

  #bind(prefix: string, namespace: string): void {
    const known = this.#rules.namespaces.get(namespace) ?? prefix;
    if (this.#prefixes.get(prefix) === known) return;
    this.#prefixes = new Map([...this.#prefixes, [prefix, known]]);
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
const layout = /^[\r\n\t ]*[\r\n][\r\n\t ]*$/;
const nameAt = /[A-Za-z_:\u0080-\uffff][\w:.\-\u0080-\uffff]*/y;
const attributeAt =
  /[\r\n\t ]+([A-Za-z_:\u0080-\uffff][\w:.\-\u0080-\uffff]*)[\r\n\t ]*=[\r\n\t ]*(?:"([^"<]*)"|'([^'<]*)')/y;
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

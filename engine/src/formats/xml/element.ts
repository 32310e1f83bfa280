/** Character data between elements, or an element. */
export type XmlContent = string | XmlElement;

/**
 * An element, and what of it was read: whoever takes a value marks it, so that the rest can be told
 * when all rules have had their turn.
 */
export class XmlElement {
  /** Local name; `sdtc:raceCode` where its namespace is not the document's main one. */
  readonly name: string;
  /** Where its tag begins, in characters. */
  readonly offset: number;
  readonly parent: XmlElement | undefined;
  /** Names and values by turns. */
  readonly #attributes: readonly string[];
  #content: XmlContent[] = nothing;
  /** A bit for each attribute, and the highest for the text. */
  #read = 0;
  #hasCharacters = false;
  #wasReadWhole = false;

  constructor(
    name: string,
    attributes: readonly string[],
    offset: number,
    parent: XmlElement | undefined,
  ) {
    this.name = name;
    this.#attributes = attributes;
    this.offset = offset;
    this.parent = parent;
  }

  get content(): readonly XmlContent[] {
    return this.#content;
  }

  /** Names and values of its attributes, none of them marked as read. */
  get attributes(): [string, string][] {
    const pairs: [string, string][] = [];
    for (let at = 0; at < this.#attributes.length; at += 2) {
      pairs.push([this.#attributes[at] as string, this.#attributes[at + 1] as string]);
    }
    return pairs;
  }

  /** For who reads a document: what stands in it next. */
  append(content: XmlContent): void {
    if (this.#content === nothing) this.#content = [content];
    else this.#content.push(content);
    this.#hasCharacters ||= typeof content === 'string' && content.trim() !== '';
  }

  /** The value of an attribute, or undefined where it has none. */
  attribute(name: string): string | undefined {
    const attributes = this.#attributes;
    for (let at = 0; at < attributes.length; at += 2) {
      if (attributes[at] !== name) continue;
      this.#read |= bitOf(at >> 1);
      return attributes[at + 1];
    }
    return undefined;
  }

  /** As {@link attribute}, without marking it as read. */
  peek(name: string): string | undefined {
    const attributes = this.#attributes;
    for (let at = 0; at < attributes.length; at += 2) {
      if (attributes[at] === name) return attributes[at + 1];
    }
    return undefined;
  }

  attributeNames(): string[] {
    return this.#attributes.filter((_, at) => at % 2 === 0);
  }

  /** The first child of that name. */
  child(name: string): XmlElement | undefined {
    for (const each of this.#content) {
      if (typeof each !== 'string' && each.name === name) return each;
    }
    return undefined;
  }

  /** The first element at the end of a way of names. */
  at(...names: readonly string[]): XmlElement | undefined {
    return names.reduce<XmlElement | undefined>((found, name) => found?.child(name), this);
  }

  /** Its children of that name. */
  all(name: string): XmlElement[] {
    const found: XmlElement[] = [];
    for (const each of this.#content) {
      if (typeof each !== 'string' && each.name === name) found.push(each);
    }
    return found;
  }

  elements(): XmlElement[] {
    return this.#content.filter((each) => typeof each !== 'string');
  }

  /** All character data inside, also in elements of it, as it stands. */
  get text(): string {
    this.#read |= textBit;
    let text = '';
    for (const each of this.#content) text += typeof each === 'string' ? each : each.text;
    return text;
  }

  /** Nothing in it is told as unread, of the elements inside it neither. */
  readWhole(): void {
    this.#wasReadWhole = true;
  }

  get wasReadWhole(): boolean {
    return this.#wasReadWhole;
  }

  /** Whether somebody took all its attributes, and its characters if it has any. */
  get isRead(): boolean {
    const wanted = (1 << Math.min(this.#attributes.length >> 1, 31)) - 1;
    if ((this.#read & wanted) !== wanted) return false;
    return (this.#read & textBit) !== 0 || !this.#hasCharacters;
  }

  /** Names of its own attributes that nobody took; `#text` for its character data. */
  unread(): string[] {
    const names: string[] = [];
    for (let at = 0; at < this.#attributes.length; at += 2) {
      if ((this.#read & bitOf(at >> 1)) === 0) names.push(this.#attributes[at] as string);
    }
    if ((this.#read & textBit) === 0 && this.#hasCharacters) names.push('#text');
    return names;
  }
}

/** Of the many elements that have attributes and nothing in them. */
const nothing: XmlContent[] = [];

const textBit = 1 << 31;

/** Attributes after the thirtieth share a bit: no element of a clinical document has as many. */
function bitOf(attribute: number): number {
  return 1 << Math.min(attribute, 30);
}

/** The facts' own reader of documents: an element, its attributes and what stands in it. */
export class CdaElement {
  /** Without its prefix; those of SDTC keep it. */
  readonly name: string;
  readonly content: (string | CdaElement)[] = [];
  readonly #attributes: ReadonlyMap<string, string>;

  constructor(name: string, attributes: ReadonlyMap<string, string>) {
    this.name = name;
    this.#attributes = attributes;
  }

  peek(attribute: string): string | undefined {
    return this.#attributes.get(attribute);
  }

  elements(): CdaElement[] {
    return this.content.filter((each) => typeof each !== 'string');
  }

  all(name: string): CdaElement[] {
    return this.elements().filter((each) => each.name === name);
  }

  child(name: string): CdaElement | undefined {
    return this.all(name)[0];
  }

  at(...names: readonly string[]): CdaElement | undefined {
    return names.reduce<CdaElement | undefined>((found, name) => found?.child(name), this);
  }

  get text(): string {
    return this.content.map((each) => (typeof each === 'string' ? each : each.text)).join('');
  }
}

/** Comments, instructions, CDATA, an end, a beginning, and words between them. */
const tokens =
  /<!--[^]*?-->|<\?[^]*?\?>|<!\[CDATA\[([^]*?)\]\]>|<\/[^>]*>|<([^\s/>]+)((?:[^>"']|"[^"]*"|'[^']*')*)>|([^<]+)/g;
const attribute = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

/** The root of a document that is known to be well formed; undefined when there is none. */
export function readCdaXml(bytes: Buffer): CdaElement | undefined {
  const root = new CdaElement('', new Map());
  const open = [root];
  for (const [token, data, tag, rest = '', words] of textOf(bytes).matchAll(tokens)) {
    const top = open.at(-1) as CdaElement;
    if (words !== undefined) top.content.push(decoded(words));
    else if (data !== undefined) top.content.push(data);
    else if (token.startsWith('</')) open.pop();
    else if (tag !== undefined && !tag.startsWith('!')) {
      const pairs = [...rest.matchAll(attribute)].map(
        ([, name = '', one, two]) => [name, decoded(one ?? two ?? '')] as const,
      );
      const element = new CdaElement(localName(tag), new Map(pairs));
      top.content.push(element);
      if (!rest.endsWith('/')) open.push(element);
    }
    if (open.length === 0) return undefined;
  }
  return root.elements()[0];
}

function localName(tag: string): string {
  return tag.startsWith('sdtc:') ? tag : tag.slice(tag.indexOf(':') + 1);
}

function textOf(bytes: Buffer): string {
  const start = bytes.toString('latin1', 0, 200);
  const named = /^[^<]*<\?xml[^>]*encoding\s*=\s*["']([\w.-]+)["']/.exec(start)?.[1] ?? 'utf-8';
  const wide = bytes[0] === 0xfe || bytes[0] === 0xff;
  return new TextDecoder(wide ? (bytes[0] === 0xfe ? 'utf-16be' : 'utf-16le') : named).decode(
    bytes,
  );
}

const entities: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
};

function decoded(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, digits, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex as string, 16));
    if (digits !== undefined) return String.fromCodePoint(Number(digits));
    return entities[name as string] ?? whole;
  });
}

/** An element of a trusted XML file. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  /** Character data directly inside, references resolved. */
  text: string;
  /** The element as it stands in the file. */
  source: string;
}

const token =
  /<!--[^]*?-->|<\?[^]*?\?>|<!\[CDATA\[([^]*?)\]\]>|<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|([^<]+)/g;
const attribute = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

/**
 * The root element of a well-formed file without DOCTYPE: enough for the test suites that the
 * measures read. Files of strangers are read in `formats/`, with all the care that takes.
 */
export function parseXml(text: string): XmlElement {
  const document: XmlElement = { name: '', attributes: {}, children: [], text: '', source: '' };
  const open: { element: XmlElement; start: number }[] = [{ element: document, start: 0 }];
  for (const match of text.matchAll(token)) {
    const [all, data, closes, name, attributes = '', empty, characters] = match;
    const parent = open.at(-1) as { element: XmlElement; start: number };
    if (data !== undefined) parent.element.text += data;
    else if (characters !== undefined) parent.element.text += resolved(characters);
    else if (closes === '/') {
      parent.element.source = text.slice(parent.start, match.index + all.length);
      open.pop();
    } else if (name !== undefined) {
      const element = elementOf(name, attributes, all);
      parent.element.children.push(element);
      if (empty !== '/') open.push({ element, start: match.index });
    }
  }
  const [root] = document.children;
  if (root === undefined || open.length !== 1) throw new Error('the file is not well-formed XML');
  return root;
}

function elementOf(name: string, attributes: string, source: string): XmlElement {
  const values: Record<string, string> = {};
  for (const [, key = '', double, single] of attributes.matchAll(attribute)) {
    values[key] = resolved(double ?? single ?? '');
  }
  return { name, attributes: values, children: [], text: '', source };
}

const references: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
};

function resolved(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (all, decimal, hex, name) => {
    if (name !== undefined) return references[name as string] ?? all;
    const code = decimal === undefined ? Number.parseInt(hex as string, 16) : Number(decimal);
    return String.fromCodePoint(code);
  });
}

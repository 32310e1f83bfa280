/** Markup that stands as it is; every other text is escaped where it is put. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What stands in an element: markup, text, nothing, or any of them in order. */
export type XmlWritten = Markup | string | null | undefined | readonly XmlWritten[];

export type XmlAttributes = Readonly<Record<string, string | undefined>>;

/** An element; attributes that are undefined are left out. Names are the caller's and not escaped. */
export function tag(name: string, attributes: XmlAttributes, ...content: XmlWritten[]): Markup {
  let open = name;
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) open += ` ${key}="${escapeXml(value)}"`;
  }
  const inside = content.map(textOf).join('');
  return new Markup(inside === '' ? `<${open}/>` : `<${open}>${inside}</${name}>`);
}

function textOf(content: XmlWritten): string {
  if (content === undefined || content === null) return '';
  if (content instanceof Markup) return content.text;
  return typeof content === 'string' ? escapeXml(content) : content.map(textOf).join('');
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // Kept: a reader takes a bare one for a blank in an attribute, and for a line end in a text.
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** Text as character data or inside of quotes. Characters that XML 1.0 has no place for are left out. */
export function escapeXml(text: string): string {
  if (!special.test(text)) return text;
  return text
    .replaceAll(forbidden, '')
    .replaceAll(/[&<>"\t\n\r]/g, (mark) => escapes[mark] ?? mark);
}

// Section 2.2 of XML 1.0: no control characters but three, no half of a pair, no noncharacters.
const forbidden =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
// oxlint-disable-next-line no-control-regex
const special = /[\u0000-\u001f&<>"\ud800-\udfff\ufffe\uffff]/;

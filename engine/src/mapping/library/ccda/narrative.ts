import type { XmlElement } from '../../../formats/xml/element.ts';

/** The elements of CDA's narrative (CDA R2 §4.3.5) that XHTML has under a name of its own. */
const names: Readonly<Record<string, string>> = {
  paragraph: 'p',
  content: 'span',
  footnote: 'span',
  footnoteRef: 'span',
  br: 'br',
  sub: 'sub',
  sup: 'sup',
  table: 'table',
  thead: 'thead',
  tbody: 'tbody',
  tfoot: 'tfoot',
  tr: 'tr',
  th: 'th',
  td: 'td',
  col: 'col',
  colgroup: 'colgroup',
  item: 'li',
};

const spans = new Set(['colspan', 'rowspan', 'span']);

/**
 * A section's narrative as the XHTML of a FHIR Narrative (R4, narrative.html): words, tables, lists
 * and anchors stay. A picture is named by what it refers to, and a link is kept when it is one.
 */
export function xhtml(text: XmlElement): string {
  return `<div xmlns="http://www.w3.org/1999/xhtml">${inside(text)}</div>`;
}

function inside(element: XmlElement): string {
  let written = '';
  for (const each of element.content) {
    written += typeof each === 'string' ? escaped(each) : elementText(each);
  }
  return written;
}

function elementText(element: XmlElement): string {
  const { name } = element;
  if (name === 'list') {
    const tag = element.attribute('listType') === 'ordered' ? 'ol' : 'ul';
    return wrapped(tag, element);
  }
  if (name === 'caption') {
    return wrapped(element.parent?.name === 'table' ? 'caption' : 'b', element);
  }
  if (name === 'linkHtml') {
    const target = element.attribute('href') ?? '';
    // Scripts and files of the machine that reads are not followed from a stranger's chart.
    if (!/^(https?:|mailto:|#)/i.test(target)) return wrapped('span', element);
    return `<a href="${escaped(target)}">${inside(element)}</a>`;
  }
  if (name === 'renderMultiMedia') {
    return `<span>[${escaped(element.attribute('referencedObject') ?? 'media')}]</span>`;
  }
  const tag = names[name];
  return tag === undefined ? inside(element) : wrapped(tag, element);
}

function wrapped(tag: string, element: XmlElement): string {
  let attributes = '';
  const id = element.attribute('ID');
  if (id !== undefined) attributes += ` id="${escaped(id)}"`;
  for (const span of spans) {
    const value = element.attribute(span);
    if (value !== undefined && /^\d{1,4}$/.test(value)) attributes += ` ${span}="${value}"`;
  }
  const content = inside(element);
  return content === '' ? `<${tag}${attributes}/>` : `<${tag}${attributes}>${content}</${tag}>`;
}

const special = /[&<>"]/;

function escaped(text: string): string {
  if (!special.test(text)) return text;
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

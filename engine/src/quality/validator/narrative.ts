import type { XmlElement } from '../../formats/xml/element.ts';
import { readXml } from '../../formats/xml/reader.ts';

const words = (list: string): ReadonlySet<string> => new Set(list.split(/\s+/));

/** Elements that a narrative may have: HTML 4.0 chapters 7 to 11 but 4, and 15, `a` and images (R4 §2.19.2). */
const elements = words(
  `p br div h1 h2 h3 h4 h5 h6 a span b em i strong small big tt dfn q var abbr acronym cite
   blockquote hr address bdo kbd sub sup ul ol li dl dt dd pre table caption colgroup col thead tr
   tfoot tbody th td code samp img map area ins del u s strike font center`,
);

const attributes = words(
  `title style class id lang xml:lang dir accesskey tabindex span width align valign char charoff
   abbr axis headers scope rowspan colspan href rel rev charset type hreflang target name src alt longdesc
   height usemap ismap cite datetime border frame rules cellpadding cellspacing summary bgcolor color
   nowrap compact clear start value shape coords nohref size face noshade xml:space idref`,
);

const rules = { namespaces: new Map([['http://www.w3.org/1999/xhtml', '']]), maxDepth: 120 };

/**
 * What is wrong with the XHTML of a narrative (R4 §2.19.2): not well formed, active, or empty. There is no
 * document type, so entities are XML's own five: `&nbsp;` is declared nowhere (XML 1.0 §4.1).
 */
export function narrativeProblem(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'value-format';
  const roots = readXml(value, rules);
  if ('code' in roots) return 'narrative-not-xhtml';
  const [div] = roots;
  if (roots.length !== 1 || div?.name !== 'div') return 'narrative-not-xhtml';
  if (!/^\s*<div[^>]*\sxmlns\s*=\s*["']http:\/\/www\.w3\.org\/1999\/xhtml["']/.test(value)) {
    return 'narrative-namespace';
  }
  return elementProblem(div) ?? (hasContent(div) ? undefined : 'txt-2');
}

function elementProblem(element: XmlElement): string | undefined {
  if (!elements.has(element.name)) return 'txt-1';
  for (const name of element.attributeNames()) {
    if (name !== 'xmlns' && !name.startsWith('xmlns:') && !attributes.has(name)) return 'txt-1';
  }
  for (const name of ['href', 'src']) {
    if (/^\s*(?:javascript|vbscript):/i.test(element.peek(name) ?? '')) return 'txt-1';
  }
  for (const child of element.elements()) {
    const problem = elementProblem(child);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function hasContent(element: XmlElement): boolean {
  return element.content.some((each) =>
    typeof each === 'string' ? each.trim() !== '' : each.name === 'img' || hasContent(each),
  );
}

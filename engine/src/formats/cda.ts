import type { XmlElement } from './xml/element.ts';
import { xmlText } from './xml/encoding.ts';
import { readXml } from './xml/reader.ts';
import type { XmlProblem } from './xml/reader.ts';

/** Namespaces of clinical documents; that of CDA itself is told by no prefix. */
const namespaces = new Map([
  ['urn:hl7-org:v3', ''],
  ['urn:hl7-org:sdtc', 'sdtc'],
  ['http://www.w3.org/2001/XMLSchema-instance', 'xsi'],
]);

/** Deeper than any document that is one: the deepest known has about forty. */
const maxDepth = 200;

/** A clinical document, or a fragment of one: the elements at its top. */
export function parseCda(bytes: Uint8Array): XmlElement[] | XmlProblem {
  const text = xmlText(bytes);
  if (text === undefined) return { code: 'xml-encoding', offset: 0 };
  return readXml(text, { namespaces, maxDepth });
}

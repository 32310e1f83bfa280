import type { Json, JsonObject } from '../../base/json.ts';
import type { XmlElement } from '../xml/element.ts';
import { xmlText } from '../xml/encoding.ts';
import { readXml, type XmlProblem } from '../xml/reader.ts';

const namespaces = new Map([
  ['http://hl7.org/fhir', ''],
  ['http://www.w3.org/1999/xhtml', 'xhtml'],
]);
/** Deeper than any resource that is one. */
const maxDepth = 200;

/**
 * A resource in XML (FHIR §2.6.1) as JSON, of any version: an element that is there once stands
 * alone, more of them are a list, and numbers are texts, since only the definitions of a version tell
 * them apart. `toR4` gives each the shape that R4 has.
 */
export function readUntypedXml(
  bytes: Uint8Array,
): { resource: JsonObject } | XmlProblem | undefined {
  const text = xmlText(bytes);
  if (text === undefined) return { code: 'xml-encoding', offset: 0 };
  const roots = readXml(text, { namespaces, maxDepth });
  if ('code' in roots) return roots;
  const [root] = roots;
  return root === undefined || !isResourceName(root.name)
    ? undefined
    : { resource: resourceOf(root) };
}

function isResourceName(name: string): boolean {
  return /^[A-Z][A-Za-z]+$/.test(name);
}

function resourceOf(element: XmlElement): JsonObject {
  return { resourceType: element.name, ...membersOf(element) };
}

function membersOf(element: XmlElement): JsonObject {
  const members: JsonObject = {};
  for (const name of ['id', 'url']) {
    const value = element.peek(name);
    if (value !== undefined) members[name] = value;
  }
  for (const [name, children] of Map.groupBy(element.elements(), (child) => child.name)) {
    if (name === 'xhtml:div') members['div'] = children.map(xhtml).join('');
    else addMember(members, name, children);
  }
  return members;
}

/** Values go to one property and what is beside them to another, in step (R4 §2.6.2.3). */
function addMember(members: JsonObject, name: string, children: readonly XmlElement[]): void {
  const read = children.map(valueOf);
  const values = read.map(({ value }) => value ?? null);
  const extras = read.map(({ extra }) => extra ?? null);
  const alone = read.length === 1;
  if (values.some((each) => each !== null)) members[name] = alone ? (values[0] as Json) : values;
  if (extras.some((each) => each !== null)) {
    members[`_${name}`] = alone ? (extras[0] as Json) : extras;
  }
}

function valueOf(element: XmlElement): { value?: Json; extra?: JsonObject } {
  const children = element.elements();
  const [first] = children;
  const written = element.peek('value');
  if (written === undefined && children.some(({ name }) => name !== 'extension')) {
    const held = children.length === 1 && first !== undefined && isResourceName(first.name);
    return { value: held ? resourceOf(first) : membersOf(element) };
  }
  if (written === undefined && element.peek('url') !== undefined) {
    return { value: membersOf(element) };
  }
  const extra = membersOf(element);
  return {
    ...(written !== undefined && { value: scalar(written) }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

/** A truth value of JSON; where R4 has a text, it becomes one again. */
function scalar(text: string): Json {
  if (text === 'true') return true;
  return text === 'false' ? false : text;
}

/** The narrative as it would be in JSON: XHTML without prefixes. */
function xhtml(element: XmlElement): string {
  const name = element.name.replace(/^xhtml:/, '');
  const namespace = name === 'div' ? ' xmlns="http://www.w3.org/1999/xhtml"' : '';
  const attributes = element.attributes
    .filter(([key]) => key !== 'xmlns')
    .map(([key, value]) => ` ${key}="${escaped(value).replaceAll('"', '&quot;')}"`)
    .join('');
  const inner = element.content
    .map((each) => (typeof each === 'string' ? escaped(each) : nested(each)))
    .join('');
  const open = `<${name}${namespace}${attributes}`;
  return inner === '' ? `${open}/>` : `${open}>${inner}</${name}>`;
}

function nested(element: XmlElement): string {
  return xhtml(element).replace(' xmlns="http://www.w3.org/1999/xhtml"', '');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

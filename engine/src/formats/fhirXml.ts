import { JsonNumber, type Json, type JsonObject } from '../base/json.ts';
import { r4Model, type FhirModel, type FhirType } from '../fhirpath/model.ts';
import type { Issue } from '../model/issue.ts';
import { jsonElements, tellableName, type FhirElement } from './fhirElements.ts';
import type { XmlElement } from './xml/element.ts';
import { readXml, type XmlProblem } from './xml/reader.ts';
import { escapeXml } from './xml/writer.ts';

/** A resource, and what in the XML has no place in it. */
export interface ReadResource {
  resource: JsonObject;
  issues: Issue[];
}

const rules = {
  namespaces: new Map([
    ['http://hl7.org/fhir', 'f'],
    ['http://www.w3.org/1999/xhtml', 'h'],
    ['http://www.w3.org/2001/XMLSchema-instance', 'xsi'],
  ]),
  maxDepth: 300,
};

/**
 * A FHIR resource in XML (R4 §2.6.1) as the JSON it would be (§2.6.2), numbers with their digits.
 * Elements that its type does not have stand in the JSON by their names, for a validator or a conversion
 * to tell; issues say what JSON cannot hold: `xml-attribute-unknown`, `xml-element-unknown`,
 * `xml-text-unexpected`, `xml-order-wrong`, `xml-namespace-wrong`.
 * @param model the types of its version; only R4's have their elements in order, so that it is judged
 */
export function readFhirXml(text: string, model: FhirModel = r4Model): ReadResource | XmlProblem {
  const roots = readXml(text.replace(/^\uFEFF/, ''), rules);
  if ('code' in roots) return roots;
  const [root] = roots;
  if (root === undefined || roots.length > 1) return { code: 'xml-not-well-formed', offset: 0 };
  const reader = new ResourceReader(model);
  const resource = reader.resource(root, tellableName(localName(root)));
  return { resource, issues: reader.issues };
}

class ResourceReader {
  readonly issues: Issue[] = [];
  readonly #model: FhirModel;

  constructor(model: FhirModel) {
    this.#model = model;
  }

  resource(element: XmlElement, path: string): JsonObject {
    const name = localName(element);
    const json = Object.create(null) as JsonObject;
    json['resourceType'] = name;
    this.#tell(!element.name.startsWith('f:'), 'xml-namespace-wrong', path);
    const type = this.#model.type(name);
    this.#children(json, element, type?.kind === 'resource' ? type : undefined, path);
    this.#attributes(json, element, [], path);
    return json;
  }

  #tell(wrong: boolean, code: string, path: string): void {
    if (wrong) this.issues.push({ severity: 'error', code, path });
  }

  /** Attributes that are elements in JSON: `id`, and `url` of extensions. */
  #attributes(json: JsonObject, element: XmlElement, kept: readonly string[], path: string): void {
    for (const name of element.attributeNames()) {
      if (name.startsWith('xsi:') || name === 'value') continue;
      if (kept.includes(name)) json[name] = element.peek(name) as string;
      else this.#tell(true, 'xml-attribute-unknown', path);
    }
  }

  #children(json: JsonObject, element: XmlElement, type: FhirType | undefined, path: string): void {
    const known: ReadonlyMap<string, FhirElement> =
      type === undefined ? new Map() : jsonElements(type);
    const order = this.#model === r4Model ? orderOf(known) : undefined;
    let last = -1;
    for (const child of element.content) {
      if (typeof child === 'string') {
        this.#tell(child.trim() !== '', 'xml-text-unexpected', path);
        continue;
      }
      const name = localName(child);
      const at = `${path}.${tellableName(name)}`;
      this.#tell(!/^[fh]:/.test(child.name), 'xml-namespace-wrong', at);
      const place = order?.get(name) ?? last;
      this.#tell(place < last, 'xml-order-wrong', at);
      last = Math.max(last, place);
      this.#child(json, child, known.get(name), at);
    }
  }

  #child(
    json: JsonObject,
    child: XmlElement,
    element: FhirElement | undefined,
    path: string,
  ): void {
    const key = localName(child);
    if (element === undefined) {
      // Of that name JSON has the type of a resource.
      if (key === 'resourceType' && key in json)
        return this.#tell(true, 'xml-element-unknown', path);
      const text = child.peek('value');
      return this.#put(json, key, false, text ?? this.#complex(child, undefined, path));
    }
    const { type, repeats } = element;
    if (type.name === 'xhtml') return this.#put(json, key, repeats, xhtmlText(child));
    if (type.kind === 'primitive') return this.#primitive(json, key, repeats, child, type, path);
    const [inner] = child.elements();
    const isResource = type.name === 'Resource';
    if (isResource && inner !== undefined) {
      return this.#put(json, key, repeats, this.resource(inner, path));
    }
    this.#put(json, key, repeats, this.#complex(child, type, path));
  }

  #complex(child: XmlElement, type: FhirType | undefined, path: string): JsonObject {
    const json = Object.create(null) as JsonObject;
    this.#attributes(json, child, ['id', 'url'], path);
    this.#tell(child.peek('value') !== undefined, 'xml-attribute-unknown', path);
    this.#children(json, child, type, path);
    return json;
  }

  #put(json: JsonObject, key: string, repeats: boolean, value: Json): void {
    const known = json[key];
    if (known === undefined) json[key] = repeats ? [value] : value;
    // An element that does not repeat does so here: JSON says it with a list, which is refused.
    else if (Array.isArray(known)) known.push(value);
    else json[key] = [known, value];
  }

  /** Value and extensions go to two properties; in lists `null` keeps them in step (§2.6.2.3). */
  #primitive(
    json: JsonObject,
    key: string,
    repeats: boolean,
    child: XmlElement,
    type: FhirType,
    path: string,
  ): void {
    const text = child.peek('value');
    const beside = Object.create(null) as JsonObject;
    this.#attributes(beside, child, ['id'], path);
    this.#children(beside, child, this.#model.type('Element'), path);
    const hasBeside = Object.keys(beside).length > 0;
    const besideKey = `_${key}`;
    if (!repeats) {
      if (text !== undefined || !hasBeside)
        this.#put(json, key, false, primitiveOf(text ?? '', type));
      if (hasBeside) this.#put(json, besideKey, false, beside);
      return;
    }
    const before = Array.isArray(json[key]) ? json[key].length : 0;
    this.#put(json, key, true, text === undefined ? null : primitiveOf(text, type));
    if (!hasBeside) return;
    const list = (json[besideKey] ??= []) as Json[];
    while (list.length < before) list.push(null);
    list.push(beside);
  }
}

const orders = new WeakMap<ReadonlyMap<string, FhirElement>, ReadonlyMap<string, number>>();

/** Places of elements in their type, as its definition lists them. */
function orderOf(known: ReadonlyMap<string, FhirElement>): ReadonlyMap<string, number> {
  let order = orders.get(known);
  if (order === undefined) {
    order = new Map([...known.keys()].map((key, at) => [key, at]));
    orders.set(known, order);
  }
  return order;
}

function localName({ name }: XmlElement): string {
  return name.replace(/^[fh]:/, '');
}

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** What is of no number's or boolean's form stays a text, for a validator to tell. */
function primitiveOf(text: string, type: FhirType): Json {
  if (type.system === 'Boolean' && (text === 'true' || text === 'false')) return text === 'true';
  const numeric = type.system === 'Integer' || type.system === 'Decimal';
  return numeric && number.test(text) ? new JsonNumber(text) : text;
}

/** The narrative as its own text, in the namespace of XHTML. */
function xhtmlText(element: XmlElement): string {
  const own = element.name.startsWith('h:') ? ' xmlns="http://www.w3.org/1999/xhtml"' : '';
  return markup(element, own);
}

function markup(element: XmlElement, own: string): string {
  const name = localName(element);
  const attributes = element
    .attributeNames()
    .map((each) => ` ${each}="${escapeXml(element.peek(each) ?? '')}"`);
  const content = element.content.map((each) =>
    typeof each === 'string' ? escapeXml(each) : markup(each, ''),
  );
  const open = `${name}${own}${attributes.join('')}`;
  return content.length === 0 ? `<${open}/>` : `<${open}>${content.join('')}</${name}>`;
}

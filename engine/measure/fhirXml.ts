import { JsonNumber } from '../src/base/json.ts';
import { fhirType, type FhirType } from '../src/fhirpath/model.ts';
import { parseXml, type XmlElement } from './xml.ts';

type FhirJson = { [name: string]: unknown };

/** A FHIR resource in XML (R4 §2.6.1) as the JSON it would be (§2.6.2), numbers with their digits. */
export function resourceFromXml(text: string): FhirJson {
  return resourceOf(parseXml(text));
}

function resourceOf(element: XmlElement): FhirJson {
  const type = fhirType(element.name);
  if (type === undefined) throw new Error(`${element.name} is no R4 resource`);
  return { resourceType: element.name, ...childrenOf(element, type) };
}

function childrenOf(element: XmlElement, type: FhirType): FhirJson {
  const json: FhirJson = {};
  for (const [name, value] of Object.entries(element.attributes)) {
    if (name === 'id' || name === 'url') json[name] = value;
  }
  for (const child of element.children) addChild(json, child, type);
  return json;
}

function addChild(json: FhirJson, child: XmlElement, owner: FhirType): void {
  for (const { name, many, properties } of owner.elements.values()) {
    const property = properties.find(({ key }) => key === child.name);
    if (property === undefined) continue;
    const { key, type } = property;
    if (type.kind !== 'primitive') return put(json, key, many, complexOf(child, type, name));
    return putPrimitive(json, key, many, child, type);
  }
  throw new Error(`${owner.name} has no element ${child.name}`);
}

function complexOf(child: XmlElement, type: FhirType, name: string): FhirJson {
  const [inner] = child.children;
  const holdsResource = name === 'contained' || type.name === 'Resource';
  return holdsResource && inner !== undefined ? resourceOf(inner) : childrenOf(child, type);
}

function put(json: FhirJson, key: string, many: boolean, value: unknown): void {
  if (!many) json[key] = value;
  else ((json[key] ??= []) as unknown[]).push(value);
}

/** Value and extensions go to two properties; in lists `null` keeps them in step. */
function putPrimitive(
  json: FhirJson,
  key: string,
  many: boolean,
  child: XmlElement,
  type: FhirType,
): void {
  const text = type.name === 'xhtml' ? child.source : child.attributes['value'];
  const value = text === undefined ? undefined : primitiveOf(text, type);
  const extra = type.name === 'xhtml' ? {} : childrenOf(child, type);
  const extended = Object.keys(extra).length > 0;
  if (!many) {
    if (value !== undefined) json[key] = value;
    if (extended) json[`_${key}`] = extra;
    return;
  }
  const list = (json[key] ??= []) as unknown[];
  list.push(value ?? null);
  if (extended) {
    const extras = (json[`_${key}`] ??= []) as unknown[];
    while (extras.length < list.length - 1) extras.push(null);
    extras.push(extra);
  }
}

function primitiveOf(text: string, type: FhirType): unknown {
  if (type.system === 'Boolean') return text === 'true';
  return type.system === 'Integer' || type.system === 'Decimal' ? new JsonNumber(text) : text;
}

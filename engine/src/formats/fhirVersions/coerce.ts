import { isJsonObject, JsonNumber, type Json, type JsonObject } from '../../base/json.ts';
import type { FhirType } from '../../fhirpath/model.ts';

/**
 * A value in the shape of an R4 type: what differs between versions all over, told apart by its
 * shape alone. `undefined` where it cannot be in that shape.
 */
export function coerced(
  value: Json,
  type: FhirType,
  renamed: Readonly<Record<string, string>>,
): Json | undefined {
  if (type.kind === 'primitive') return primitive(value, type);
  switch (type.name) {
    case 'CodeableConcept':
      return conceptOf(value);
    case 'Coding':
      return codingOf(value);
    case 'Reference':
      return referenceOf(value, renamed);
    case 'CodeableReference':
      return codeableReferenceOf(value);
    case 'Money':
      return type.elements.has('currency') ? moneyOf(value) : quantityOfMoney(value);
    case 'Quantity':
      return quantityOfMoney(value);
    case 'Annotation':
    case 'Narrative':
      return typeof value === 'string' && type.name === 'Annotation' ? { text: value } : value;
    case 'Identifier':
      return typeof value === 'string' ? { value } : value;
    case 'Period':
      return typeof value === 'string' ? { start: value } : value;
    default:
      return value;
  }
}

/** XML has no numbers and no truth values: what a text says in the type that is asked for. */
function primitive(value: Json, type: FhirType): Json | undefined {
  if (isJsonObject(value)) {
    const { reference, concept, value: inner } = value;
    if (typeof reference === 'string') return reference;
    if (isJsonObject(reference) && typeof reference['reference'] === 'string') {
      return reference['reference'];
    }
    if (type.name === 'code') return codeOf(isJsonObject(concept) ? concept : value);
    if (/^(uri|url|canonical|string|markdown)$/.test(type.name) && typeof inner === 'string')
      return inner;
    return undefined;
  }
  if (Array.isArray(value)) return undefined;
  if (typeof value !== 'string') {
    if (type.system !== 'String') return value;
    return value instanceof JsonNumber ? value.text : String(value);
  }
  if (type.system === 'Boolean')
    return value === 'true' ? true : value === 'false' ? false : undefined;
  if (type.system !== 'Integer' && type.system !== 'Decimal') return value;
  return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value) ? new JsonNumber(value) : undefined;
}

function codeOf({ coding, code }: JsonObject): Json | undefined {
  if (typeof code === 'string') return code;
  const [first] = Array.isArray(coding) ? coding : [coding];
  const inner = isJsonObject(first) ? first['code'] : undefined;
  return typeof inner === 'string' ? inner : undefined;
}

function conceptOf(value: Json): Json | undefined {
  if (typeof value === 'string') return { coding: [{ code: value }] };
  if (!isJsonObject(value)) return undefined;
  if (value['coding'] !== undefined || value['text'] !== undefined) return value;
  const { concept, reference } = value;
  if (isJsonObject(concept)) return concept;
  if (reference !== undefined) return undefined;
  if (value['code'] === undefined && value['display'] === undefined) return value;
  const { extension, id, ...coding } = value;
  return {
    ...(id !== undefined && { id }),
    ...(extension !== undefined && { extension }),
    coding: [coding],
  };
}

function codingOf(value: Json): Json | undefined {
  if (typeof value === 'string') return { code: value };
  if (!isJsonObject(value)) return undefined;
  const { coding } = value;
  if (coding === undefined) return value['text'] === undefined ? value : undefined;
  return (Array.isArray(coding) ? coding[0] : coding) ?? undefined;
}

/** References to what is called otherwise in R4 follow it. */
function referenceOf(value: Json, renamed: Readonly<Record<string, string>>): Json | undefined {
  if (typeof value === 'string') return { reference: renamedReference(value, renamed) };
  if (!isJsonObject(value)) return undefined;
  const { reference } = value;
  if (isJsonObject(reference)) return referenceOf(reference, renamed);
  if (typeof reference === 'string') {
    return { ...value, reference: renamedReference(reference, renamed) };
  }
  if (value['concept'] !== undefined || value['coding'] !== undefined) return undefined;
  if (value['value'] !== undefined && value['identifier'] === undefined)
    return { identifier: value };
  return value;
}

/** A reference whose resource is called otherwise now. */
export function renamedReference(text: string, renamed: Readonly<Record<string, string>>): string {
  return text.replace(
    /(^|\/)([A-Z][A-Za-z]+)(?=\/[A-Za-z0-9.-]{1,64}(?:\/_history\/[^/]+)?$)/,
    (whole, before: string, name: string) =>
      Object.hasOwn(renamed, name) ? `${before}${renamed[name]}` : whole,
  );
}

/** R5 has one type for a concept, a reference, or both. */
function codeableReferenceOf(value: Json): Json | undefined {
  if (!isJsonObject(value) || value['concept'] !== undefined) return value;
  if (isJsonObject(value['reference'])) return value;
  if (value['coding'] !== undefined || value['text'] !== undefined) return { concept: value };
  const isReference = ['reference', 'identifier', 'display'].some(
    (name) => value[name] !== undefined,
  );
  return isReference ? { reference: value } : undefined;
}

/** Money as the quantity that it was: its unit is the currency. */
function quantityOfMoney(value: Json): Json | undefined {
  if (!isJsonObject(value) || value['currency'] === undefined) return value;
  const { currency, ...rest } = value;
  return { ...rest, code: currency, system: 'urn:iso:std:iso:4217' };
}

/** Money was a quantity, whose code is the currency. */
function moneyOf(value: Json): Json | undefined {
  if (!isJsonObject(value)) return undefined;
  if (value['currency'] !== undefined) return value;
  const { code, unit, system: _, ...rest } = value;
  const currency = code ?? unit;
  return { ...rest, ...(currency !== undefined && { currency }) };
}

import { JsonNumber } from '../base/json.ts';
import { isInteger, isNumeric, parseDecimal, type Numeric } from './decimal.ts';
import { fhirType, type FhirType, type SystemName } from './model.ts';
import { Quantity, ucumSystem } from './quantity.ts';
import { systemNameOf, type StaticType } from './staticType.ts';
import { Temporal } from './temporal.ts';
import type { FhirObject, Value } from './value.ts';

/**
 * A FHIR element that the JSON alone does not describe: one whose type is known only at run time,
 * or a primitive with an id or extensions (`extra`, the property with the underscore). All others
 * stand for themselves, so that the common case costs nothing.
 */
export class FhirElement {
  /** `undefined` for a resource of a type that R4 does not have. */
  readonly type: FhirType | undefined;
  /** JSON; `undefined` for a primitive that has only extensions. */
  readonly value: unknown;
  readonly extra: FhirObject | undefined;

  constructor(type: FhirType | undefined, value: unknown, extra?: FhirObject) {
    this.type = type;
    this.value = value;
    this.extra = extra;
  }
}

/** What `type()` yields (FHIRPath N1 §10.2, SimpleTypeInfo). */
export class TypeInfo {
  readonly namespace: string;
  readonly name: string;

  constructor(namespace: string, name: string) {
    this.namespace = namespace;
    this.name = name;
  }
}

/** An item of a collection. */
export type Item = Value | FhirElement;

export function isObject(value: unknown): value is FhirObject {
  return typeof value === 'object' && value !== null;
}

/** The JSON or System value of an item; `undefined` for a primitive without one. */
export function unwrap(item: Item): Value | undefined {
  return item instanceof FhirElement ? ((item.value ?? undefined) as Value | undefined) : item;
}

/** The item with its type: needed where different types come together. */
export function box(item: Item, type: FhirType): FhirElement {
  return item instanceof FhirElement ? item : new FhirElement(type, item);
}

/** A resource, with the type that it names. */
export function boxResource(value: unknown): FhirElement {
  const name = isObject(value) ? value['resourceType'] : undefined;
  return new FhirElement(typeof name === 'string' ? fhirType(name) : undefined, value);
}

/** Turns items of a static type into items that carry their type; `undefined`: they do already. */
export function boxing(type: StaticType): ((item: Item) => Item) | undefined {
  if (type.kind !== 'fhir') return undefined;
  const { type: own } = type;
  return (item) => box(item, own);
}

/**
 * The System value of FHIR JSON of a known type. What does not convert (a complex type, a bad
 * date) is given back as it is, and an operator that needs more will say so.
 */
export function toSystem(json: unknown, system: SystemName | undefined): Value | undefined {
  if (json === undefined || json === null) return undefined;
  switch (system) {
    case 'Integer':
    case 'Decimal':
      return json instanceof JsonNumber ? numberOf(json, system === 'Integer') : (json as Value);
    case 'Date':
      return typeof json === 'string' ? new Temporal('date', json) : (json as Value);
    case 'DateTime':
      return typeof json === 'string' ? new Temporal('dateTime', json) : (json as Value);
    case 'Time':
      return typeof json === 'string' ? new Temporal('time', json) : (json as Value);
    case 'Quantity':
      return quantityOf(json) ?? (json as Value);
    case 'String':
    case 'Boolean':
    case undefined:
      return json as Value;
  }
}

function numberOf(number: JsonNumber, integer: boolean): Numeric {
  if (integer) {
    const value = Number(number.text);
    if (Number.isSafeInteger(value)) return value;
  }
  return parseDecimal(number.text, integer) ?? number;
}

/** FHIR's Quantity as a System one (R4 §2.1.23): the code if it is UCUM's, else the unit. */
function quantityOf(json: unknown): Quantity | undefined {
  if (json instanceof Quantity) return json;
  if (!isObject(json)) return undefined;
  const { value, code, unit, system } = json;
  if (typeof value !== 'number' && !(value instanceof JsonNumber)) return undefined;
  const amount = value instanceof JsonNumber ? numberOf(value, false) : value;
  const name = system === ucumSystem || unit === undefined ? code : unit;
  return new Quantity(amount, typeof name === 'string' ? name : '1');
}

/** The System value of an item that may carry its type. */
export function systemValue(item: Item): Value | undefined {
  return item instanceof FhirElement ? toSystem(item.value, item.type?.system) : item;
}

/** How an item of this static type becomes a System value; `undefined`: it is one already. */
export function conversion(type: StaticType): ((item: Item) => Value | undefined) | undefined {
  if (type.kind === 'system') return undefined;
  if (type.kind !== 'fhir') return systemValue;
  const system = systemNameOf(type);
  if (type.type.kind !== 'primitive' && system === undefined) return undefined;
  if (system === 'String' || system === 'Boolean') return unwrap;
  return (item) => toSystem(item instanceof FhirElement ? item.value : item, system);
}

/** The System type of a value; `undefined` for FHIR objects. */
export function systemNameOfValue(value: Value): SystemName | undefined {
  if (typeof value === 'string') return 'String';
  if (typeof value === 'boolean') return 'Boolean';
  if (isNumeric(value)) return isInteger(value) ? 'Integer' : 'Decimal';
  if (value instanceof Temporal) return temporalNames[value.kind];
  return value instanceof Quantity ? 'Quantity' : undefined;
}

const temporalNames = { date: 'Date', dateTime: 'DateTime', time: 'Time' } as const;

import { listOf } from '../bundleIndex.ts';
import { type FhirJson, textOf } from '../fhirJson.ts';
import type { Walk } from '../walk.ts';

/** The properties that FHIR defines, with their types (R4 §4.8.4). */
const standard: Readonly<Record<string, string>> = {
  inactive: 'boolean',
  deprecated: 'dateTime',
  deprecationDate: 'dateTime',
  retirementDate: 'dateTime',
  notSelectable: 'boolean',
  parent: 'code',
  child: 'code',
};

const standardUri = 'http://hl7.org/fhir/concept-properties#';

/** Keys of `value[x]` by the type of a property. */
const keys: Readonly<Record<string, string>> = {
  code: 'valueCode',
  Coding: 'valueCoding',
  string: 'valueString',
  integer: 'valueInteger',
  boolean: 'valueBoolean',
  dateTime: 'valueDateTime',
  decimal: 'valueDecimal',
};

/** Code systems (R4 §4.8): supplements say that they are, and properties are what they are defined as. */
export function codeSystemRule(system: FhirJson, walk: Walk): void {
  const { supplements, content } = system;
  if (supplements !== undefined && content !== 'supplement')
    walk.error('supplement-content', 'content');
  if (supplements === undefined && content === 'supplement')
    walk.error('supplement-missing', 'supplements');
  const types = propertyTypes(system, walk);
  concepts(listOf(system['concept']), types, walk, 0);
}

function propertyTypes(system: FhirJson, walk: Walk): Map<string, unknown> {
  const types = new Map<string, unknown>();
  for (const [at, { code, type, uri }] of listOf(system['property']).entries()) {
    walk.enter('property', at);
    if (typeof code === 'string') {
      if (types.has(code)) walk.error('property-repeated', 'code');
      types.set(code, type);
    }
    const meant =
      typeof uri === 'string' && uri.startsWith(standardUri) ? uri.slice(standardUri.length) : code;
    const wanted =
      typeof meant === 'string' && Object.hasOwn(standard, meant) ? standard[meant] : undefined;
    if (wanted !== undefined && wanted !== type) walk.error('property-type', 'type');
    walk.leave();
  }
  return types;
}

function concepts(
  list: readonly FhirJson[],
  types: ReadonlyMap<string, unknown>,
  walk: Walk,
  depth: number,
): void {
  if (depth > 100) return;
  for (const [at, concept] of list.entries()) {
    walk.enter('concept', at);
    for (const [index, property] of listOf(concept['property']).entries()) {
      const code = textOf(property['code']);
      const type = types.get(code) ?? (Object.hasOwn(standard, code) ? standard[code] : undefined);
      const key = typeof type === 'string' ? keys[type] : undefined;
      walk.enter('property', index);
      if (type === undefined) walk.error('property-unknown', 'code');
      else if (
        key !== undefined &&
        property[key] === undefined &&
        property[`_${key}`] === undefined
      ) {
        walk.error('property-type', 'value');
      }
      walk.leave();
    }
    concepts(listOf(concept['concept']), types, walk, depth + 1);
    walk.leave();
  }
}

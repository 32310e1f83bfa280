import { single, type Code } from './code.ts';
import type { Place } from './expressionError.ts';
import type { FhirElementDefinition, FhirType } from './model.ts';
import { readChoice, readItem, readItems } from './reading.ts';
import { ofFhirType, type StaticType } from './staticType.ts';
import { compileMany, compileSingle } from './steps.ts';

/** A choice `value[x]`: its items carry their type, unless only one type is asked for. */
export function compileChoice(
  base: Code,
  element: FhirElementDefinition,
  at: Place,
  properties: FhirElementDefinition['properties'] = element.properties,
): Code {
  const narrow = (keep: (type: FhirType) => boolean): Code =>
    compileChoice(
      base,
      element,
      at,
      properties.filter((property) => keep(property.type)),
    );
  const [only] = properties;
  if (only !== undefined && properties.length === 1) {
    return {
      ...step(base, element, ofFhirType(only.type), [only], at),
      narrow: (keep) => (keep(only.type) ? narrow(keep) : narrow(() => false)),
    };
  }
  const type: StaticType = { kind: 'choice', types: properties.map((property) => property.type) };
  return { ...step(base, element, type, properties, at), narrow };
}

function step(
  base: Code,
  element: FhirElementDefinition,
  type: StaticType,
  properties: FhirElementDefinition['properties'],
  at: Place,
): Code {
  const [only] = properties;
  if (only === undefined) return single(type, () => undefined);
  if (properties.length === 1) {
    return element.many
      ? compileMany(base, type, readItems(only.key, only.type), at)
      : compileSingle(base, type, readItem(only.key, only.type, at), at);
  }
  return compileSingle(base, type, readChoice(properties, at), at);
}

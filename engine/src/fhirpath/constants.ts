import { literal, single, type Code } from './code.ts';
import type { Place } from './expressionError.ts';
import { boxing, boxResource, systemNameOfValue } from './item.ts';
import { namedRows } from './relations.ts';
import { unknownName, type Scope } from './scope.ts';
import { anyType, stringType, systemOf, typeNamed } from './staticType.ts';

const fixed: ReadonlyMap<string, string> = new Map([
  ['ucum', 'http://unitsofmeasure.org'],
  ['sct', 'http://snomed.info/sct'],
  ['loinc', 'http://loinc.org'],
]);

/** `%name` (FHIRPath N1 §9, R4 §2.1.23.3); constants of the environment come first. */
export function compileConstant(name: string, scope: Scope, at: Place): Code {
  const { constants } = scope.environment;
  const own = constants?.get(name);
  if (own !== undefined) {
    const system = systemNameOfValue(own);
    if (system !== undefined) return literal(systemOf(system), own);
    const item = boxResource(own);
    return single(anyType, () => item);
  }
  const variable = scope.environment.variables?.get(name);
  if (variable !== undefined) {
    return single(typeNamed(variable.type), (_, frame) => variable.read(frame.context));
  }
  const rows = scope.environment.rows?.get(`%${name}`);
  if (rows !== undefined) return namedRows(rows, at);
  const url = fixed.get(name) ?? prefixed(name);
  if (url !== undefined) return literal(stringType, url);
  switch (name) {
    case 'context':
      return single(scope.input, (_, frame) => frame.input);
    case 'resource':
      return holder(scope, false);
    case 'rootResource':
      return holder(scope, true);
    default: {
      const known = ['context', 'resource', 'rootResource', ...fixed.keys()];
      throw unknownName('constant', name, [...known, ...namesOf(scope)], at);
    }
  }
}

function namesOf({ environment: { constants, variables } }: Scope): string[] {
  return [...(constants?.keys() ?? []), ...(variables?.keys() ?? [])];
}

function prefixed(name: string): string | undefined {
  if (name.startsWith('vs-')) return `http://hl7.org/fhir/ValueSet/${name.slice(3)}`;
  if (name.startsWith('ext-')) return `http://hl7.org/fhir/StructureDefinition/${name.slice(4)}`;
  return undefined;
}

/**
 * `%resource`: the resource that holds the input (R4 §2.1.23.3), which is the input if that is a
 * resource. `%rootResource`: the one that holds a contained one.
 */
function holder(scope: Scope, root: boolean): Code {
  const { input } = scope;
  const isResource = input.kind === 'fhir' && input.type.kind === 'resource';
  if (isResource && !root) return single(input, (_, frame) => frame.input);
  const wrap = boxing(input);
  return single(anyType, (_, { context, input: own }) => {
    const outer = isResource ? context.rootResource : context.resource;
    const resource = root ? (context.rootResource ?? outer) : outer;
    if (resource !== undefined) return boxResource(resource);
    return wrap === undefined ? own : wrap(own);
  });
}

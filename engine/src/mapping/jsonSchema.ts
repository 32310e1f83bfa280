import { z } from 'zod';
import { fhirType, fhirTypeNames, type FhirType } from '../fhirpath/model.ts';
import { jsonElements, type FhirElement } from '../formats/fhirElements.ts';
import { functionKey, withKey } from './functions.ts';
import { mappingShapeWith } from './shape.ts';
import { conditionKey, eachKey, madeByEngine } from './template.ts';

/**
 * JSON Schema (2020-12) of mapping files: their shape, and below `resources` the elements of FHIR R4 with
 * their types. It completes names and catches what is misplaced; whether expressions fit is for the compiler.
 * `words`: the concepts that facts may be about.
 */
export function mappingJsonSchema(words: readonly string[]): object {
  const shape = z.toJSONSchema(mappingShapeWith(words), { io: 'input', reused: 'ref' }) as Schema;
  const types = fhirTypeNames().flatMap((name) => fhirType(name) ?? []);
  const resources = types.filter((one) => one.kind === 'resource' && !one.abstract);
  const templates = types
    .filter(({ name, kind, abstract }) => (kind !== 'primitive' && !abstract) || name === 'Element')
    .map((type): [string, Schema] => [type.name, templateOf(type)]);
  return {
    ...shape,
    title: 'A mapping',
    properties: { ...shape.properties, resources: resourcesOf(resources, shape) },
    $defs: { ...shape.$defs, ...scalars, ...Object.fromEntries(templates) },
  };
}

/** As much of JSON Schema as is written here. */
interface Schema {
  description?: string;
  type?: string | readonly string[];
  $ref?: string;
  anyOf?: readonly Schema[];
  not?: Schema;
  minLength?: number;
  properties?: Readonly<Record<string, Schema>>;
  patternProperties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  minProperties?: number;
  $defs?: Readonly<Record<string, Schema>>;
}

function refer(name: string): Schema {
  return { $ref: `#/$defs/${name}` };
}

const expression: Schema = { type: 'string', minLength: 1 };

/** Definitions whose names no type of FHIR has. */
const scalars: Readonly<Record<string, Schema>> = {
  $value: {
    description: 'FHIRPath over the row, or =text for a literal.',
    anyOf: [{ type: ['string', 'number', 'boolean'], minLength: 1 }, refer('$call')],
  },
  $call: {
    description: 'Made by a function in TypeScript beside the mapping.',
    type: 'object',
    properties: callKeys(),
    required: [functionKey],
    additionalProperties: false,
  },
  $condition: { ...expression, description: 'A condition: it is made only where this is true.' },
  $each: { ...expression, description: 'Rows, for each of which an item of the list is made.' },
};

function callKeys(): Record<string, Schema> {
  return {
    [functionKey]: { ...expression, description: 'Its file and name, sig.ts#dosage.' },
    [withKey]: { description: 'What it is given: an expression for each name.', type: 'object' },
    [conditionKey]: refer('$condition'),
  };
}

function resourcesOf(types: readonly FhirType[], shape: Schema): Schema {
  const { description = '' } = shape.properties?.['resources'] ?? {};
  const named = types.map(({ name }) => [name, refer(name)] as const);
  const labelled = types.map(({ name }) => [`^${name}#[A-Za-z0-9-]+$`, refer(name)] as const);
  return {
    description,
    type: 'object',
    minProperties: 1,
    properties: Object.fromEntries(named),
    patternProperties: Object.fromEntries(labelled),
    additionalProperties: false,
  };
}

function templateOf(type: FhirType): Schema {
  const elements = [...jsonElements(type)].filter(
    ([name]) => !name.startsWith('_') && (type.kind !== 'resource' || !madeByEngine.has(name)),
  );
  return {
    type: 'object',
    properties: {
      ...callKeys(),
      ...(type.kind !== 'resource' && { [eachKey]: refer('$each') }),
      ...Object.fromEntries(elements.map(([name, element]) => [name, elementOf(element)])),
    },
    // What stands beside a primitive (R4 §2.6.2): one rule for all, or the schema is twice as large.
    patternProperties: { '^_[a-z]': { type: ['object', 'array'] } },
    additionalProperties: false,
  };
}

function elementOf({ type, repeats }: FhirElement): Schema {
  const single = valueOf(type);
  return repeats ? { anyOf: [{ type: 'array', items: single }, refer('$call')] } : single;
}

function valueOf(type: FhirType): Schema {
  if (type.kind === 'primitive') return refer('$value');
  // What a contained resource is, it says itself.
  if (type.kind === 'resource') return { type: 'object', required: ['resourceType'] };
  if (type.name === 'Reference') return { anyOf: [expression, refer('Reference')] };
  return refer(type.name);
}

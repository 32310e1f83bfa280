import { ExpressionError, DataIssue, nearestName } from '../fhirpath/expressionError.ts';
import type { Place } from '../fhirpath/expressionError.ts';
import type { FunctionDefinition } from '../fhirpath/environment.ts';
import type { FhirObject, Value } from '../fhirpath/value.ts';
import { textOf } from '../fhirpath/value.ts';
import { keySeparator } from '../model/record.ts';
import { Memo } from './memo.ts';
import { literal } from './rowFunctions.ts';
import type { Work } from './work.ts';

/** Stable ids of resources, from the keys of the records that they are made of. */
export interface Identities {
  /** The 32-byte tag of a source key: an HMAC under the project key. */
  identify(stream: string, key: string): Buffer;
  /** 26 characters of base32 for one resource made of the record with that tag. */
  stableId(tag: Buffer, resource: string): string;
}

/** Names of the resources that each mapped stream yields; empty for a lookup. */
export type ResourceNames = ReadonlyMap<string, readonly string[]>;

/** Resources that a mapping refers to, by their stream. */
export type ReferredResources = Map<string, Set<string>>;

/** How many referenced keys are remembered: facilities and practitioners come again and again. */
const remembered = 100_000;

/** A reference by source key, as an object of FHIR with nothing but its target. */
export interface LogicalReference extends FhirObject {
  readonly reference: string;
}

export function isLogicalReference(value: Value): value is LogicalReference {
  return typeof value === 'object' && 'reference' in value && typeof value.reference === 'string';
}

/**
 * `.reference('stream')` and `.reference('stream', 'Type#label')`; what is referred to is
 * added to `referred`.
 */
export function referenceFunction(
  names: ResourceNames,
  identities: Identities,
  referred: ReferredResources,
): FunctionDefinition {
  return {
    name: 'reference',
    summary: 'A reference to the resource made of the record with this key in another stream.',
    example: "fac_id.reference('clinic.facility')",
    input: ['String', 'Integer', 'Decimal'],
    parameters: [
      { name: 'stream', summary: 'The stream that has the key.', type: 'String', literal: true },
      {
        name: 'resource',
        summary: 'Which of the resources of that stream is meant, where it yields several.',
        type: 'String',
        literal: true,
        optional: true,
      },
    ],
    result: 'Reference',
    prepare([stream, resource], at) {
      const name = resourceName(names, stream as string, resource as string | undefined, at);
      const made = referred.get(stream as string) ?? new Set();
      referred.set(stream as string, made.add(name));
      const resolve = resolver(stream as string, name, identities);
      return (input) => resolve(textOf(input as Value) as string, at);
    },
  };
}

function resolver(
  stream: string,
  name: string,
  identities: Identities,
): (key: string, at: Place) => LogicalReference {
  const memo = new Memo<LogicalReference>(remembered);
  const type = resourceType(name);
  return (key, at) => {
    const known = memo.get(key);
    if (known !== undefined) return known;
    if (key === '') throw new DataIssue('reference-key-empty', 'a key without characters', at);
    const id = identities.stableId(identities.identify(stream, key), name);
    const made = { reference: `${type}/${id}` };
    memo.set(key, made);
    return made;
  };
}

/** The FHIR type of a resource's name: what stands before `#`. */
export function resourceType(name: string): string {
  const label = name.indexOf('#');
  return label === -1 ? name : name.slice(0, label);
}

function resourceName(
  names: ResourceNames,
  stream: string,
  resource: string | undefined,
  at: Place,
): string {
  const made = names.get(stream);
  if (made === undefined) {
    const near = nearestName(stream, names.keys());
    throw new ExpressionError('literal-invalid', `no mapping is for stream '${stream}'`, at, near);
  }
  if (made.length === 0) {
    const problem = `stream '${stream}' is a lookup and makes no resource to refer to`;
    throw new ExpressionError('literal-invalid', problem, at);
  }
  if (resource !== undefined) {
    if (made.includes(resource)) return resource;
    const problem = `stream '${stream}' makes no '${resource}'`;
    const near = nearestName(resource, made) ?? made.join("' or '");
    throw new ExpressionError('literal-invalid', problem, at, near);
  }
  if (made.length === 1) return made[0] as string;
  const problem = `stream '${stream}' makes ${made.join(', ')}: say which is meant`;
  throw new ExpressionError('literal-needed', problem, at);
}

/** `key(a, b)`: the source key of a stream whose key has several columns. */
export const keyFunction: FunctionDefinition = {
  name: 'key',
  summary: 'A key of several columns, for a reference; empty when one of them is.',
  example: "key(fac_id, bed_no).reference('clinic.bed')",
  input: 'none',
  parameters: [
    { name: 'part', summary: 'The columns of the key in order.', type: 'any', repeated: true },
  ],
  result: 'String',
  prepare:
    () =>
    (_input, _context, ...parts) => {
      if (parts.includes(undefined)) return undefined;
      return parts.map((part) => textOf(part as Value)).join(keySeparator);
    },
};

/** `link('Medication')`: another resource of the same record. */
export function linkFunction(names: readonly string[], identities: Identities): FunctionDefinition {
  return {
    name: 'link',
    summary: 'A reference to another resource that the same record, or group, yields.',
    example: "link('Medication')",
    input: 'none',
    parameters: [literal('resource', 'Its name under resources: Type or Type#label.')],
    result: 'Reference',
    prepare([name], at) {
      if (!names.includes(name as string)) {
        const near = nearestName(name as string, names);
        const problem = `this mapping makes no '${name as string}'`;
        throw new ExpressionError('literal-invalid', problem, at, near);
      }
      const type = resourceType(name as string);
      return (_input, { services }) => {
        const id = identities.stableId((services as Work).tag, name as string);
        return { reference: `${type}/${id}` };
      };
    },
  };
}

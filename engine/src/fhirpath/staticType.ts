import type { ColumnType } from '../model/stream.ts';
import { fhirType, systemType, type FhirType, type SystemName } from './model.ts';

/**
 * What is known of the items of an expression before it runs. Items of a `fhir` type are plain
 * JSON, since the type is known; items of a `choice` or of `any` type carry theirs with them.
 */
export type StaticType =
  | { readonly kind: 'empty' }
  | { readonly kind: 'system'; readonly name: SystemName }
  | { readonly kind: 'fhir'; readonly type: FhirType }
  | { readonly kind: 'choice'; readonly types: readonly FhirType[] }
  | { readonly kind: 'any' }
  | { readonly kind: 'row'; readonly columns: RowColumns };

export interface ColumnPlace {
  readonly index: number;
  readonly type: ColumnType;
}

/** The columns of rows, by name. */
export interface RowColumns {
  /** What the rows are of, as the author knows it: `clinic.facility`. */
  readonly of: string;
  readonly places: ReadonlyMap<string, ColumnPlace>;
  /** Told of every column that an expression reads. */
  readonly reads: Set<string>;
}

export const anyType: StaticType = { kind: 'any' };
export const emptyType: StaticType = { kind: 'empty' };

export function systemOf(name: SystemName): StaticType {
  return { kind: 'system', name };
}

export const booleanType = systemOf('Boolean');
export const stringType = systemOf('String');
export const integerType = systemOf('Integer');
export const decimalType = systemOf('Decimal');
export const quantityType = systemOf('Quantity');

/** The static type of a declared type name; an abstract or unknown one tells nothing. */
export function typeNamed(name: string): StaticType {
  const system = systemType(name);
  if (system !== undefined && name !== 'Quantity') return systemOf(system);
  if (name === 'Quantity') return quantityType;
  const type = fhirType(name);
  return type === undefined ? anyType : ofFhirType(type);
}

/** Items of an abstract type (`Resource`) carry their own. */
export function ofFhirType(type: FhirType): StaticType {
  return type.abstract ? anyType : { kind: 'fhir', type };
}

/** The System type that the items convert to; `undefined` if there is none or it is not known. */
export function systemNameOf(type: StaticType): SystemName | undefined {
  if (type.kind === 'system') return type.name;
  return type.kind === 'fhir' ? type.type.system : undefined;
}

/** Whether nothing is known that would decide about an operator. */
export function isOpen(type: StaticType): boolean {
  return type.kind === 'any' || type.kind === 'empty' || type.kind === 'choice';
}

/** The type as the author of an expression knows it. */
export function typeName(type: StaticType): string {
  switch (type.kind) {
    case 'system':
      return type.name;
    case 'fhir':
      return type.type.name;
    case 'choice':
      return type.types.map(({ name }) => name).join(' | ');
    case 'empty':
      return 'nothing';
    case 'row':
      return `a row of ${type.columns.of}`;
    case 'any':
      return 'any type';
  }
}

const widenings: Readonly<Partial<Record<SystemName, readonly SystemName[]>>> = {
  Integer: ['Decimal', 'Quantity'],
  Decimal: ['Quantity'],
  Date: ['DateTime'],
};

/** Whether a value of `from` may stand where `to` is wanted (FHIRPath N1 §5.5, implicit). */
export function converts(from: SystemName, to: SystemName): boolean {
  return from === to || widenings[from]?.includes(to) === true;
}

/** Whether items of this type can be given where the System type is wanted. */
export function fits(type: StaticType, wanted: SystemName): boolean {
  switch (type.kind) {
    case 'any':
    case 'empty':
      return true;
    case 'row':
      return false;
    case 'choice':
      return type.types.some(({ system }) => system !== undefined && converts(system, wanted));
    case 'system':
    case 'fhir': {
      const system = systemNameOf(type);
      return system !== undefined && converts(system, wanted);
    }
  }
}

/** Whether two types are the same, so that their items can stand in one collection as they are. */
export function isSame(left: StaticType, right: StaticType): boolean {
  if (left.kind === 'system') return right.kind === 'system' && left.name === right.name;
  if (left.kind === 'fhir') return right.kind === 'fhir' && left.type === right.type;
  return left.kind === 'any' && right.kind === 'any';
}

/** The type of a collection that holds items of both; items must then carry their type. */
export function joined(left: StaticType, right: StaticType): StaticType {
  if (left.kind === 'empty') return right;
  if (right.kind === 'empty' || isSame(left, right)) return left;
  return anyType;
}

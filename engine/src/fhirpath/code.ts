import type { EvaluationContext } from './environment.ts';
import { DataIssue, type Place } from './expressionError.ts';
import { conversion, type Item } from './item.ts';
import type { FhirType } from './model.ts';
import { systemNameOf, type StaticType } from './staticType.ts';
import type { Value } from './value.ts';

/** What one evaluation carries beside the focus. */
export interface Frame {
  readonly context: EvaluationContext;
  /** The whole input: `%context`. */
  readonly input: Item;
  /** `$index` and `$total`, set by the functions that define them. */
  index: number;
  total: readonly Item[];
}

/** `focus` is `$this`: the input, or the item a criterion is applied to. For rows, the row. */
export type One = (focus: Item, frame: Frame) => Item | undefined;
export type Many = (focus: Item, frame: Frame) => readonly Item[];
export type Truth = (focus: Item, frame: Frame) => boolean | undefined;

/**
 * A compiled part of an expression. `one` and `many` say the same thing in two ways; where the
 * static cardinality is at most one, nothing allocates an array.
 */
export interface Code {
  readonly type: StaticType;
  readonly singleton: boolean;
  readonly one: One;
  readonly many: Many;
  /** The first item, found without collecting the others; only where that is cheaper. */
  readonly first?: One;
  /** It is the focus itself. */
  readonly isFocus?: true;
  /** The order of its items means nothing. */
  readonly unordered?: boolean;
  /** It is this literal. */
  readonly literal?: Value;
  /** For a choice: the same read limited to some types, so that no other is looked for. */
  readonly narrow?: (keep: (type: FhirType) => boolean) => Code;
}

export const none: readonly Item[] = [];

/** Code that yields at most one item. */
export function single(type: StaticType, one: One, more: Partial<Code> = {}): Code {
  const many: Many = (focus, frame) => {
    const item = one(focus, frame);
    return item === undefined ? none : [item];
  };
  return { type, singleton: true, one, many, ...more };
}

/** Code that yields any number of items; asked for the only one, several are a data issue. */
export function several(type: StaticType, many: Many, at: Place, more: Partial<Code> = {}): Code {
  const one: One = (focus, frame) => onlyOf(many(focus, frame), at);
  return { type, singleton: false, one, many, ...more };
}

export function onlyOf(items: readonly Item[], at: Place): Item | undefined {
  if (items.length > 1) {
    throw new DataIssue('many-items', 'several items where one is needed; use first()', at);
  }
  return items[0];
}

export function literal(type: StaticType, value: Value): Code {
  return single(type, () => value, { literal: value });
}

export function nothing(type: StaticType): Code {
  return { type, singleton: true, one: () => undefined, many: () => none };
}

/** The first item, by the cheapest way there is. */
export function firstOf(code: Code): One {
  if (code.singleton) return code.one;
  const { many } = code;
  return code.first ?? ((focus, frame) => many(focus, frame)[0]);
}

/** The only item as a System value (or FHIR object, where it does not convert). */
export function operand(code: Code): (focus: Item, frame: Frame) => Value | undefined {
  const convert = conversion(code.type);
  const { one } = code;
  if (convert === undefined) return one as (focus: Item, frame: Frame) => Value | undefined;
  return (focus, frame) => {
    const item = one(focus, frame);
    return item === undefined ? undefined : convert(item);
  };
}

/** All items as System values; a primitive without a value is left out. */
export function operands(code: Code): (focus: Item, frame: Frame) => readonly Value[] {
  const convert = conversion(code.type);
  const { many } = code;
  if (convert === undefined) return many as (focus: Item, frame: Frame) => readonly Value[];
  return (focus, frame) => {
    const values: Value[] = [];
    for (const item of many(focus, frame)) {
      const value = convert(item);
      if (value !== undefined) values.push(value);
    }
    return values;
  };
}

/** Singleton evaluation (FHIRPath N1 §4.5): a boolean is itself, any other item is true. */
export function truth(code: Code): Truth {
  const value = operand(code);
  if (systemNameOf(code.type) === 'Boolean') return value as Truth;
  return (focus, frame) => {
    const item = value(focus, frame);
    return item === undefined || typeof item === 'boolean' ? item : true;
  };
}

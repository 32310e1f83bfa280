/**
 * The signature of a function that a mapping names (`$function: sig.ts#dosage`). Values in, values out:
 * it is given what the mapping's `$with` names and returns the JSON of a resource or of an element.
 *
 * @example
 * ```ts
 * import type { MappingFunction } from '@handover/engine/mapping-function';
 *
 * export const dosage: MappingFunction<{ sig: string; units?: string }> = ({ sig, units }) =>
 *   units === undefined ? { text: sig } : { text: sig, doseAndRate: [{ doseQuantity: { value: units } }] };
 * ```
 */
export type MappingFunction<Arguments extends MappingArguments = MappingArguments> = (
  values: Readonly<Arguments>,
) => MappingResult | undefined;

/** By the names of `$with`. An expression that yields nothing is absent. */
export interface MappingArguments {
  [name: string]: MappingArgument | readonly MappingArgument[] | undefined;
}

/**
 * A value of an expression. Numbers and dates are texts, with the digits and the precision they came
 * with. An expression that may yield several items gives a list of them.
 */
export type MappingArgument = string | boolean | { readonly reference: string };

/**
 * JSON in the shape of FHIR R4, without `id`. A text may stand for a number, so that `'0.50'` keeps its
 * digits. A relative reference must be one that came in `$with`.
 */
export type MappingResult =
  | string
  | number
  | boolean
  | readonly MappingResult[]
  | { readonly [element: string]: MappingResult | undefined };

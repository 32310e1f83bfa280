import { numberText } from './primitives.ts';
import { isObject } from './fhirJson.ts';

/** Whether a value is the fixed one, nothing more and nothing less (R4 §5.1, ElementDefinition.fixed). */
export function isFixed(value: unknown, fixed: unknown): boolean {
  if (Array.isArray(fixed)) {
    return (
      Array.isArray(value) &&
      value.length === fixed.length &&
      fixed.every((each, at) => isFixed(value[at], each))
    );
  }
  if (isObject(fixed)) {
    if (!isObject(value)) return false;
    const keys = Object.keys(value);
    return (
      keys.length === Object.keys(fixed).length &&
      keys.every((key) => isFixed(value[key], fixed[key]))
    );
  }
  return isSame(value, fixed);
}

/** Whether a value has all that the pattern has (ElementDefinition.pattern); of lists, some item each. */
export function fitsPattern(value: unknown, pattern: unknown): boolean {
  if (Array.isArray(pattern)) {
    return (
      Array.isArray(value) && pattern.every((each) => value.some((item) => fitsPattern(item, each)))
    );
  }
  if (isObject(pattern)) {
    return (
      isObject(value) && Object.keys(pattern).every((key) => fitsPattern(value[key], pattern[key]))
    );
  }
  return isSame(value, pattern);
}

function isSame(value: unknown, wanted: unknown): boolean {
  if (value === wanted) return true;
  const digits = numberText(value);
  return digits !== undefined && digits === numberText(wanted);
}

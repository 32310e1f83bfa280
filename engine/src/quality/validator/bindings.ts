import type { Membership, Terminology } from './codes/terminology.ts';
import type { Binding } from './definitions/elements.ts';
import type { Services } from './services.ts';
import { isObject, type FhirJson, textOf } from './fhirJson.ts';
import type { Walk } from './walk.ts';

type Bound = (value: FhirJson, walk: Walk) => void;

/** A code with its system, as far as they are given. */
interface Coded {
  system: string | undefined;
  code: string;
}

/**
 * What a binding asks (R4 §4.1.5): a required one a code of the value set, an extensible one too
 * unless none fits, which is a warning; and none of them one outside of its `maxValueSet`.
 * Undefined where the binding asks nothing.
 */
export function bindingCheck(
  binding: Binding | undefined,
  type: string,
  { terminology }: Services,
  about?: string,
): Bound | undefined {
  const codes = Object.hasOwn(codesOf, type) ? codesOf[type] : undefined;
  if (binding === undefined || codes === undefined) return undefined;
  const { strength, valueSet, maxValueSet } = binding;
  const asked: Bound[] = [];
  const asks = strength === 'required' || strength === 'extensible';
  if (asks && valueSet !== undefined) {
    const name = about ?? valueSet;
    asked.push(memberCheck(terminology, valueSet, codes, strength === 'required', name));
  }
  if (maxValueSet !== undefined) {
    asked.push(memberCheck(terminology, maxValueSet, codes, true, about ?? maxValueSet));
  }
  const [one, two] = asked;
  if (one === undefined || two === undefined) return one;
  return (value, walk) => {
    one(value, walk);
    two(value, walk);
  };
}

function memberCheck(
  terminology: Terminology,
  valueSet: string,
  codes: (value: unknown) => readonly Coded[],
  required: boolean,
  about: string,
): Bound {
  return (value, walk) => {
    const found = best(codes(value), terminology, valueSet);
    if (found === 'in') return;
    if (found === 'none') {
      if (required && !hasDataAbsent(value)) walk.error('code-required', undefined, about);
    } else if (found === 'out' && walk.isOfOtherVersion(valueSet)) {
      walk.notLoaded('value-set', valueSet);
    } else if (found === 'out') {
      walk.tell(required ? 'error' : 'warning', 'code-unknown', undefined, about);
    } else {
      const kind = found.missing === valueSet ? 'value-set' : 'code-system';
      walk.notLoaded(kind, found.missing);
    }
  };
}

/** Whether a value of any type that can be coded has a code of a value set; for telling slices apart. */
export function bindingTest(
  valueSet: string,
  terminology: Terminology,
): (typed: { value: unknown }) => boolean {
  return ({ value }) => {
    const isConcept = isObject(value) && value['coding'] !== undefined;
    const type = isConcept ? 'CodeableConcept' : isObject(value) ? 'Coding' : 'code';
    return best(codesOf[type]?.(value) ?? noCodes, terminology, valueSet) === 'in';
  };
}

function best(
  coded: readonly Coded[],
  terminology: Terminology,
  valueSet: string,
): Membership | 'none' {
  let answer: Membership | 'none' = 'none';
  for (const { system, code } of coded) {
    const found = terminology.inValueSet(valueSet, system, code);
    if (found === 'in') return found;
    if (typeof found === 'object' || answer === 'none') answer = found;
  }
  return answer;
}

function hasDataAbsent(value: unknown): boolean {
  const extensions = isObject(value) ? value['extension'] : undefined;
  return (
    Array.isArray(extensions) &&
    extensions.some((each) => isObject(each) && textOf(each['url']).endsWith('/data-absent-reason'))
  );
}

const noCodes: readonly Coded[] = [];

/** Codes of a value by its type. A Coding without a system is in no value set of systems. */
const codesOf: Readonly<Record<string, (value: unknown) => readonly Coded[]>> = {
  code: plain,
  string: plain,
  uri: plain,
  url: plain,
  canonical: plain,
  id: plain,
  markdown: plain,
  Coding: coding,
  Quantity: (value) => (isObject(value) && value['code'] !== undefined ? coding(value) : noCodes),
  CodeableConcept: (value) => {
    const list = isObject(value) ? value['coding'] : undefined;
    if (!Array.isArray(list)) return noCodes;
    return list.length === 1 ? coding(list[0]) : list.flatMap(coding);
  },
};

function plain(value: unknown): readonly Coded[] {
  return typeof value === 'string' ? [{ system: undefined, code: value }] : noCodes;
}

function coding(value: unknown): readonly Coded[] {
  if (!isObject(value)) return noCodes;
  const { system = '', code } = value;
  if (typeof code !== 'string' || typeof system !== 'string') return noCodes;
  return [{ system, code }];
}

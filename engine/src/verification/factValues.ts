import type { Fact } from '../model/fact.ts';
import type { FindingKind } from '../model/finding.ts';
import type { Concept } from './concepts/concept.ts';
import type { ConceptValue } from './concepts/elements.ts';
import { forms } from './concepts/forms.ts';
import { sameNumber } from './decimals.ts';

/** One difference between what the facts of a concept say and what the target holds. */
export interface FactDifference {
  kind: FindingKind;
  code: FactCode;
  /** Ordinal of the record that states the fact, when one does. */
  ordinal?: number;
}

export type FactCode =
  | 'fact-missing'
  | 'fact-extra'
  | 'fact-different'
  /** The same value under another code system, identifier system or currency. */
  | 'fact-system-different'
  /** A date that gained or lost precision: `1974-12` against `1974-12-01`. */
  | 'fact-precision-different'
  | 'fact-digits-different'
  | 'fact-normalisation-different'
  | 'fact-order-different'
  /** A stated value that is not of the concept's form, or lacks its system: a bad declaration. */
  | 'fact-not-canonical'
  | 'fact-unreadable'
  | 'concept-unknown'
  | 'could-not-compare'
  | 'resource-missing'
  | 'resource-extra'
  | 'resource-different'
  | 'no-source-fact'
  | 'subject-different';

interface Expected extends ConceptValue {
  ordinal: number;
}

const none: readonly FactDifference[] = [];

/**
 * Compare the values that facts state with those that the target holds, as multisets of value and
 * system in the concept's canonical form, and as sequences where the concept is ordered.
 */
export function compareConcept(
  concept: Concept,
  facts: readonly Fact[],
  held: readonly ConceptValue[],
): readonly FactDifference[] {
  const byNumber = facts.some(({ sequence }) => sequence !== undefined);
  if (agree(concept, facts, held, byNumber)) return none;
  const bad: FactDifference[] = [];
  const expected: Expected[] = [];
  for (const fact of facts) {
    const value = forms[concept.form].canonical(fact.value.trim());
    const systemAsDeclared = (fact.system !== '') === (concept.system !== 'none');
    if (value === undefined || value === '' || !systemAsDeclared) {
      bad.push({ kind: 'unverifiable', code: 'fact-not-canonical', ordinal: fact.ordinal });
    } else {
      const sequence = byNumber ? numberOf(fact.sequence) : '';
      expected.push({ value, system: fact.system, sequence, ordinal: fact.ordinal });
    }
  }
  if (bad.length > 0) return bad;
  const actual = canonicalValues(concept, held, byNumber);
  if (sameSequence(expected, actual)) return none;
  const missing = without(expected, actual);
  const extra = without(actual, expected);
  if (missing.length + extra.length > 0) return pairUp(missing, extra);
  const [first] = expected;
  if (!concept.ordered || first === undefined) return [];
  return [{ kind: 'different', code: 'fact-order-different', ordinal: first.ordinal }];
}

/** Value by value and in order: the common case, told without building anything. */
function agree(
  { form, system }: Concept,
  facts: readonly Fact[],
  held: readonly ConceptValue[],
  byNumber: boolean,
): boolean {
  if (facts.length !== held.length) return false;
  const { canonical, spaceFolds } = forms[form];
  return facts.every((fact, index) => {
    const stored = held[index] as ConceptValue;
    if (fact.system !== stored.system || (fact.system !== '') !== (system !== 'none')) return false;
    if (byNumber && numberOf(fact.sequence) !== numberOf(stored.sequence)) return false;
    const value = canonical(fact.value.trim());
    if (value === undefined || value === '') return false;
    if (value === stored.value) return true;
    const text = spaceFolds ? stored.value.trim() : stored.value;
    return value === (canonical(text) ?? text);
  });
}

/** What the target holds; a text that is not of the form stays as it is, and so equals no fact. */
function canonicalValues(
  concept: Concept,
  held: readonly ConceptValue[],
  byNumber: boolean,
): ConceptValue[] {
  const { canonical, spaceFolds } = forms[concept.form];
  const inForm = (value: string): string => {
    const text = spaceFolds ? value.trim() : value;
    return canonical(text) ?? text;
  };
  return held
    .map(({ value, system, sequence }) => ({
      value: inForm(value),
      system,
      sequence: byNumber ? numberOf(sequence) : '',
    }))
    .filter(({ value }) => value !== '');
}

function sameSequence(one: readonly ConceptValue[], other: readonly ConceptValue[]): boolean {
  if (one.length !== other.length) return false;
  return one.every((item, index) => {
    const beside = other[index];
    const same = item.value === beside?.value && item.system === beside.system;
    return same && item.sequence === beside.sequence;
  });
}

/** `01` counts as `1` does. */
function numberOf(sequence = ''): string {
  return forms.decimal.canonical(sequence.trim()) ?? sequence;
}

function keyOf(item: ConceptValue): string {
  return `${item.sequence ?? ''} ${item.system.length}:${item.system}${item.value}`;
}

/** The items of one multiset that are left when those of the other are taken away. */
function without<T extends ConceptValue>(items: readonly T[], taken: readonly ConceptValue[]): T[] {
  const counts = new Map<string, number>();
  for (const item of taken) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return items.filter((item) => {
    const count = counts.get(keyOf(item)) ?? 0;
    if (count > 0) counts.set(keyOf(item), count - 1);
    return count === 0;
  });
}

/** A missing value beside an extra one of the same number is one difference, not two. */
function pairUp(missing: readonly Expected[], held: readonly ConceptValue[]): FactDifference[] {
  const extra = [...held];
  const differences = missing.map((expected): FactDifference => {
    const { ordinal } = expected;
    const at = extra.findIndex(({ sequence }) => sequence === expected.sequence);
    const [actual] = at === -1 ? [] : extra.splice(at, 1);
    if (actual === undefined) return { kind: 'missing', code: 'fact-missing', ordinal };
    return { kind: 'different', code: howDifferent(expected, actual), ordinal };
  });
  return [
    ...differences,
    ...extra.map((): FactDifference => ({ kind: 'extra', code: 'fact-extra' })),
  ];
}

function howDifferent(expected: ConceptValue, actual: ConceptValue): FactCode {
  if (expected.value === actual.value) return 'fact-system-different';
  if (expected.system !== actual.system) return 'fact-different';
  if (sameNumber(expected.value, actual.value)) return 'fact-digits-different';
  if (isMorePreciseDate(expected.value, actual.value)) return 'fact-precision-different';
  const alike = expected.value.normalize('NFC') === actual.value.normalize('NFC');
  return alike ? 'fact-normalisation-different' : 'fact-different';
}

function isMorePreciseDate(one: string, other: string): boolean {
  const [shorter, longer] = one.length < other.length ? [one, other] : [other, one];
  if (!/^\d{4}(?:-\d\d){0,2}$/.test(shorter) || !longer.startsWith(shorter)) return false;
  return /^(?:-\d\d){1,2}$|^(?:-\d\d){0,2}T/.test(longer.slice(shorter.length));
}

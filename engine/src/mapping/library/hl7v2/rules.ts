import type { Segment, Value } from '../../../formats/hl7v2/segment.ts';
import type { Conversion } from './conversion.ts';
import type { TakenBack } from '../../telling.ts';
import type { Element } from '../resource.ts';

/** A value of a field as FHIR has it; undefined when there is nothing to say. */
export interface Read {
  (value: Value, conversion: Conversion, path: string): unknown;
  /** What all that it reads have in common: the URL of an extension, the system of an identifier. */
  kind?: Readonly<Element>;
}

/** A read, with what all that it reads have in common. */
export function ofKind(read: Read, kind: Readonly<Element>): Read {
  return Object.assign(read, { kind });
}

type Put = (target: Element, value: unknown) => void;

/** One line of a segment's table: a field, how it is read, and where it goes. */
export interface Rule {
  field: number;
  repeats: boolean;
  read: Read;
  put: Put;
  when: ((segment: Segment) => boolean) | undefined;
  /** What a null (`""`) in the field takes back. */
  takesBack: TakenBack;
}

export interface RuleOptions {
  /** The rule holds only where this is true of the segment. */
  when?: (segment: Segment) => boolean;
  /** Stands beside the value: `performer[].actor` with `function`. */
  with?: Element;
}

/**
 * The first repetition of a field goes to `path`. `a.b` is an element of an element, `a[]` one more
 * of a list, `a[0]` its first; what has a value keeps it.
 */
export function one(field: number, read: Read, path: string, options: RuleOptions = {}): Rule {
  return ruleOf(field, false, read, path, options);
}

/** Every repetition of a field goes to `path`. */
export function all(field: number, read: Read, path: string, options: RuleOptions = {}): Rule {
  return ruleOf(field, true, read, path, options);
}

function ruleOf(
  field: number,
  repeats: boolean,
  read: Read,
  path: string,
  options: RuleOptions,
): Rule {
  const [first = '', second = ''] = path.split('.');
  const element = first === 'hospitalization' ? `${first}.${second}` : first;
  const takesBack = {
    element: element.replace(/\[0?\]$/, ''),
    item: { ...options.with, ...read.kind },
  };
  const put = compilePut(path, options.with);
  return { field, repeats, read, put, when: options.when, takesBack };
}

export const unless =
  (...fields: readonly number[]) =>
  (segment: Segment): boolean =>
    !fields.some((field) => segment.valued(field));

/**
 * Apply a table to a segment. An absent field says nothing of the target; a null one (`""`) takes back
 * what was told before, or stays unread where that cannot be taken back.
 */
export function apply(
  rules: readonly Rule[],
  segment: Segment,
  target: Element,
  conversion: Conversion,
): void {
  const { last } = segment;
  for (const rule of rules) {
    const { field } = rule;
    if (field > last) continue;
    const state = segment.stateOf(field);
    if (state === 'absent') continue;
    if (state === 'null') {
      if (conversion.takeBack(target, rule.takesBack)) segment.markField(field);
    } else if (rule.when === undefined || rule.when(segment)) {
      if (rule.repeats && !segment.isSingle(field)) {
        for (const value of segment.values(field)) carry(rule, value, segment, target, conversion);
      } else carry(rule, segment.value(field), segment, target, conversion);
    }
  }
}

function carry(
  { read, put, field }: Rule,
  value: Value,
  segment: Segment,
  target: Element,
  conversion: Conversion,
): void {
  if (value.empty) return;
  if (value.isNull) {
    value.whole();
    return;
  }
  const found = read(value, conversion, segment.pathOf(field));
  if (found !== undefined) put(target, found);
}

interface Step {
  name: string;
  kind: 'element' | 'more' | 'first';
}

function compilePut(path: string, beside: Element | undefined): Put {
  const steps = path.split('.').map((step): Step => {
    if (step.endsWith('[]')) return { name: step.slice(0, -2), kind: 'more' };
    if (step.endsWith('[0]')) return { name: step.slice(0, -3), kind: 'first' };
    return { name: step, kind: 'element' };
  });
  const { name, kind } = steps.pop() as Step;
  const put: Put =
    kind === 'element'
      ? (target, value) => {
          target[name] ??= value;
        }
      : (target, value) => {
          ((target[name] ??= []) as unknown[]).push(value);
        };
  if (steps.length === 0 && beside === undefined) return put;
  return (target, value) => {
    let at = target;
    for (const step of steps) at = enter(at, step);
    put(at, value);
    if (beside !== undefined) Object.assign(at, beside);
  };
}

function enter(at: Element, { name, kind }: Step): Element {
  if (kind === 'element') return (at[name] = toFill(at[name] as Element | undefined));
  const list = (at[name] ??= []) as Element[];
  if (kind === 'first' && list.length > 0) return list[0] as Element;
  const element: Element = {};
  list.push(element);
  return element;
}

/** What was read of a value may be shared among messages, and frozen: then a copy is filled. */
function toFill(known: Element | undefined): Element {
  if (known === undefined) return {};
  return Object.isFrozen(known) ? { ...known } : known;
}

import { JsonNumber, parseJson, type Json, type JsonObject } from '../../base/json.ts';
import { sha256Hex } from '../../base/digest.ts';
import { compileExpression, type CompiledExpression } from '../../fhirpath/compile.ts';
import { ExpressionError } from '../../fhirpath/expressionError.ts';
import { systemNameOf } from '../../fhirpath/staticType.ts';
import { sensitiveClasses, type SensitiveClass, type SensitiveClassName } from './classes.ts';
import { guardsIn } from './raise.ts';

/** What a resource is, or says, that guards it, or others. */
export interface ProtectionRule {
  /** Label (HL7 v3-ActCode) or restriction. */
  guard: string;
  /** Types of resources that are looked at. */
  on: readonly string[];
  /** FHIRPath, true or false; without one every resource of those types. */
  when?: string | undefined;
  /** `referring`: all that refers to it too; `subject`: its patient, and all of that patient. */
  reaches: 'itself' | 'referring' | 'subject';
  /** Of what it reaches, these types alone; all if left out. */
  types?: readonly string[] | undefined;
}

export interface ProtectionWish {
  classes: readonly SensitiveClassName[];
  /** Patients born after this day are minors: what is sensitive of theirs is labelled `ADOL` too. */
  minorsSince?: string | undefined;
  rules: readonly ProtectionRule[];
}

/** What reaches others, as text: the guard and, after `>`, the types that it reaches. */
export type Reach = string;

/** Rules ready to run; pure. */
export interface Protection {
  /** SHA-256 (hex) of all that decides. */
  digest: string;
  /** Types of resources that may lay something on others; mostly none. */
  reachesFrom: ReadonlySet<string>;
  /** Guards of a resource by what it says itself, sorted; mostly none. */
  guards: (type: string, body: string) => readonly string[];
  /** What it lays on others: on all that refer to it, and on its patient with all that refers to them. */
  reaches: (type: string, body: string) => Record<'referring' | 'subject', readonly Reach[]>;
  /** Guards of a resource of this type, its own joined with what reached it. */
  joined: (type: string, own: readonly string[], reached: readonly Reach[]) => readonly string[];
}

export interface RuleProblem {
  rule: number;
  message: string;
  suggestion?: string;
}

/** Stands for a minor among what reaches others: alone it labels nothing. */
const minor = 'minor';

export function compileProtection(wish: ProtectionWish): {
  protection: Protection;
  problems: RuleProblem[];
} {
  const problems: RuleProblem[] = [];
  const rules = wish.rules.map((rule, at) => compileRule(rule, at, problems));
  const own = classJudge(wish.classes);
  const born = wish.minorsSince;
  const guards = (type: string, body: string): string[] => {
    const found = new Set(own(type, body));
    if (body.includes('"security"')) {
      for (const guard of guardsIn(parseJson(body) as JsonObject)) found.add(guard);
    }
    for (const { guard, holds } of rules) if (holds(type, body)) found.add(guard);
    return [...found].toSorted();
  };
  const reaches: Protection['reaches'] = (type, body) => {
    const laid = { referring: [] as Reach[], subject: [] as Reach[] };
    for (const { guard, reaches: reach, types, holds } of rules) {
      if (reach === 'itself' || !holds(type, body)) continue;
      laid[reach].push(types === undefined ? guard : `${guard}>${types.join()}`);
    }
    if (born !== undefined && type === 'Patient' && isBornAfter(body, born))
      laid.subject.push(minor);
    return laid;
  };
  const protection: Protection = {
    digest: sha256Hex(JSON.stringify([wish, sensitiveClasses], asText)),
    reachesFrom: new Set([
      ...(born === undefined ? [] : ['Patient']),
      ...wish.rules.flatMap(({ reaches: reach, on }) => (reach === 'itself' ? [] : on)),
    ]),
    guards,
    reaches,
    joined,
  };
  return { protection, problems };
}

/** Regular expressions have no JSON. */
const asText = (_: string, value: unknown): unknown =>
  value instanceof RegExp ? String(value) : value;

function joined(type: string, own: readonly string[], reached: readonly Reach[]): string[] {
  const all = new Set(own);
  for (const reach of reached) {
    const [guard = '', types] = reach.split('>');
    if (guard !== minor && (types === undefined || types.split(',').includes(type))) all.add(guard);
  }
  const isSensitive = [...all].some((guard) => sensitivityLabels.has(guard));
  if (isSensitive && reached.includes(minor)) all.add('ADOL');
  return [...all].toSorted();
}

const sensitivityLabels: ReadonlySet<string> = new Set(
  Object.values(sensitiveClasses).map(({ label }) => label),
);

interface CompiledRule extends ProtectionRule {
  holds: (type: string, body: string) => boolean;
}

function compileRule(rule: ProtectionRule, at: number, problems: RuleProblem[]): CompiledRule {
  const { when, on } = rule;
  const isMeant = (type: string): boolean => on.includes(type);
  if (when === undefined) return { ...rule, holds: isMeant };
  const condition = compiled(when, at, problems);
  if (condition === undefined) return { ...rule, holds: () => false };
  const isTrue = (body: string): boolean => condition.one(JSON.parse(body) as never, {}) === true;
  return { ...rule, holds: (type, body) => isMeant(type) && isTrue(body) };
}

function compiled(
  when: string,
  rule: number,
  problems: RuleProblem[],
): CompiledExpression | undefined {
  try {
    const condition = compileExpression(when, { input: { kind: 'fhir', lenient: true } });
    // FHIRPath takes any single value for true; what guards a chart may not.
    if (systemNameOf(condition.type) === 'Boolean') return condition;
    const suggestion = 'end it with a comparison or with .exists()';
    problems.push({ rule, message: 'The condition is not a yes-or-no expression.', suggestion });
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const { message, suggestion } = error;
    problems.push({ rule, message, ...(suggestion !== undefined && { suggestion }) });
  }
  return undefined;
}

/** Labels of the wanted classes whose codes stand in a body. */
function classJudge(
  names: readonly SensitiveClassName[],
): (type: string, body: string) => string[] {
  const classes = names.map((name): SensitiveClass => sensitiveClasses[name]);
  const starts = classes.flatMap(({ codes }) => codes.flatMap((one) => one.beginsWith));
  // Most bodies hold none of the codes, whatever their system: they are not parsed.
  const some = new RegExp(`"code":"(?:${starts.map(escaped).join('|')})`);
  const titled = classes.flatMap(({ titles, label }) => (titles ? [{ ...titles, label }] : []));
  return (type, body) => {
    const labels: string[] = [];
    if (starts.length > 0 && some.test(body)) {
      const codings = codingsIn(parseJson(body));
      for (const one of classes)
        if (codings.some((coding) => isOf(one, coding))) labels.push(one.label);
    }
    for (const { types, says, label } of titled) {
      if (types.includes(type) && says.test(body) && says.test(titleOf(body))) labels.push(label);
    }
    return labels;
  };
}

interface CodeOf {
  system: string;
  code: string;
}

function isOf({ codes }: SensitiveClass, { system, code }: CodeOf): boolean {
  return codes.some(
    ({ systems, beginsWith }) =>
      systems.includes(system) && beginsWith.some((start) => code.startsWith(start)),
  );
}

function codingsIn(value: Json): CodeOf[] {
  if (Array.isArray(value)) return value.flatMap(codingsIn);
  if (typeof value !== 'object' || value === null || value instanceof JsonNumber) return [];
  const { system, code } = value;
  const own = typeof system === 'string' && typeof code === 'string' ? [{ system, code }] : [];
  return [...own, ...Object.values(value).flatMap(codingsIn)];
}

/** What a document is called: its type and its category, without what it says. */
function titleOf(body: string): string {
  const { type, category, code, title } = parseJson(body) as JsonObject;
  return JSON.stringify([type, category, code, title]);
}

function isBornAfter(body: string, day: string): boolean {
  const { birthDate } = parseJson(body) as JsonObject;
  return typeof birthDate === 'string' && birthDate > day;
}

function escaped(text: string): string {
  return text.replaceAll('.', String.raw`\.`);
}

import type { Concept } from './concepts.ts';
import type { ValueSetFilter, ValueSetRules } from './valueSet.ts';

/** What is known of a code; each has its own consequence, and none is another in disguise. */
export type CodeAnswer =
  | { kind: 'active'; system: string; concept: Concept }
  /** It is a code of the system, but must not be used any more. */
  | { kind: 'inactive'; system: string; concept: Concept }
  /** The system is loaded and has no such code. */
  | { kind: 'unknown' }
  /** Without a system: several have it. */
  | { kind: 'ambiguous'; systems: readonly string[] }
  /** The system is not loaded, so nothing can be said. */
  | { kind: 'not-loaded'; system: string };

/** Where a code stands in a value set. */
export type MemberAnswer =
  CodeAnswer | { kind: 'not-in-set' } | { kind: 'set-not-loaded'; missing: string };

/** What who judges resources asks of loaded terminology. */
export interface TerminologyLookup {
  /** Whether all codes of a system are loaded. */
  has(system: string): boolean;
  /** @param system undefined: in whichever loaded system has the code */
  validate(system: string | undefined, code: string): CodeAnswer;
  /** The rules of a value set that is loaded. */
  valueSet(url: string): ValueSetRules | undefined;
  /** Whether a code of a loaded system passes the filters of a value set. */
  passes(
    system: string,
    code: string,
    filters: readonly ValueSetFilter[],
  ): 'in' | 'out' | { missing: string };
}

import type { Concept } from './concepts.ts';

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

/** What who judges resources asks of loaded terminology. */
export interface TerminologyLookup {
  /** Whether all codes of a system are loaded. */
  has(system: string): boolean;
  /** @param system undefined: in whichever loaded system has the code */
  validate(system: string | undefined, code: string): CodeAnswer;
  /** Members of a value set; `undefined` where it, or a system that it takes from, is not loaded. */
  members(valueSet: string): Iterable<Concept & { system: string }> | undefined;
}

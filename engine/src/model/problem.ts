/** A mistake in something a person wrote: plan, mapping, code map. All are reported at once. */
export interface Problem {
  /** Path relative to the project folder. */
  file: string;
  /** From 1. */
  line: number;
  column: number;
  /** Stable: `unknown-key`, `unknown-column`, `missing-disposition`. */
  code: string;
  message: string;
  /** What to write instead, or the next step. */
  suggestion?: string;
}

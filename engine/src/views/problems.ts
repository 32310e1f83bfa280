import { exitCodes, HandoverError } from '../base/errors.ts';
import { ExpressionError } from '../fhirpath/expressionError.ts';

/** A mistake in a view, with its place: `select[0].column[1].path`, and line and column in a path. */
export interface ViewProblem {
  path: string;
  problem: string;
}

/** Gathers every mistake of a view, so that all are told at once. */
export class ViewProblems {
  readonly found: ViewProblem[] = [];
  /** What can only be a mistake, but does not keep the view from being evaluated. */
  readonly warnings: ViewProblem[] = [];

  add(path: string, problem: string): void {
    this.found.push({ path, problem });
  }

  warn(path: string, problem: string): void {
    this.warnings.push({ path, problem });
  }

  expression(path: string, error: unknown): void {
    this.add(path, expressionProblem(error));
  }

  /** @throws HandoverError `view-invalid` with all of them. */
  check(): void {
    if (this.found.length === 0) return;
    const lines = this.found.map(({ path, problem }) => `${path}: ${problem}`);
    throw new HandoverError('view-invalid', `The view cannot be used.\n${lines.join('\n')}`, {
      exitCode: exitCodes.planInvalid,
      next: 'Mend the places named; nothing was read or written.',
    });
  }
}

/** @throws what is no mistake in an expression. */
export function expressionProblem(error: unknown): string {
  if (!(error instanceof ExpressionError)) throw error;
  return `${error.message} (line ${error.line}, column ${error.column})`;
}

/** Where something stands in the text of an expression; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export type ExpressionErrorCode =
  /** The text is not FHIRPath. */
  | 'syntax'
  /** A column, element, function, type or constant that does not exist. */
  | 'unknown-name'
  /** An operator or function was given something it cannot work on. */
  | 'type-clash'
  /** A function was given too few or too many arguments. */
  | 'argument-count'
  /** A function needs a literal here, because it is prepared once and not per record. */
  | 'literal-needed'
  /** A literal that no value can be made of: `@2024-13`, an unknown format or map. */
  | 'literal-invalid'
  /** An expression with a name that is wrong itself: that is told where it stands. */
  | 'named-broken'
  /** The collection has no order, and the function needs one. */
  | 'unordered';

/**
 * A mistake in the text of an expression, found when it is compiled. It quotes the expression,
 * which is configuration, and never a value from a record.
 */
export class ExpressionError extends Error {
  readonly code: ExpressionErrorCode;
  readonly line: number;
  readonly column: number;
  /** The message without a suggestion. */
  readonly problem: string;
  /** The name that was probably meant. */
  readonly suggestion: string | undefined;

  constructor(code: ExpressionErrorCode, problem: string, at: Place, suggestion?: string) {
    super(suggestion === undefined ? problem : `${problem}; did you mean '${suggestion}'?`);
    this.name = 'ExpressionError';
    this.code = code;
    this.line = at.line;
    this.column = at.column;
    this.problem = problem;
    this.suggestion = suggestion;
  }
}

/**
 * A value that an expression cannot work with, found when it is evaluated: the record has an issue,
 * the expression is sound. `code` is stable (`date-unreadable`, `many-items`); no value is quoted.
 */
export class DataIssue extends Error {
  readonly code: string;
  /** Place of the operator or function in the expression, where it is known. */
  readonly at: Place | undefined;

  constructor(code: string, problem: string, at?: Place) {
    super(at === undefined ? problem : `${problem} (line ${at.line}, column ${at.column})`);
    this.name = 'DataIssue';
    this.code = code;
    this.at = at;
  }
}

/** The candidate nearest to `name`, if one is near enough to have been meant. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  let nearest: string | undefined;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

/** Levenshtein distance, where two neighbouring characters swapped count once (as typing does). */
function editDistance(left: string, right: string): number {
  let before: number[] = [];
  let above = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      let cost = Math.min(
        cell(above, column) + 1,
        cell(current, column - 1) + 1,
        cell(above, column - 1) + (same ? 0 : 1),
      );
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (swapped) cost = Math.min(cost, cell(before, column - 2) + 1);
      current.push(cost);
    }
    before = above;
    above = current;
  }
  return cell(above, right.length);
}

function cell(distances: readonly number[], index: number): number {
  return distances[index] ?? Number.POSITIVE_INFINITY;
}

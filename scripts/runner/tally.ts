/** One thing that failed: a check, a test, or a file that could not be run as a test. */
export interface Failure {
  name: string;
  /** `path:line`, or the command of a check. */
  place: string;
  detail: string;
}

export interface Skip {
  name: string;
  place: string;
  reason: string;
}

/** What a check or a file of tests came to. */
export interface Outcome {
  passed: number;
  failures: readonly Failure[];
  skips: readonly Skip[];
  /** What tests had to say (`context.diagnostic`): figures, seeds. */
  notes: readonly string[];
}

/** Outcomes added up; where skips are forbidden, each of them is a failure. */
export class Tally {
  readonly #noSkips: boolean;
  readonly failures: Failure[] = [];
  readonly skips: Skip[] = [];
  passed = 0;

  constructor(options: { noSkips: boolean }) {
    this.#noSkips = options.noSkips;
  }

  add(outcome: Outcome): void {
    this.passed += outcome.passed;
    this.failures.push(...outcome.failures);
    if (this.#noSkips) this.failures.push(...outcome.skips.map(forbidden));
    else this.skips.push(...outcome.skips);
  }

  /** The line that ends every run and that other programs read. */
  summary(): string {
    return `${this.passed} passed, ${this.failures.length} failed, ${this.skips.length} skipped`;
  }
}

function forbidden(skip: Skip): Failure {
  return {
    name: skip.name,
    place: skip.place,
    detail: `skipped (${skip.reason}), and HANDOVER_NO_SKIP forbids that`,
  };
}

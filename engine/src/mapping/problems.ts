import type { FilePlace } from '../base/locatedYaml.ts';
import type { Problem } from '../model/problem.ts';

/** Collects what is wrong in one file, so that all of it is told at once. */
export class ProblemList {
  readonly file: string;
  readonly all: Problem[] = [];

  constructor(file: string) {
    this.file = file;
  }

  /** In the order of the file. */
  sorted(): Problem[] {
    return this.all.toSorted((a, b) => a.line - b.line || a.column - b.column);
  }

  /** Suggestions of these words are not told. */
  withhold(words: ReadonlySet<string>): void {
    for (const [at, { suggestion, ...rest }] of this.all.entries()) {
      if (suggestion !== undefined && words.has(suggestion)) this.all[at] = rest;
    }
  }

  add(place: FilePlace, code: string, message: string, suggestion?: string): void {
    const fix = suggestion === undefined ? {} : { suggestion };
    const { line, column } = place;
    this.all.push({ file: this.file, line, column, code, message, ...fix });
  }
}

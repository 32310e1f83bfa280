import type { EvaluationContext, Row } from '../fhirpath/environment.ts';
import { DataIssue } from '../fhirpath/expressionError.ts';
import type { MappedIssue } from '../model/draft.ts';
import type { RelatedRows } from './related.ts';

/** What is being made of the record at hand; the compiled writers add to it. */
export class Work {
  readonly issues: MappedIssue[] = [];
  ordinal = 0;
  /** Stable id of the resource being written. */
  id = '';
  /** Tag of the key that ids of the resources at hand are made of. */
  tag: Buffer = Buffer.alloc(0);
  /** The resources made of the record so far, as `Type/id`. */
  made: string[] = [];
  /** Logical references written into it, perhaps repeated. */
  references: string[] = [];
  /** Large objects left out of it. */
  objects: readonly string[] = [];
  /** Code of the first error of the record, which quarantines it. */
  failure: string | undefined;
  /** Rows that are folded into the record, by the name that expressions call them. */
  readonly folded = new Map<string, readonly Row[]>();
  /** The row of the record, or of the group, that is being written. */
  row: Row = [];
  /** The row around the one at hand, inside `$each`. */
  outer: Row = [];
  readonly related: RelatedRows;
  /** What expressions are evaluated with: this work is their `services`. */
  readonly context: EvaluationContext = { services: this };

  constructor(related: RelatedRows) {
    this.related = related;
  }

  begin(ordinal: number): void {
    this.ordinal = ordinal;
    this.failure = undefined;
  }

  /** Do something whose issues are not the record's own. */
  aside<T>(act: () => T): T {
    const { failure } = this;
    const before = this.issues.length;
    const result = act();
    this.failure = failure;
    this.issues.length = before;
    return result;
  }

  fail(code: string, path: string): void {
    this.failure ??= code;
    this.issues.push({ ordinal: this.ordinal, severity: 'error', code, path });
  }

  warn(code: string, path: string): void {
    this.issues.push({ ordinal: this.ordinal, severity: 'warning', code, path });
  }

  /** A value that an expression could not work with is the record's issue; all else is a defect. */
  failWith(error: unknown, path: string): void {
    if (!(error instanceof DataIssue)) throw error;
    this.fail(error.code, path);
  }
}

/** Writes the JSON of one element of a draft; `''` when there is nothing to write. */
export type Writer = (row: Row, work: Work) => string;

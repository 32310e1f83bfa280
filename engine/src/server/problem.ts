import { canonicalJson, toJson } from '../base/json.ts';

/** FHIR R4 issue-type codes used here. */
export type IssueCode =
  | 'invalid'
  | 'structure'
  | 'not-supported'
  | 'not-found'
  | 'code-invalid'
  | 'too-costly'
  | 'deleted'
  | 'conflict'
  | 'duplicate'
  | 'multiple-matches'
  | 'login'
  | 'security'
  | 'forbidden'
  | 'too-long'
  | 'transient'
  | 'exception';

/** A request that is answered with an OperationOutcome. The text never holds a value of a request. */
export class HttpProblem extends Error {
  readonly status: number;
  readonly issue: IssueCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    issue: IssueCode,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = 'HttpProblem';
    this.status = status;
    this.issue = issue;
    this.headers = headers;
  }

  /** OperationOutcome (FHIR R4) in JSON. */
  outcome(): string {
    return operationOutcome(this.issue, this.message);
  }
}

export function operationOutcome(code: IssueCode, diagnostics: string): string {
  return canonicalJson(
    toJson({
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'error', code, diagnostics }],
    }),
  );
}

export function notFound(): HttpProblem {
  return new HttpProblem(404, 'not-found', 'There is no such resource.');
}

export function versionConflict(): HttpProblem {
  return new HttpProblem(
    412,
    'conflict',
    'The version that is current is not the one asked for. Read it again.',
  );
}

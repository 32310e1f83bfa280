import { isJsonObject } from '../../base/json.ts';
import type { Json } from '../../base/json.ts';

/** What a status says of one request. */
export type Fate =
  | { state: 'done' }
  /** Nothing happened; the same request may succeed later. */
  | { state: 'transient'; code: string }
  /** It may have happened. */
  | { state: 'ambiguous'; code: string }
  /** Somebody else wrote since we looked: look again. */
  | { state: 'overtaken'; code: string }
  /** It did not happen and will not. */
  | { state: 'refused'; code: string };

/**
 * Judge one answer. What the server did is certain only where HTTP says so: a 503 without
 * `Retry-After`, as any other 5xx, may come from a gateway whose server has long committed.
 */
export function fateOf(status: number, outcome: Json | undefined, paused: boolean): Fate {
  if (status >= 200 && status < 300) return { state: 'done' };
  if (status === 429 || status === 408 || (status === 503 && paused)) {
    return { state: 'transient', code: `target-${status}` };
  }
  if (status >= 300 && status < 400) return { state: 'transient', code: 'target-redirects' };
  if (status === 401) return { state: 'transient', code: 'target-denied' };
  if (status === 409 || status === 412) {
    return { state: 'overtaken', code: refusalCode(status, outcome) };
  }
  if ((status >= 400 && status < 500) || status === 501) {
    return { state: 'refused', code: refusalCode(status, outcome) };
  }
  return { state: 'ambiguous', code: status === 0 ? 'answer-unreadable' : `target-${status}` };
}

/** FHIR R4, IssueType: the only words of an OperationOutcome that leave here. */
const issueTypes: ReadonlySet<string> = new Set(
  `invalid structure required value invariant security login unknown expired forbidden suppressed
   processing not-supported duplicate multiple-matches not-found deleted too-long code-invalid
   extension too-costly business-rule conflict transient lock-error no-store exception timeout
   incomplete throttled informational`
    .trim()
    .split(/\s+/),
);

/** `refused-invariant`, from the first error of the outcome; else `refused-422`. */
export function refusalCode(status: number, outcome: Json | undefined): string {
  const issues = isJsonObject(outcome) ? outcome['issue'] : undefined;
  const errors = (Array.isArray(issues) ? issues : []).filter(isError);
  const code = isJsonObject(errors[0]) ? errors[0]['code'] : undefined;
  return typeof code === 'string' && issueTypes.has(code) ? `refused-${code}` : `refused-${status}`;
}

function isError(issue: Json): boolean {
  return isJsonObject(issue) && (issue['severity'] === 'error' || issue['severity'] === 'fatal');
}

/** Whether a failed operation may be tried again, and what is known of its effect. */
export type FailureClass =
  /** Nothing happened; trying again may succeed. */
  | 'transient'
  /** It may have happened: ask before trying again. */
  | 'ambiguous'
  /** It did not happen and will not. */
  | 'permanent';

/** Exit codes of the CLI contract. */
export const exitCodes = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  planInvalid: 3,
  gateNotMet: 4,
  verificationDiffers: 5,
  quarantineNotEmpty: 6,
  unavailable: 7,
  integrityBroken: 8,
  approvalNeeded: 9,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export interface ErrorDetails {
  /** What the reader should do now: a sentence or the exact command. */
  next?: string;
  failure?: FailureClass;
  exitCode?: ExitCode;
  cause?: unknown;
}

/**
 * The one error class that crosses a seam. `code` is stable and documented in
 * docs/reference/errors.md; `message` says what failed and in what state the data is.
 * Neither ever carries a value from a patient's record.
 */
export class HandoverError extends Error {
  readonly code: string;
  readonly next: string | undefined;
  readonly failure: FailureClass;
  readonly exitCode: ExitCode;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'HandoverError';
    this.code = code;
    this.next = details.next;
    this.failure = details.failure ?? 'permanent';
    this.exitCode = details.exitCode ?? exitCodes.unexpected;
  }
}

/** The failure class of anything thrown; unknown errors count as permanent. */
export function failureOf(error: unknown): FailureClass {
  return error instanceof HandoverError ? error.failure : 'permanent';
}

/** Narrow an unknown throwable to the system call code Node puts on it (`ENOENT`, `ECONNRESET`). */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

import type { ExitCode, FailureClass } from '../base/errors.ts';
import { HandoverError, exitCodes } from '../base/errors.ts';

/**
 * A failure of a step or a workflow as it comes back from the engine's tables: its code, its class
 * and its exit code. The first message stayed in the process where it was thrown.
 */
export class DurableFailure extends HandoverError {}

/**
 * The only kind of error that an engine is given to store. Its message is `code class exit`; it has
 * no stack, cause or other property, because engines write all of them down.
 */
class StrippedFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'HandoverFailure';
    delete this.stack;
  }
}

const codePattern = /^[a-z][a-z0-9-]{0,63}$/;
const strippedPattern = /^([a-z][a-z0-9-]{0,63}) (transient|ambiguous|permanent) (\d{1,3})$/;

/** Code, class and exit code of anything thrown, and nothing else of it. */
export function stripFailure(error: unknown): Error {
  return new StrippedFailure(failureText(error));
}

export function failureText(error: unknown): string {
  if (error instanceof HandoverError && codePattern.test(error.code)) {
    return `${error.code} ${error.failure} ${error.exitCode}`;
  }
  if (error instanceof Error && strippedPattern.test(error.message)) return error.message;
  return `unexpected permanent ${exitCodes.unexpected}`;
}

/** Whether a message is a text of {@link failureText}. */
export function isStripped(message: string): boolean {
  return strippedPattern.test(message);
}

/** The failure behind a text written by {@link failureText}; any other text is `unexpected`. */
export function reviveFailure(text: string): DurableFailure {
  const [, code = 'unexpected', failure = 'permanent', exit] = strippedPattern.exec(text) ?? [];
  return durableFailure({
    code,
    failure: failure as FailureClass,
    exitCode: Number(exit ?? exitCodes.unexpected) as ExitCode,
  });
}

export function durableFailure(failed: {
  readonly code: string;
  readonly failure: FailureClass;
  readonly exitCode: ExitCode;
}): DurableFailure {
  const { code, failure, exitCode } = failed;
  return new DurableFailure(code, `A workflow ended with ${code}.`, {
    failure,
    exitCode,
    next: 'Look the code up in docs/reference/errors.md; the log of the worker has the place.',
  });
}

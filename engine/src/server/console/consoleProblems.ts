import { exitCodes, failureOf, HandoverError } from '../../base/errors.ts';
import type { ConsoleProblem } from '../../contract/console.ts';

export type Problem = Omit<ConsoleProblem, 'format'>;

export const problems = {
  host: {
    code: 'host-unknown',
    message: 'This address is not the one the console listens on.',
    next: 'Open the address that the terminal shows.',
  },
  session: {
    code: 'signed-out',
    message: 'There is no session, or it has ended.',
    next: 'Sign in.',
  },
  forbidden: {
    code: 'forbidden',
    message: 'None of your roles may do this.',
    next: 'Ask somebody whose role it is.',
  },
  code: {
    code: 'sign-in-refused',
    message: 'That is not the sign-in code.',
    next: 'Copy the code from the terminal that runs the console.',
  },
  account: {
    code: 'sign-in-refused',
    message: 'Account, password and code do not fit together.',
    next: 'Take a code that your app has not shown before; ask compliance if it goes on.',
  },
  factor: {
    code: 'sign-in-refused',
    message: 'That is not a code of your second factor here.',
    next: 'Take a code that your app has not shown before; ask compliance if it goes on.',
  },
  passkey: {
    code: 'passkey-refused',
    message: 'This passkey opens nothing here.',
    next: 'Sign in with your account, or begin again.',
  },
  provider: {
    code: 'provider-none',
    message: 'No identity provider signs in here.',
    next: 'Sign in with your account.',
  },
  byAccount: {
    code: 'sign-in-by-account',
    message: 'This project has accounts: the code of the terminal opens nothing any more.',
    next: 'Sign in with your account.',
  },
  tries: {
    code: 'sign-in-later',
    message: 'Too many wrong attempts.',
    next: 'Wait a while, then try again.',
  },
  address: { code: 'address-unknown', message: 'There is no such address.' },
  run: {
    code: 'run-unknown',
    message: 'The ledger has no such run.',
    next: 'Choose another run.',
  },
  item: {
    code: 'held-unknown',
    message: 'No held item of this run has that id.',
    next: 'Open the list again.',
  },
  body: {
    code: 'request-invalid',
    message: 'The request is not well formed.',
  },
} as const satisfies Record<string, Problem>;

export class Refusal extends Error {
  readonly status: number;
  readonly problem: Problem;

  constructor(status: number, problem: Problem) {
    super(problem.code);
    this.status = status;
    this.problem = problem;
  }
}

/** What is told of an error: its code, never the message of one that is not ours. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof HandoverError) {
    const { code, message, next } = error;
    return new Refusal(statusOf(error), { code, message, ...(next !== undefined && { next }) });
  }
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  const known = typeof status === 'number' && status < 500;
  const message = known ? problems.body.message : 'The console failed.';
  return new Refusal(known ? status : 500, { code: known ? 'request-invalid' : 'failed', message });
}

/** A shut gate is a conflict with what stands (409); what cannot be recorded is not done (503). */
function statusOf(error: HandoverError): number {
  if (error.code === 'audit-unavailable' || failureOf(error) !== 'permanent') return 503;
  if (error.exitCode === exitCodes.gateNotMet) return 409;
  if (error.exitCode === exitCodes.approvalNeeded) return 403;
  return error.exitCode === exitCodes.usage ? 422 : 500;
}

/** A text of a body. @throws Refusal 400 where it is none. */
export function textIn(body: unknown, name: string): string {
  const value = (body as Record<string, unknown> | null | undefined)?.[name];
  if (typeof value === 'string') return value;
  throw new Refusal(400, problems.body);
}

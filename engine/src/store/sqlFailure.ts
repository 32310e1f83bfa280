import { DatabaseError } from 'pg';
import type { ErrorDetails } from '../base/errors.ts';
import { exitCodes, HandoverError, systemCode } from '../base/errors.ts';

/** What may be told of a statement the database refused: names from the schema, never values. */
export interface SqlFailure {
  /** SQLSTATE (PostgreSQL manual, appendix A). */
  sqlState: string;
  constraint?: string;
  table?: string;
  column?: string;
}

/** The refused statement behind an error from this folder, to tell a unique violation from others. */
export function sqlFailureOf(error: unknown): SqlFailure | undefined {
  if (!(error instanceof HandoverError) || typeof error.cause !== 'object') return undefined;
  return error.cause !== null && 'sqlState' in error.cause
    ? (error.cause as SqlFailure)
    : undefined;
}

/**
 * Turn what `pg` throws into a {@link HandoverError}. PostgreSQL puts values into messages, details
 * and contexts ("Key (ssn)=(…) already exists"), so none of them goes on; the message of class 42
 * (syntax, names, rights) does, as it speaks of the statement and our statements hold no values.
 * Anything that did not come from the database is returned as it is.
 */
export function databaseFailure(error: unknown): unknown {
  if (error instanceof DatabaseError) return refusedStatement(error);
  if (isConnectionLoss(error)) {
    return new HandoverError('database-unavailable', 'the connection to the database failed', {
      ...unavailable,
      next: notCommitted,
      cause: systemCode(error) === undefined ? undefined : { systemCode: systemCode(error) },
    });
  }
  return error;
}

const notCommitted =
  'Nothing was committed by this transaction. Check that the database runs; try again.';

/** The answer to a commit was lost: it may have happened. */
export function commitFailure(error: unknown): unknown {
  const sqlState = error instanceof DatabaseError ? (error.code ?? '') : undefined;
  const answered = sqlState !== undefined && !/^(08|57P)/.test(sqlState);
  if (answered || !(error instanceof DatabaseError || isConnectionLoss(error))) {
    return databaseFailure(error);
  }
  return new HandoverError('commit-ambiguous', 'the answer to a commit was lost', {
    next: 'Read whether the transaction took place before trying it again.',
    failure: 'ambiguous',
    exitCode: exitCodes.unavailable,
  });
}

const unavailable = { failure: 'transient', exitCode: exitCodes.unavailable } as const;

const causes: readonly { states: RegExp; code: string; message: string; details: ErrorDetails }[] =
  [
    {
      states: /^53100$/,
      code: 'disk-full',
      message: 'the database has no room on its disk',
      details: {
        ...unavailable,
        next: 'What is committed is safe. Free disk space, then run: handover resume',
      },
    },
    {
      states: /^53/,
      code: 'database-busy',
      message: 'the database is out of connections or memory',
      details: { ...unavailable, next: 'Wait, use fewer workers, or raise max_connections.' },
    },
    {
      // 25P03, 25P04: the transaction was open for too long, as on a machine that was asleep.
      states: /^(08|57P|58030|25P0[34])/,
      code: 'database-unavailable',
      message: 'the database ended the connection',
      details: { ...unavailable, next: notCommitted },
    },
    {
      states: /^(40001|40P01|55P03)$/,
      code: 'database-conflict',
      message: 'the transaction collided with another one and was rolled back',
      details: { ...unavailable, next: 'Try the transaction again.' },
    },
    {
      states: /^57014$/,
      code: 'statement-cancelled',
      message: 'a statement was cancelled or ran too long',
      details: {
        ...unavailable,
        next: 'Try again; if it happens again, look at statement_timeout.',
      },
    },
    {
      states: /^(28|3D000)/,
      code: 'database-denied',
      message: 'the database does not let this role in, or does not exist',
      details: {
        next: 'Check user, password and database name in the connection URL.',
        exitCode: exitCodes.unavailable,
      },
    },
    {
      states: /^25006$/,
      code: 'write-outside-transaction',
      message: 'a statement that changes data ran outside Database.transaction',
      details: { next: 'This is a defect of Handover: please report it.' },
    },
  ];

function refusedStatement(error: DatabaseError): HandoverError {
  const sqlState = error.code ?? 'unknown';
  const cause = namesIn(error, sqlState);
  const known = causes.find(({ states }) => states.test(sqlState));
  return known === undefined
    ? new HandoverError('database-refused', refusal(error, sqlState), { cause })
    : new HandoverError(known.code, known.message, { ...known.details, cause });
}

function refusal(error: DatabaseError, sqlState: string): string {
  const said = sqlState.startsWith('42') ? `: ${error.message}` : '';
  const place = [error.constraint, error.table, error.column].find((name) => name !== undefined);
  const where = place === undefined ? '' : ` at ${place}`;
  return `the database refused a statement (SQLSTATE ${sqlState}${where})${said}`;
}

function namesIn(error: DatabaseError, sqlState: string): SqlFailure {
  return {
    sqlState,
    ...(error.constraint === undefined ? {} : { constraint: error.constraint }),
    ...(error.table === undefined ? {} : { table: error.table }),
    ...(error.column === undefined ? {} : { column: error.column }),
  };
}

const lossCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** `pg` throws plain errors for a connection that broke, timed out or was closed under a query. */
const lossMessage =
  /^Connection terminated|^Client (was closed|has encountered a connection error)|^timeout e|^Query read timeout|^Cannot use a pool after/;

export function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (lossMessage.test(error.message)) return true;
  const viaSystem = 'syscall' in error || systemCode(error) === 'ERR_STREAM_PREMATURE_CLOSE';
  return viaSystem && lossCodes.has(systemCode(error) ?? '');
}

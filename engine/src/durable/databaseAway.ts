import { retriablePostgresException } from '@dbos-inc/dbos-sdk/internal/system_database';
import { dbRetryConfig } from '@dbos-inc/dbos-sdk/internal/utils';
import { HandoverError, exitCodes } from '../base/errors.ts';

/** The engine's database does not answer: whoever asked may try again when it does. */
export function databaseAway(): HandoverError {
  return new HandoverError('database-unavailable', 'The control database does not answer.', {
    failure: 'transient',
    exitCode: exitCodes.unavailable,
    next: 'What is committed is safe. Start the database, then run: handover resume',
  });
}

/** A connection that failed or broke, as {@link databaseAway}; anything else as it is. */
export function awayFailure(error: unknown): unknown {
  if (error instanceof HandoverError) return error;
  return retriablePostgresException(error) || stoodStill(error) ? databaseAway() : error;
}

/** 25P03, 25P04: the server ended a transaction that stayed open for too long, as in a sleep. */
function stoodStill(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^25P0[34]$/.test(String(error.code));
}

/**
 * How long DBOS waits before it asks a database again that did not answer. As it comes, the pause
 * grows to a minute: a server that was away for that long would be idle for another.
 */
export function askAgainSoon(): void {
  Object.assign(dbRetryConfig, { initialBackoffSec: 0.2, maxBackoffSec: 3 });
}

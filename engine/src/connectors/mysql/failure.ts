import { exitCodes, HandoverError, systemCode } from '../../base/errors.ts';

/** Errors after which the connection, and with it the snapshot, is gone. */
const lost: ReadonlySet<string> = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'ECONNRESET',
  'EPIPE',
  'ER_SERVER_SHUTDOWN',
  'ER_CONNECTION_KILLED',
  'ER_CLIENT_INTERACTION_TIMEOUT',
  /** A table was altered since the snapshot was taken. */
  'ER_TABLE_DEF_CHANGED',
]);

const unreachable: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ETIMEDOUT',
  'ER_CON_COUNT_ERROR',
  'ER_LOCK_WAIT_TIMEOUT',
]);

const denied: ReadonlySet<string> = new Set([
  'ER_ACCESS_DENIED_ERROR',
  'ER_DBACCESS_DENIED_ERROR',
  'ER_ACCESS_DENIED_NO_PASSWORD_ERROR',
  'AUTH_SWITCH_PLUGIN_ERROR',
]);

/** Whether the connection is gone, and with it the snapshot. */
export function isLost(error: unknown): boolean {
  if (error instanceof HandoverError) return false;
  const isFatal = error instanceof Error && 'fatal' in error && error.fatal === true;
  return isFatal || lost.has(systemCode(error) ?? '');
}

/** Say what the driver says in the words of a source. Carries no value. */
export function mysqlFailure(error: unknown): unknown {
  const code = systemCode(error) ?? (isLost(error) ? 'connection closed' : undefined);
  if (error instanceof HandoverError || code === undefined) return error;
  if (isLost(error) || unreachable.has(code)) {
    return failure('source-unavailable', `the source database cannot be reached (${code})`, {
      next: 'Check that it runs and that `url` in the plan is right, then run: handover resume',
      failure: 'transient',
      cause: error,
    });
  }
  if (code === 'ER_BAD_DB_ERROR') {
    return failure('source-schema-missing', 'the server has no database of that name', {
      next: 'Correct the name after the last slash of `url`.',
      cause: error,
    });
  }
  if (denied.has(code)) {
    return failure('source-denied', `the source database does not let this user in (${code})`, {
      next: 'Check user, password and database name in `url`. Nothing was read.',
      cause: error,
    });
  }
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT' || code === 'HANDSHAKE_SSL_ERROR') {
    return failure('source-tls', `no encrypted connection to the source could be made (${code})`, {
      next: 'Give the server a certificate that is trusted here, or set `tls` in the plan.',
      cause: error,
    });
  }
  return failure('source-refused', `the source refused a statement (${code})`, {
    next: 'Check that the user may read every table of the database.',
    cause: error,
  });
}

function failure(
  code: string,
  message: string,
  details: { next: string; failure?: 'transient'; cause?: unknown },
): HandoverError {
  return new HandoverError(code, message, { exitCode: exitCodes.unavailable, ...details });
}

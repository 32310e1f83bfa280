import { exitCodes, HandoverError } from '../../base/errors.ts';
import { sqlFailureOf } from '../../store/sqlFailure.ts';

/** Say what `store` throws about a database in the words of a source. Carries no value. */
export function sourceFailure(error: unknown): unknown {
  if (!(error instanceof HandoverError)) return error;
  switch (error.code) {
    case 'database-unavailable':
    case 'database-busy':
    case 'database-conflict':
      return new HandoverError('source-unavailable', 'the source database cannot be reached', {
        next: 'Check that it runs and that `url` in the plan is right, then run: handover resume',
        failure: 'transient',
        exitCode: exitCodes.unavailable,
        cause: error,
      });
    case 'database-denied':
      return new HandoverError('source-denied', 'the source database does not let this role in', {
        next: 'Check user, password and database name in `url`. Nothing was read.',
        exitCode: exitCodes.unavailable,
        cause: error,
      });
    default:
      return refused(error);
  }
}

function refused(error: HandoverError): HandoverError {
  const sqlState = sqlFailureOf(error)?.sqlState;
  if (sqlState === undefined) return error;
  if (sqlState === '22021') {
    return new HandoverError('source-charset', 'the source holds bytes that are no UTF-8', {
      next: 'Set `charset` of this source in the plan to what the old system wrote.',
      cause: error,
    });
  }
  return new HandoverError('source-refused', error.message.replace('the database', 'the source'), {
    next: 'Check that the role may read every table of the schema.',
    cause: error,
  });
}

import { HandoverError, exitCodes } from '../base/errors.ts';
import type { AccountServices } from './accounts.ts';

/** How long the glass stays broken; whoever needs longer breaks it again, and is seen again. */
export const glassMs = 30 * 60_000;
const shortestReason = 10;
const longestReason = 500;

/**
 * Break the glass: for half an hour charts are open to somebody whose role does not open them. The
 * reason may speak of a patient, so it is sealed; that it happened stands in the audit log, which the
 * caller has written. @returns when it ends.
 * @throws HandoverError `reason-missing` (exit 2)
 */
export async function breakGlass(
  { database, key, clock }: Omit<AccountServices, 'random'>,
  account: string,
  reason: string,
): Promise<Date> {
  const now = clock.now();
  const expiresAt = new Date(now.getTime() + glassMs);
  await database.transaction((transaction) =>
    transaction.query(
      `insert into access.break_glass (account, reason, began_at, expires_at)
       values ($1, $2, $3, $4)`,
      [account, key.seal(Buffer.from(reason), glassContext(account)), now, expiresAt],
    ),
  );
  return expiresAt;
}

/** What the reason of who broke the glass is sealed to. */
export function glassContext(account: string): string {
  return `break-glass/${account}`;
}

/** @throws HandoverError `reason-missing` (exit 2): nothing was opened. */
export function judgeReason(reason: string): void {
  const length = reason.trim().length;
  if (length >= shortestReason && length <= longestReason) return;
  throw new HandoverError(
    'reason-missing',
    `A reason of ${shortestReason} to ${longestReason} characters is needed.`,
    { exitCode: exitCodes.usage, next: 'Say why the chart must be seen; nothing was opened.' },
  );
}

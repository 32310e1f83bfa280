import { HandoverError, exitCodes, type ExitCode } from '../../base/errors.ts';
import type { Principal, Role } from '../../contract/access.ts';
import type { Database } from '../../store/database.ts';
import { auditLogOf, decisionEvent } from '../composition.ts';
import type { Project } from '../project.ts';
import { actingAccount, secretLines } from './account.ts';
import { withControl } from './look.ts';

/**
 * Act as an account that has one of these roles. Standard input: a patient's number where one is asked
 * for, then password and code, a line each.
 * @throws HandoverError `sign-in-refused`, `role-missing` (exit 9)
 */
export async function deciding(
  project: Project,
  { as, patient }: { as: string; patient?: string },
  allowed: readonly Role[],
  work: (database: Database, principal: Principal, number: string) => Promise<ExitCode>,
): Promise<ExitCode> {
  const lines = await secretLines();
  const [number = '', ...rest] = patient === undefined ? ['', ...lines] : lines;
  return withControl(project, async (database) => {
    const principal = await actingAccount(project, database, as, rest);
    if (!principal.roles.some((role) => allowed.includes(role))) throw roleMissing(allowed);
    return work(database, principal, number);
  });
}

/** A decision is on record before it is one. */
export function recordDecision(
  project: Project,
  database: Database,
  { name }: Principal,
  what: string,
): Promise<void> {
  return auditLogOf(project, database).record([decisionEvent(name, what)]);
}

function roleMissing(allowed: readonly Role[]): HandoverError {
  return new HandoverError('role-missing', 'The account may not decide this.', {
    exitCode: exitCodes.approvalNeeded,
    next: `Somebody who is ${allowed.join(' or ')} does. Nothing was done.`,
  });
}

import { addAccount, disableAccount, hasAccounts, listAccounts } from '../../access/accounts.ts';
import { addFederatedAccount } from '../../access/federated.ts';
import { judgeProof } from '../../access/signIn.ts';
import { addToken, listTokens, revokeToken } from '../../access/tokens.ts';
import { base32, totpUri } from '../../access/totp.ts';
import { HandoverError, exitCodes, type ExitCode } from '../../base/errors.ts';
import type { Principal, Role } from '../../contract/access.ts';
import { readProject } from '../../run/plan/read.ts';
import { readAccessSettings } from '../../server/access/settings.ts';
import type { Database } from '../../store/database.ts';
import { accountServices, auditLogOf, decisionEvent } from '../composition.ts';
import { table, type Output } from '../output.ts';
import type { Project } from '../project.ts';
import { readStandardInput, withControl } from './look.ts';

/** Lines of standard input: secrets come this way and no other. */
export async function secretLines(): Promise<string[]> {
  return (await readStandardInput()).split(/\r?\n/);
}

/**
 * Who acts: the account of `--as`, by the password and the code that are the first two lines.
 * @throws HandoverError `sign-in-refused` (exit 9)
 */
export async function actingAccount(
  project: Project,
  database: Database,
  name: string,
  [password = '', code = '']: readonly string[],
): Promise<Principal> {
  const services = accountServices(project, database);
  const judged = await judgeProof(services, { account: name, password, code: code.trim() });
  if (typeof judged !== 'string') return { name, kind: 'person', roles: judged.roles };
  throw new HandoverError('sign-in-refused', 'Account, password and code do not fit together.', {
    exitCode: exitCodes.approvalNeeded,
    next: 'Give the password and a new code, a line each, on standard input. Nothing was done.',
  });
}

export interface AddAccountOptions {
  roles: readonly Role[];
  as?: string;
  recover?: boolean;
  /** The identity provider signs them in; only the second factor is kept here. */
  provider?: boolean;
}

/**
 * `handover account add NAME`: the first by whoever holds the project's key on its host, every other
 * by compliance. `--recover` is for when nobody of them is left, and stands out in the audit log.
 */
export async function accountAddCommand(
  project: Project,
  output: Output,
  name: string,
  options: AddAccountOptions,
): Promise<ExitCode> {
  const issuer = options.provider === true ? await issuerOf(project) : undefined;
  const lines = await secretLines();
  return withControl(project, async (database) => {
    const { by, rest } = await maker(project, database, lines, options);
    const audit = auditLogOf(project, database);
    const [password = ''] = rest;
    const what = options.recover === true ? `Recovery/${name}` : `Account/${name}`;
    await audit.record([decisionEvent(by, what)]);
    const services = accountServices(project, database);
    const { roles: own } = options;
    const secret =
      issuer === undefined
        ? await addAccount(services, { name, roles: own, password })
        : await addFederatedAccount(services, { name, roles: own, issuer });
    const uri = totpUri(
      secret,
      name,
      (await readProject(project.folder)).value?.document.name ?? '',
    );
    output.data({ format: 'handover-account/1', account: name, roles: options.roles, uri }, () => [
      `account ${name}: ${options.roles.join(', ')}`,
      `second factor, shown this once: ${base32(secret)}`,
      uri,
    ]);
    return exitCodes.ok;
  });
}

/** @throws HandoverError `provider-none` (exit 2) */
async function issuerOf({ folder, environment }: Project): Promise<string> {
  const { provider } = await readAccessSettings(folder, environment);
  if (provider !== undefined) return provider.issuer;
  throw new HandoverError('provider-none', 'access.yaml names no identity provider.', {
    exitCode: exitCodes.usage,
    next: 'Leave --provider out, or write `provider` into access.yaml. Nothing was made.',
  });
}

async function maker(
  project: Project,
  database: Database,
  lines: readonly string[],
  { as, roles: wanted, recover }: AddAccountOptions,
): Promise<{ by: string; rest: readonly string[] }> {
  const isFirst = !(await hasAccounts(database));
  if (isFirst && !wanted.includes('compliance')) {
    throw needed('The first account has the role compliance: it makes the others.');
  }
  if (isFirst || recover === true) return { by: 'operator', rest: lines };
  if (as === undefined) throw needed('This project has accounts: compliance makes others.');
  const { name, roles: own } = await actingAccount(project, database, as, lines);
  if (!own.includes('compliance')) throw needed('Only compliance makes accounts and tokens.');
  return { by: name, rest: lines.slice(2) };
}

function needed(message: string): HandoverError {
  return new HandoverError('compliance-needed', message, {
    exitCode: exitCodes.approvalNeeded,
    next: 'Add --as NAME and give its password and code first, a line each, on standard input.',
  });
}

/** `handover account list` */
export async function accountListCommand(project: Project, output: Output): Promise<ExitCode> {
  return withControl(project, async (database) => {
    const accounts = await listAccounts(database);
    output.data({ format: 'handover-accounts/1', accounts }, () =>
      table(
        ['account', 'roles', 'since', 'disabled'],
        accounts.map(({ name, roles: own, createdAt, disabledAt }) => [
          name,
          own.join(', '),
          createdAt,
          disabledAt ?? '',
        ]),
      ),
    );
    return exitCodes.ok;
  });
}

/** `handover account disable NAME`: its sessions end at once, whatever process holds them. */
export async function accountDisableCommand(
  project: Project,
  output: Output,
  name: string,
): Promise<ExitCode> {
  return withControl(project, async (database) => {
    await auditLogOf(project, database).record([decisionEvent('operator', `Disable/${name}`)]);
    await disableAccount(accountServices(project, database), name);
    output.data({ format: 'handover-account-disabled/1', account: name }, () => [
      `${name} is disabled; its sessions have ended.`,
    ]);
    return exitCodes.ok;
  });
}

/**
 * Who of compliance makes what a machine proves itself with.
 * @throws HandoverError `compliance-needed`, `sign-in-refused` (exit 9)
 */
export async function actingCompliance(
  project: Project,
  database: Database,
  as: string | undefined,
): Promise<string> {
  const lines = as === undefined ? [] : await secretLines();
  if (!(await hasAccounts(database))) throw needed('Tokens are made once there are accounts.');
  const options = { roles: [], ...(as !== undefined && { as }) };
  return (await maker(project, database, lines, options)).by;
}

/** `handover token add NAME`: what a machine shows at the FHIR face. */
export async function tokenAddCommand(
  project: Project,
  output: Output,
  name: string,
  options: { roles: readonly Role[]; days: number; as?: string },
): Promise<ExitCode> {
  return withControl(project, async (database) => {
    const by = await actingCompliance(project, database, options.as);
    await auditLogOf(project, database).record([decisionEvent(by, `Token/${name}`)]);
    const { roles: given, days } = options;
    const services = accountServices(project, database);
    const token = await addToken(services, { name, roles: given, createdBy: by, days });
    output.data({ format: 'handover-token/1', name, roles: given, token }, () => [
      `token ${name}: ${given.join(', ')}, for ${days} days, shown this once:`,
      token,
    ]);
    return exitCodes.ok;
  });
}

/** `handover token list` */
export async function tokenListCommand(project: Project, output: Output): Promise<ExitCode> {
  return withControl(project, async (database) => {
    const tokens = await listTokens(database);
    output.data({ format: 'handover-tokens/1', tokens }, () =>
      table(
        ['token', 'roles', 'made by', 'expires', ''],
        tokens.map(({ name, roles: own, createdBy, expiresAt, revoked }) => [
          name,
          own.join(', '),
          createdBy,
          expiresAt,
          revoked ? 'revoked' : '',
        ]),
      ),
    );
    return exitCodes.ok;
  });
}

/** `handover token revoke NAME` */
export async function tokenRevokeCommand(
  project: Project,
  output: Output,
  name: string,
): Promise<ExitCode> {
  return withControl(project, async (database) => {
    await auditLogOf(project, database).record([decisionEvent('operator', `Revoke/${name}`)]);
    await revokeToken(accountServices(project, database), name);
    output.data({ format: 'handover-token-revoked/1', name }, () => [`${name} is revoked.`]);
    return exitCodes.ok;
  });
}

import { readFile } from 'node:fs/promises';
import { addClient, listClients, revokeClient, type ClientKeys } from '../../access/clients.ts';
import { isSealed } from '../../base/loopback.ts';
import { exitCodes, systemCode, type ExitCode } from '../../base/errors.ts';
import { scopeText, type SystemScope } from '../../contract/scopes.ts';
import { clientKeys, unfit } from '../../server/access/tokenDesk.ts';
import { accountServices, auditLogOf, decisionEvent } from '../composition.ts';
import { table, type Output } from '../output.ts';
import type { Project } from '../project.ts';
import { actingCompliance } from './account.ts';
import { withControl } from './look.ts';

export interface AddClientOptions {
  scopes: readonly SystemScope[];
  keys?: string;
  keysUrl?: string;
  as?: string;
}

/** `handover client add NAME`: a machine that proves itself with a key of its own. */
export async function clientAddCommand(
  project: Project,
  output: Output,
  name: string,
  options: AddClientOptions,
): Promise<ExitCode> {
  const proof = await proofOf(options);
  const { scopes } = options;
  return withControl(project, async (database) => {
    const createdBy = await actingCompliance(project, database, options.as);
    await auditLogOf(project, database).record([decisionEvent(createdBy, `Client/${name}`)]);
    await addClient(accountServices(project, database), { name, proof, scopes, createdBy });
    const texts = scopes.map(scopeText);
    output.data({ format: 'handover-client/1', client: name, scopes: texts }, () => [
      `client ${name}: ${texts.join(' ')}`,
      'It asks for tokens where `handover serve` listens: .well-known/smart-configuration tells.',
    ]);
    return exitCodes.ok;
  });
}

async function proofOf({ keys, keysUrl }: AddClientOptions): Promise<ClientKeys> {
  if ((keys === undefined) === (keysUrl === undefined)) {
    throw unfit('One of --keys and --keys-url tells its public keys.');
  }
  if (keys !== undefined) return { keys: clientKeys(await textOf(keys)) };
  const url = URL.parse(keysUrl ?? '');
  if (url === null || !isSealed(url)) throw unfit('--keys-url is no https:// address.');
  return { url: url.href };
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    throw unfit('The file of its keys cannot be read.');
  }
}

/** `handover client list` */
export async function clientListCommand(project: Project, output: Output): Promise<ExitCode> {
  return withControl(project, async (database) => {
    const clients = await listClients(database);
    output.data({ format: 'handover-clients/1', clients }, () =>
      table(
        ['client', 'scopes', 'keys', 'by', 'since', ''],
        clients.map(({ name, scopes, keysUrl, createdBy, createdAt, revoked }) => [
          name,
          scopes.join(' '),
          keysUrl ?? 'given',
          createdBy,
          createdAt,
          revoked ? 'revoked' : '',
        ]),
      ),
    );
    return exitCodes.ok;
  });
}

/** `handover client revoke NAME` */
export async function clientRevokeCommand(
  project: Project,
  output: Output,
  name: string,
): Promise<ExitCode> {
  return withControl(project, async (database) => {
    await auditLogOf(project, database).record([decisionEvent('operator', `Revoke/${name}`)]);
    await revokeClient(accountServices(project, database), name);
    output.data({ format: 'handover-client-revoked/1', client: name }, () => [
      `${name} is revoked; its tokens count no more.`,
    ]);
    return exitCodes.ok;
  });
}

import { join } from 'node:path';
import { listClients } from '../../access/clients.ts';
import { exitCodes, HandoverError, type ExitCode } from '../../base/errors.ts';
import { draftedTypes } from '../../ledger/pages.ts';
import { listRuns } from '../../ledger/runs.ts';
import { outboundHosts, type OutboundHost } from '../../run/plan/outbound.ts';
import { readProject, type ProjectText } from '../../run/plan/read.ts';
import { inventoryOf, processingRecord, type SystemLine } from '../../run/subjects/registers.ts';
import { readAccessSettings, signInHosts } from '../../server/access/settings.ts';
import { connectorsOf } from '../composition.ts';
import { table, type Output } from '../output.ts';
import { keyServiceHost } from '../keySettings.ts';
import { keyState, parcelFolder, type Project } from '../project.ts';
import { withControl } from './look.ts';

/** `handover processing-record`: the record of processing activities of GDPR Art. 30, from the plan. */
export async function processingRecordCommand(project: Project, output: Output): Promise<ExitCode> {
  const { document } = await planOf(project);
  return withControl(project, async (database) => {
    const [run] = await listRuns(database);
    const types = run === undefined ? [] : await draftedTypes(database, run.id);
    const record = processingRecord(document, types);
    output.data(record, () => [
      `${record.activity}: ${record.purpose}`,
      `controllers: ${record.controllers.join(', ') || 'not named'}`,
      `data subjects: ${record.dataSubjects.join(', ')}`,
      `categories: ${types.map(({ type, drafts }) => `${type} (${drafts})`).join(', ') || 'no run yet'}`,
      'recipients:',
      ...systemLines(record.recipients),
      ...record.transfers.map(
        ({ from, to, jurisdictions }) => `transfer: ${from} to ${to}, ${jurisdictions}`,
      ),
      `erasure: ${record.erasure}`,
      'security:',
      ...record.security.map((line) => `  ${line}`),
      ...record.gaps.map((gap) => `not said by the plan: ${gap}`),
    ]);
    return exitCodes.ok;
  });
}

/** `handover inventory`: what holds data about patients, where, and the ways that it takes. */
export async function inventoryCommand(
  project: Project,
  output: Output,
  version: string,
): Promise<ExitCode> {
  const text = await planOf(project);
  const { document } = text;
  const { provider } = await keyState(project);
  const inventory = inventoryOf(document, {
    version,
    project: document.name,
    parcels: parcelFolder(project.folder),
    keyFile: join(project.folder, '.handover', 'key.json'),
    control: serverOf(project.environment.DATABASE_URL),
    ownTarget: serverOf(
      project.environment.HANDOVER_TARGET_URL ?? project.environment.DATABASE_URL,
    ),
    keyProvider: provider,
    outbound: await outboundOf(project, text),
  });
  output.data(inventory, () => [
    ...systemLines(inventory.systems),
    '',
    ...table(
      ['asset', 'where', 'holds', 'protection'],
      inventory.assets.map(({ asset, where, holds, protection }) => [
        asset,
        where,
        holds,
        protection,
      ]),
    ),
    '',
    ...table(
      ['from', 'to', 'what', 'protection'],
      inventory.flows.map(({ from, to, what, protection }) => [from, to, what, protection]),
    ),
    '',
    ...table(
      ['outbound to', 'for', 'guard'],
      inventory.outbound.map(({ host, purpose, guard }) => [
        host ?? 'not known here',
        purpose,
        guard ?? '',
      ]),
    ),
  ]);
  return exitCodes.ok;
}

/** What the plan names, and beside it whom a sign-in asks. */
async function outboundOf(project: Project, text: ProjectText): Promise<OutboundHost[]> {
  const { folder, environment } = project;
  const settings = await readAccessSettings(folder, environment);
  return withControl(project, async (database) => [
    ...outboundHosts(text, connectorsOf(project), environment),
    ...signInHosts(settings, await listClients(database)).map((one): OutboundHost => ({
      ...one,
      guard: 'verified',
    })),
    ...(await keyState(project)).wrapped.flatMap((key): OutboundHost[] => {
      const host = keyServiceHost(key, environment);
      return host === undefined ? [] : [{ host, purpose: 'project key', guard: 'verified' }];
    }),
  ]);
}

function systemLines(systems: readonly SystemLine[]): string[] {
  return table(
    ['system', 'end', 'kind', 'owner', 'jurisdiction', 'agreement'],
    systems.map(({ name, end, kind, owner, jurisdiction, agreement }) => [
      name,
      end,
      kind,
      owner,
      jurisdiction,
      agreement,
    ]),
  );
}

/** The server alone: a URL may hold a password. */
function serverOf(url: string | undefined): string {
  return url === undefined
    ? 'embedded in the project folder'
    : (URL.parse(url)?.host ?? 'DATABASE_URL');
}

async function planOf(project: Project): Promise<ProjectText> {
  const { value } = await readProject(project.folder);
  if (value !== undefined) return value;
  throw new HandoverError('plan-unreadable', 'The plan cannot be read as it stands.', {
    exitCode: exitCodes.planInvalid,
    next: 'See its mistakes with `handover plan check`.',
  });
}

import { fileURLToPath } from 'node:url';
import { systemClock } from '../../base/clock.ts';
import { HandoverError, exitCodes, type ExitCode } from '../../base/errors.ts';
import { systemRandom } from '../../base/random.ts';
import { readProject } from '../../run/plan/read.ts';
import { hasAccounts } from '../../access/accounts.ts';
import { IdentityProvider } from '../../server/access/identityProvider.ts';
import { readAccessSettings } from '../../server/access/settings.ts';
import { ConsoleDesk } from '../../server/console/consoleDesk.ts';
import { readConsoleFiles } from '../../server/console/consoleFiles.ts';
import { RevealDesk } from '../../server/console/revealDesk.ts';
import { accountServices, auditLogOf, gateServices, parcelsOf } from '../composition.ts';
import type { Output } from '../output.ts';
import type { Project } from '../project.ts';
import { listenAt, type ServingOptions } from '../serving.ts';
import { withControl } from './look.ts';
import { onInterrupt } from './run.ts';

/** Where `npm run console` puts the built pages. */
const built = fileURLToPath(new URL('../../../../console/dist/', import.meta.url));

/** `handover console`: the runs of the project in a browser, on loopback or over TLS, behind a sign-in. */
export async function consoleCommand(
  project: Project,
  output: Output,
  options: ServingOptions,
): Promise<ExitCode> {
  const files = await readConsoleFiles(built);
  if (files === undefined) throw notBuilt();
  const at = await listenAt(options);
  const access = await readAccessSettings(project.folder, project.environment);
  const { value } = await readProject(project.folder);
  const name = value?.document.name ?? '';
  return withControl(project, async (database) => {
    const code = systemRandom.bytes(24).toString('base64url');
    const desk = new ConsoleDesk(database, project.key, name);
    const { log } = project;
    const services = { clock: systemClock, random: systemRandom, log };
    const audit = auditLogOf(project, database);
    const accounts = accountServices(project, database);
    const reveal = new RevealDesk(database, parcelsOf(project, database));
    const actions = { accounts, audit, reveal, log };
    const gates = gateServices(project, database);
    const { createConsoleServer } = await import('../../server/console/consoleServer.ts');
    const { listen } = await import('../../server/listening.ts');
    const provider = access.provider && new IdentityProvider(access.provider, services);
    const app = createConsoleServer({
      desk,
      files,
      code,
      actions,
      gates,
      at,
      ...services,
      ...(provider && { provider }),
      origin: access.origin,
    });
    const address = await listen(app, at);
    const byAccount = await hasAccounts(database);
    output.data({ format: 'handover-console/1', address, code }, () => [
      `console at ${address}`,
      byAccount ? 'Sign in with your account.' : `sign-in code: ${code}`,
    ]);
    await new Promise<void>((resolve) => {
      onInterrupt(resolve);
    });
    await app.close();
    return exitCodes.ok;
  });
}

function notBuilt(): HandoverError {
  return new HandoverError('console-not-built', 'The pages of the console are not there yet.', {
    exitCode: exitCodes.usage,
    next: 'Run `npm run console` once; it builds them.',
  });
}

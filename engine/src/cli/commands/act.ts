import { resolve as resolvePath } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { HandoverError, exitCodes, type ExitCode } from '../../base/errors.ts';
import { systemRandom } from '../../base/random.ts';
import { signAuditHead } from '../../audit/auditLog.ts';
import { batchRecorder } from '../../audit/batchRecorder.ts';
import { restoreRunState, setRunState } from '../../ledger/runs.ts';
import { principalOfClientToken } from '../../access/clients.ts';
import { principalOfToken } from '../../access/tokens.ts';
import { chooseWholeRun } from '../../run/begin.ts';
import { openEndpoints } from '../../run/endpoints.ts';
import { openThroughGate } from '../../run/gates/gates.ts';
import type { CompiledPlan } from '../../run/plan/compile.ts';
import { readProject } from '../../run/plan/read.ts';
import { readRevision } from '../../run/revision.ts';
import { isUndoRefusal, undoRun } from '../../run/undo.ts';
import {
  accountServices,
  auditLogOf,
  auditServices,
  bindPlan,
  connectorServices,
  gateServices,
  openWorkshop,
  parcelsOf,
  same,
} from '../composition.ts';
import { counted, several, type Output } from '../output.ts';
import type { WorkOptions } from '../options.ts';
import { openEmbeddedTarget } from '../patients.ts';
import type { Project } from '../project.ts';
import { listenAt, type ServingOptions } from '../serving.ts';
import { accessRecord } from '../../server/access/record.ts';
import { withControl } from './look.ts';
import { onInterrupt, workshopOptions } from './run.ts';

/** Destructive commands name the project once more, so that none runs in the wrong folder. */
export async function confirmed(project: Project, confirm: string | undefined): Promise<void> {
  const { value } = await readProject(project.folder);
  const name = value?.document.name;
  if (name !== undefined && confirm === name) return;
  throw new HandoverError(
    'confirmation-missing',
    'This cannot be taken back; confirm the project.',
    {
      exitCode: exitCodes.approvalNeeded,
      next: `Add --confirm ${name ?? 'PROJECT'}.`,
    },
  );
}

/** `handover undo RUN`: the target is as if the run had never been. */
export async function undoCommand(
  project: Project,
  output: Output,
  id: string | undefined,
  options: { confirm?: string },
): Promise<ExitCode> {
  await confirmed(project, options.confirm);
  return withControl(project, async (database) => {
    const run = await chooseWholeRun(database, id);
    const text = await readRevision(database, project.key, run.revision);
    const plan = bindPlan(project, text, 'targets');
    requireRevertible(plan);
    await database.transaction((transaction) => setRunState(transaction, run.id, 'cancelled'));
    const endpoints = openEndpoints(plan, connectorServices(project, database));
    try {
      const targets = await endpoints.targets();
      const parcels = parcelsOf(project, database);
      const results = await undoRun(
        {
          database,
          targets,
          parcels,
          same,
          audit: batchRecorder(auditServices(project)),
          clock: systemClock,
          byNewVersion: keepingVersions(plan),
        },
        run.id,
        new AbortController().signal,
      );
      output.data({ format: 'handover-undo/1', run: run.id, results }, () =>
        results.map(
          ({ target, reverted, historyKept }) =>
            `${target}: ${several(reverted, 'write')} taken back` +
            (historyKept ? ' by new versions; its history shows both' : ''),
        ),
      );
    } catch (error) {
      if (isUndoRefusal(error)) {
        await database.transaction((transaction) => restoreRunState(transaction, run));
      }
      throw error;
    } finally {
      await endpoints.close();
    }
    return exitCodes.ok;
  });
}

/** Every target is asked before any is touched: half an undo would be worse than none. */
function requireRevertible({ targets }: CompiledPlan): void {
  const fixed = [...targets].filter(([, { capabilities }]) => !capabilities.revert);
  if (fixed.length === 0) return;
  const names = fixed.map(([name]) => name).join(', ');
  throw new HandoverError(
    'revert-unsupported',
    `What was written to ${names} cannot be taken back exactly; nothing was changed.`,
    {
      exitCode: exitCodes.gateNotMet,
      next: 'Take the load back with the means of that target, or correct it with a new run.',
    },
  );
}

function keepingVersions({ targets }: CompiledPlan): Set<string> {
  const keeping = [...targets].filter(([, { capabilities }]) => capabilities.revert !== true);
  return new Set(keeping.map(([name]) => name));
}

/** `handover target open NAME`: from now on a legal record, which is corrected and never undone. */
export async function openTargetCommand(
  project: Project,
  output: Output,
  name: string,
  options: { confirm?: string },
): Promise<ExitCode> {
  await confirmed(project, options.confirm);
  const { value } = await readProject(project.folder);
  if (value?.document.targets[name] === undefined) {
    throw new HandoverError('target-unknown', `The plan has no target "${name}".`, {
      exitCode: exitCodes.usage,
      next: `Targets are: ${Object.keys(value?.document.targets ?? {}).join(', ')}.`,
    });
  }
  return withControl(project, async (database) => {
    const first = await openThroughGate(gateServices(project, database), 'operator', name);
    output.data({ format: 'handover-opening/1', target: name, opened: first }, () => [
      first
        ? `Target "${name}" is open to its users from now on: loads are corrected, not undone.`
        : `Target "${name}" was open already.`,
    ]);
    return exitCodes.ok;
  });
}

/** `handover worker`: take up slices of any run of this project until told to stop. */
export async function workerCommand(
  project: Project,
  output: Output,
  options: WorkOptions,
): Promise<ExitCode> {
  const workshop = await openWorkshop(project, workshopOptions(options, output));
  output.note(`worker ${workshop.engine.worker}`);
  await new Promise<void>((resolve) => {
    const release = onInterrupt(() => {
      workshop.drain();
      release();
      resolve();
    });
  });
  await workshop.close();
  return exitCodes.ok;
}

/** `handover serve`: the FHIR REST face of an embedded target, on loopback or over TLS, behind tokens. */
export async function serveCommand(
  project: Project,
  output: Output,
  options: ServingOptions & { target?: string; terminology?: string },
): Promise<ExitCode> {
  const at = await listenAt(options);
  const { value } = await readProject(project.folder);
  const targets = Object.entries(value?.document.targets ?? {});
  const chosen = targets.find(
    ([name, { kind }]) => kind === 'embedded' && (options.target ?? name) === name,
  );
  if (chosen === undefined) throw targetNotEmbedded();
  const [name, settings] = chosen;
  const { terminologyOver } = await import('../packages.ts');
  const { packages = [], terminology: named } = value?.document.check ?? {};
  const folder = options.terminology ?? (named && resolvePath(project.folder, named));
  const guides = packages.map((each) => resolvePath(project.folder, each));
  const loaded = await terminologyOver(guides, folder);
  for (const { file, summary, concepts } of loaded.files) {
    output.note(`${file}: ${summary}, ${counted(concepts)}`);
  }
  return withControl(project, async (database) => {
    const store = await openEmbeddedTarget(project, name, settings.url);
    await store.flush();
    const token = systemRandom.bytes(32).toString('base64url');
    const { createServer } = await import('../../server/server.ts');
    const { listen } = await import('../../server/listening.ts');
    const { TokenDesk } = await import('../../server/access/tokenDesk.ts');
    const accounts = accountServices(project, database);
    const audit = auditLogOf(project, database);
    const record = accessRecord(audit, systemClock);
    const app = createServer({
      store,
      machine: async (shown) =>
        (await principalOfToken(accounts, shown)) ?? principalOfClientToken(accounts, shown),
      tokens: new TokenDesk({ accounts, record }),
      at,
      actor: 'operator',
      audit,
      token,
      clock: systemClock,
      random: systemRandom,
      log: project.log,
      tls: at.tls,
      terminology: loaded.terminology,
    });
    const address = await listen(app, at);
    output.data({ format: 'handover-serve/1', address, token }, () => [
      `FHIR R4 at ${address}`,
      `Authorization: Bearer ${token}`,
    ]);
    await new Promise<void>((resolve) => {
      onInterrupt(resolve);
    });
    await app.close();
    await signAuditHead(database, auditServices(project));
    await store.close();
    return exitCodes.ok;
  });
}

function targetNotEmbedded(): HandoverError {
  return new HandoverError('target-unknown', 'The plan has no such embedded target to serve.', {
    exitCode: exitCodes.usage,
    next: 'Name one with --target NAME.',
  });
}

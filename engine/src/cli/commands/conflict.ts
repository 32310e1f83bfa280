import type { AuditEvent } from '../../audit/auditEvent.ts';
import { HandoverError, exitCodes, type ExitCode } from '../../base/errors.ts';
import { systemClock } from '../../base/clock.ts';
import { canonicalJson } from '../../base/json.ts';
import type { ConflictVerdict } from '../../ledger/conflicts.ts';
import { listExceptions, type Exception } from '../../ledger/exceptions.ts';
import type { Run } from '../../ledger/runs.ts';
import { streamsOf } from '../../ledger/streams.ts';
import { chooseWholeRun } from '../../run/begin.ts';
import { openEndpoints } from '../../run/endpoints.ts';
import {
  conflictsOf,
  decideConflicts,
  elementsOf,
  isConflict,
  type Conflict,
  type ConflictElement,
} from '../../run/existing/conflicts.ts';
import { requireReason } from '../../run/linkage/decidePair.ts';
import { readRevision } from '../../run/revision.ts';
import type { Database } from '../../store/database.ts';
import {
  auditLogOf,
  bindPlan,
  connectorServices,
  openWorkshop,
  parcelsOf,
} from '../composition.ts';
import { several, type Output } from '../output.ts';
import type { Project } from '../project.ts';
import { secretLines } from './account.ts';
import { requireAll } from './choose.ts';
import { decider } from './linkPersons.ts';
import { replayExceptions, type ReplayOptions } from './replay.ts';
import { currentRevision, judgedProject, workshopOptions } from './run.ts';

export interface ConflictOptions extends ReplayOptions {
  as: string;
}

const words: Readonly<Record<ConflictVerdict, string>> = {
  keep: "the target's own stands",
  take: "the source's is written over it",
};

/**
 * `handover quarantine keep|take`: of items that users of a target changed or removed, whose stands; then
 * just these go through again. The reason comes on standard input; where the project has accounts, behind
 * the password and the code of the one that decides.
 */
export async function conflictCommand(
  project: Project,
  output: Output,
  verdict: ConflictVerdict,
  ids: readonly string[],
  options: ConflictOptions,
): Promise<ExitCode> {
  if (ids.length === 0 && options.code === undefined && options.stream === undefined) {
    throw nothingNamed();
  }
  const lines = await secretLines();
  const workshop = await openWorkshop(project, workshopOptions(options, output));
  const { database } = workshop;
  try {
    const { by, reason } = await decider(project, database, options.as, lines);
    requireReason(reason);
    const run = await chooseWholeRun(database, options.run);
    const text = await judgedProject(project, output, await streamsOf(database, run.id));
    const held = await heldAs(database, run, ids, options);
    await withConflicts(project, database, run, held, async (conflicts) => {
      const what = { action: 'decision', outcome: 'attempted' } as const;
      await auditLogOf(project, database).record(conflicts.map((one) => eventOn(by, one, what)));
      const services = { database, key: project.key };
      await decideConflicts(services, run.id, conflicts, { verdict, reason, by });
    });
    output.note(`kept of ${several(held.length, 'item')}: ${words[verdict]} (${by})`);
    return await replayExceptions(project, workshop, output, { run, text, held });
  } finally {
    await workshop.close();
  }
}

async function heldAs(
  database: Database,
  run: Run,
  ids: readonly string[],
  { stream, code }: ConflictOptions,
): Promise<Exception[]> {
  const held = await listExceptions(database, run.id, {
    kind: 'quarantined',
    standing: true,
    ...(ids.length > 0 && { ids }),
    ...(stream !== undefined && { stream }),
    ...(code !== undefined && { code }),
  });
  requireAll(held, ids);
  // By stream alone, what is held there for something else is not meant.
  const meant = ids.length > 0 || code !== undefined ? held : held.filter(isConflict);
  if (meant.length > 0) return meant;
  throw new HandoverError('held-unknown', 'Nothing that is held fits.', {
    exitCode: exitCodes.usage,
    next: 'See the ids with `handover quarantine list`.',
  });
}

function eventOn(
  actor: string,
  { type, id, patient }: Conflict,
  what: Pick<AuditEvent, 'action' | 'outcome'>,
): AuditEvent {
  return {
    instant: systemClock.now(),
    actor,
    resourceType: type,
    resourceIds: [id],
    patient,
    ...what,
  };
}

/** What held items of a run are in conflict with, while their targets are open. */
async function withConflicts<T>(
  project: Project,
  database: Database,
  run: Run,
  held: readonly Exception[],
  use: (conflicts: readonly Conflict[]) => Promise<T>,
): Promise<T> {
  const text = await readRevision(database, project.key, await currentRevision(database, run));
  const plan = bindPlan(project, text, 'targets');
  const endpoints = openEndpoints(plan, connectorServices(project, database));
  try {
    const targets = await endpoints.targets();
    const services = { parcels: parcelsOf(project, database), targets };
    return await use(await conflictsOf(services, held, new AbortController().signal));
  } finally {
    await endpoints.close();
  }
}

/**
 * In what a held item and the target differ now; undefined: it is held for something else. With
 * `reveal` the values too, which is audited first.
 */
export async function conflictElements(
  project: Project,
  database: Database,
  run: Run,
  held: Exception,
  reveal: boolean,
): Promise<readonly ConflictElement[] | undefined> {
  if (!isConflict(held)) return undefined;
  return withConflicts(project, database, run, [held], async ([conflict]) => {
    if (conflict === undefined) return undefined;
    if (reveal) {
      const look = { action: 'read', outcome: 'disclosed' } as const;
      await auditLogOf(project, database).record([eventOn('operator', conflict, look)]);
    }
    return elementsOf(conflict, reveal);
  });
}

export function elementLines(elements: readonly ConflictElement[]): string[] {
  return elements.flatMap(({ path, code, target, source }) => [
    `differs: ${path} (${code})`,
    ...(target === undefined ? [] : [`  target: ${canonicalJson(target)}`]),
    ...(source === undefined ? [] : [`  source: ${canonicalJson(source)}`]),
  ]);
}

function nothingNamed(): HandoverError {
  return new HandoverError('conflict-missing', 'Which items are decided on is not said.', {
    exitCode: exitCodes.usage,
    next: 'Give their ids, or --code changed-at-target, or --stream NAME.',
  });
}

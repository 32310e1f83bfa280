import { encodeBase32 } from '../../base/base32.ts';
import { systemClock } from '../../base/clock.ts';
import { HandoverError, exitCodes, type ExitCode } from '../../base/errors.ts';
import { listExceptions, type Exception } from '../../ledger/exceptions.ts';
import { chooseRun } from '../../run/begin.ts';
import { recordBehind } from '../../run/replay.ts';
import type { Database } from '../../store/database.ts';
import { auditLogOf, parcelsOf } from '../composition.ts';
import { table, type Output } from '../output.ts';
import type { Project } from '../project.ts';
import { conflictElements, elementLines } from './conflict.ts';
import { withControl } from './look.ts';

export interface HeldOptions {
  run?: string;
  stream?: string;
  code?: string;
  limit: number;
}

/** `handover quarantine list`: what is held, why, since when. */
export async function heldCommand(
  project: Project,
  output: Output,
  options: HeldOptions,
): Promise<ExitCode> {
  return withControl(project, async (database) => {
    const run = await chooseRun(database, options.run);
    const held = await listExceptions(database, run.id, {
      kind: 'quarantined',
      standing: true,
      limit: options.limit,
      ...(options.stream !== undefined && { stream: options.stream }),
      ...(options.code !== undefined && { code: options.code }),
    });
    output.data({ format: 'handover-held/1', run: run.id, held: held.map(heldJson) }, () =>
      table(
        ['id', 'phase', 'stream', 'reason', 'path', 'since'],
        held.map((one) => [
          one.id,
          one.key.phase,
          one.key.stream,
          one.resolution?.code || one.code,
          one.path,
          one.raisedAt.slice(0, 19),
        ]),
      ),
    );
    return exitCodes.ok;
  });
}

function heldJson({ id, key, ordinal, code, path, raisedAt, resolution }: Exception): object {
  const { phase, target, stream, slice, number: batch } = key;
  const place = { phase, target, stream, slice, batch, ordinal };
  return { id, ...place, code: resolution?.code || code, path, raisedAt };
}

/** `handover quarantine show ID`: where it stands; with `--reveal` its bytes, which is audited. */
export async function showHeldCommand(
  project: Project,
  output: Output,
  id: string,
  options: { run?: string; reveal?: boolean },
): Promise<ExitCode> {
  return withControl(project, async (database) => {
    const run = await chooseRun(database, options.run);
    const [held] = await listExceptions(database, run.id, { ids: [id] });
    if (held === undefined) throw heldUnknown();
    const source = await recordBehind(parcelsOf(project, database), held);
    if (options.reveal === true) await recordLook(project, database, held);
    const line = source?.line === undefined ? {} : { line: source.line };
    const record = source !== undefined && options.reveal === true ? { record: source.text } : {};
    const reveal = options.reveal === true;
    const differs = await conflictElements(project, database, run, held, reveal);
    const shown = { ...heldJson(held), ...line, ...record };
    const item = { ...shown, ...(differs && { differs }) };
    output.data({ format: 'handover-held-item/1', run: run.id, item }, () => [
      ...Object.entries(shown).flatMap(([name, value]) =>
        value === '' ? [] : [`${name}: ${value}`],
      ),
      ...elementLines(differs ?? []),
    ]);
    return exitCodes.ok;
  });
}

/** A look at a source item is in the audit log before it is shown. */
async function recordLook(project: Project, database: Database, held: Exception): Promise<void> {
  await auditLogOf(project, database).record([
    {
      instant: systemClock.now(),
      actor: 'operator',
      action: 'read',
      resourceType: held.key.stream,
      resourceIds: [held.id],
      patient: held.subject && encodeBase32(held.subject),
      outcome: 'disclosed',
    },
  ]);
}

function heldUnknown(): HandoverError {
  return new HandoverError('held-unknown', 'No held item of this run has that id.', {
    exitCode: exitCodes.usage,
    next: 'See the ids with `handover quarantine list`.',
  });
}

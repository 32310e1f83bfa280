import { systemClock } from '../../base/clock.ts';
import { HandoverError, exitCodes, type ExitCode } from '../../base/errors.ts';
import { askForErasure, erasureReason } from '../../ledger/erasures.ts';
import type { RetentionPeriods } from '../../run/plan/retention.ts';
import { readProject } from '../../run/plan/read.ts';
import { runRetention, type RunRetention } from '../../run/subjects/retention.ts';
import type { Database } from '../../store/database.ts';
import { counted, several, table, type Output } from '../output.ts';
import type { Project } from '../project.ts';
import { confirmed } from './act.ts';
import { deciding, recordDecision } from './decide.ts';
import { carryOut } from './erasure.ts';
import { withControl } from './look.ts';

/** `handover retention show`: what is kept, until when, and what waits for whom. */
export async function retentionShowCommand(project: Project, output: Output): Promise<ExitCode> {
  const periods = await periodsOf(project);
  return withControl(project, async (database) => {
    const runs = await runRetention(database, periods, systemClock.now());
    output.data({ format: 'handover-retention/1', periods, runs }, () =>
      table(
        ['run', 'ended', 'held', 'kept by', 'until', 'state', 'erasure'],
        runs.map((one) => [
          one.run,
          one.ended?.slice(0, 10) ?? '',
          counted(one.held),
          one.period ?? '',
          one.until ?? '',
          one.state,
          one.erasure ?? '',
        ]),
      ),
    );
    return exitCodes.ok;
  });
}

/** `handover retention request`: ask that everything whose period is over be erased. */
export async function retentionRequestCommand(
  project: Project,
  output: Output,
  options: { as: string },
): Promise<ExitCode> {
  const periods = await periodsOf(project);
  return deciding(project, options, ['lead', 'compliance'], async (database, by) => {
    const due = await inState(database, periods, 'due');
    if (due.length > 0) await recordDecision(project, database, by, 'Retention');
    const at = systemClock.now();
    const requests = await database.transaction(async (transaction) => {
      const made: { run: string; erasure: string }[] = [];
      for (const { run, period, until } of due) {
        const why = `retention: ${period}, kept until ${until}`;
        const reason = project.key.seal(Buffer.from(why), erasureReason);
        const asked = { reason, author: by.name, at };
        made.push({ run, erasure: await askForErasure(transaction, { scope: 'run', run }, asked) });
      }
      return made;
    });
    output.data({ format: 'handover-retention-request/1', requests }, () =>
      requests.length === 0
        ? ['No period is over, or all that is over was asked for.']
        : requests.map(
            ({ run, erasure }) =>
              `erasure ${erasure} of run ${run}. Somebody else approves it: handover erasure approve ${erasure}`,
          ),
    );
    return exitCodes.ok;
  });
}

/** `handover retention purge`: erase what is over, was asked for and was approved by somebody else. */
export async function retentionPurgeCommand(
  project: Project,
  output: Output,
  { confirm, version }: { confirm?: string; version: string },
): Promise<ExitCode> {
  const periods = await periodsOf(project);
  await confirmed(project, confirm);
  return withControl(project, async (database) => {
    const records = [];
    for (const { erasure = '' } of await inState(database, periods, 'approved')) {
      records.push(await carryOut(project, database, erasure, version));
    }
    const left = (await runRetention(database, periods, systemClock.now())).filter(
      ({ state }) => state === 'due' || state === 'asked for' || state === 'legal hold',
    );
    const purged = records.map(({ request, runs }) => ({ erasure: request, runs }));
    output.data({ format: 'handover-retention-purge/1', purged, left }, () => [
      `${several(records.length, 'run')} purged`,
      ...purged.map(({ erasure }) => `the signed record: handover erasure show ${erasure}`),
      ...left.map(({ run, state }) => `run ${run} stays: ${leftBecause[state] ?? state}`),
    ]);
    if (left.some(({ state }) => state === 'legal hold')) return exitCodes.gateNotMet;
    return left.length === 0 ? exitCodes.ok : exitCodes.approvalNeeded;
  });
}

const leftBecause: Partial<Record<RunRetention['state'], string>> = {
  due: 'nobody has asked for it (`handover retention request`)',
  'asked for': 'nobody else has approved it (`handover erasure approve`)',
  'legal hold': 'a legal hold keeps it',
};

async function inState(
  database: Database,
  periods: RetentionPeriods,
  wanted: RunRetention['state'],
): Promise<RunRetention[]> {
  const runs = await runRetention(database, periods, systemClock.now());
  return runs.filter(({ state }) => state === wanted);
}

/** @throws HandoverError `plan-unreadable` (exit 3), `retention-none` (exit 2) */
async function periodsOf(project: Project): Promise<RetentionPeriods> {
  const { value } = await readProject(project.folder);
  if (value === undefined) {
    throw new HandoverError('plan-unreadable', 'The plan cannot be read as it stands.', {
      exitCode: exitCodes.planInvalid,
      next: 'See its mistakes with `handover plan check`.',
    });
  }
  const { retention } = value.document;
  if (retention !== undefined) return retention;
  throw new HandoverError('retention-none', 'The plan says nothing of how long anything is kept.', {
    exitCode: exitCodes.usage,
    next: 'Write `retention: { parcels: DAYS }` into handover.yaml. Nothing was erased.',
  });
}

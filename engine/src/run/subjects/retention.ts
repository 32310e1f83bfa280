import {
  erasureRequests,
  legalHolds,
  type ErasureRequest,
  type LegalHold,
} from '../../ledger/erasures.ts';
import { standingByRun } from '../../ledger/exceptions.ts';
import { listRuns, type Run } from '../../ledger/runs.ts';
import type { Queries } from '../../store/session.ts';
import type { RetentionPeriods } from '../plan/retention.ts';

/** What a run keeps, until when, and what is in the way of its end. */
export interface RunRetention {
  run: string;
  ended: string | undefined;
  /** Items that it still holds for review. */
  held: number;
  /** The period that counts; undefined: the run has not ended. */
  period: 'parcels' | 'quarantine' | undefined;
  /** The day after which it is not kept any more, such as `2027-02-26`. */
  until: string | undefined;
  state: 'kept' | 'due' | 'asked for' | 'approved' | 'legal hold' | 'under way' | 'purged';
  /** The erasure that was asked for. */
  erasure: string | undefined;
}

const dayMs = 86_400_000;

/** Every run, the newest first. */
export async function runRetention(
  reader: Queries,
  periods: RetentionPeriods,
  now: Date,
): Promise<RunRetention[]> {
  const standing = {
    held: await standingByRun(reader),
    asked: await erasureRequests(reader),
    holds: (await legalHolds(reader)).filter(({ releasedAt }) => releasedAt === null),
  };
  return (await listRuns(reader)).map((run) => retained(run, periods, now, standing));
}

interface Standing {
  held: ReadonlyMap<string, number>;
  asked: readonly ErasureRequest[];
  holds: readonly LegalHold[];
}

function retained(
  { id, endedAt }: Run,
  periods: RetentionPeriods,
  now: Date,
  { held: all, asked, holds }: Standing,
): RunRetention {
  const held = all.get(id) ?? 0;
  const parts = { run: id, ended: endedAt, held, erasure: undefined };
  const own = asked.filter(({ run }) => run === id);
  if (own.some(({ erasedAt }) => erasedAt !== null))
    return { ...parts, period: undefined, until: undefined, state: 'purged' };
  if (endedAt === undefined) {
    return { ...parts, period: undefined, until: undefined, state: 'under way' };
  }
  const { parcels, quarantine = parcels } = periods;
  const period = held > 0 && quarantine > parcels ? 'quarantine' : 'parcels';
  const end = new Date(
    new Date(endedAt).getTime() + (period === 'parcels' ? parcels : quarantine) * dayMs,
  );
  const until = end.toISOString().slice(0, 10);
  const request = own.find(({ approvers }) => approvers.length > 0) ?? own[0];
  const found = { ...parts, period, until, erasure: request?.id } as const;
  if (end > now) return { ...found, state: 'kept' };
  // A hold on a person keeps every run: something of theirs may be in it.
  if (holds.some(({ scope, run }) => scope !== 'run' || run === id)) {
    return { ...found, state: 'legal hold' };
  }
  if (request === undefined) return { ...found, state: 'due' };
  return { ...found, state: request.approvers.length > 0 ? 'approved' : 'asked for' };
}

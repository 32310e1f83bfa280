import type { LiveRun, ProgressLine } from '../contract/console.ts';
import { phaseStates } from '../ledger/phaseStates.ts';
import { streamProgress, type StreamProgress } from '../ledger/progress.ts';
import type { Run } from '../ledger/runs.ts';
import type { Queries } from '../store/session.ts';
import type { ProjectText } from './plan/read.ts';
import { buildReport } from './report/build.ts';

/** A run as the console shows it; `reader` gives one snapshot, so that all of it agrees. */
export async function liveRun(
  reader: Queries,
  run: Run,
  plan: Pick<ProjectText, 'document' | 'files'>,
): Promise<LiveRun> {
  const progress = await streamProgress(reader, run.id);
  return {
    format: 'handover-live/1',
    phases: await phaseStates(reader, run.id),
    progress: progress.map(progressLine),
    report: await buildReport(reader, run, plan),
  };
}

function progressLine({ stream, phase, done, total, seconds }: StreamProgress): ProgressLine {
  const ratePerSecond = seconds > 0.5 ? done / seconds : 0;
  const left = total === undefined || ratePerSecond === 0 ? undefined : total - done;
  return {
    stream,
    phase,
    done,
    ...(total !== undefined && { total }),
    ratePerSecond: Math.round(ratePerSecond),
    ...(left !== undefined && left > 0 && { secondsLeft: Math.ceil(left / ratePerSecond) }),
  };
}

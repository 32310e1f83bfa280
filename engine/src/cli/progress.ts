import { systemClock } from '../base/clock.ts';
import { draftBalances, recordBalances } from '../ledger/balances.ts';
import type { Database } from '../store/database.ts';
import { counted, type Output } from './output.ts';
import { sliceProgress } from '../ledger/slices.ts';

const everyMs = 1_000;

/** Tell on stderr, about once a second, how far a run is: per stream, rate, held so far. */
export function showProgress(
  database: Database,
  run: string,
  output: Output,
): { stop(): Promise<void> } {
  let last = '';
  const stop = new AbortController();
  const begun = systemClock.monotonicMs();
  const tell = async (): Promise<void> => {
    const line = await progressLine(database, run, (systemClock.monotonicMs() - begun) / 1000);
    if (line === '' || line === last) return;
    last = line;
    if (output.terminal) process.stderr.write(`\r\u001b[2K${line.slice(0, columns())}`);
    else output.note(line);
  };
  const loop = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await tell().catch(() => undefined);
      await new Promise((resolve) => {
        setTimeout(resolve, output.terminal ? everyMs / 4 : everyMs).unref();
      });
    }
  };
  void loop();
  return {
    async stop() {
      stop.abort();
      await tell().catch(() => undefined);
      if (output.terminal && last !== '') process.stderr.write('\n');
    },
  };
}

function columns(): number {
  return (process.stderr.columns ?? 100) - 1;
}

async function progressLine(database: Database, run: string, seconds: number): Promise<string> {
  const phase = await sliceProgress(database, run);
  if (phase === undefined) return '';
  const records = await recordBalances(database, run);
  const drafts = await draftBalances(database, run);
  const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);
  const read = sum(records.map((balance) => balance.read));
  const loaded = sum(drafts.map((balance) => balance.loaded));
  const held = sum([...records, ...drafts].map((balance) => balance.quarantined));
  const rate = Math.round(read / Math.max(seconds, 0.001));
  const left = phase.done > 0 ? (phase.total - phase.done) * (phase.seconds / phase.done) : 0;
  const eta = phase.done < phase.total && left >= 1 ? `, about ${Math.ceil(left)} s left` : '';
  return (
    `${phase.phase} ${phase.stream}: ${phase.done} of ${phase.total} slices${eta}; ` +
    `read ${counted(read)} (${counted(rate)}/s), loaded ${counted(loaded)}, held ${counted(held)}`
  );
}

import { streamProgress, type StreamProgress } from '../ledger/progress.ts';
import type { Database } from '../store/database.ts';
import { counted, type Output } from './output.ts';

const everyMs = 1_000;

/**
 * Tell on stderr, about once a second, how far a run is: the streams that moved, each with its rate,
 * the time left and what is held so far. On a terminal one line is redrawn, for the stream that
 * moved last.
 */
export function showProgress(
  database: Database,
  run: string,
  output: Output,
): { stop(): Promise<void> } {
  const told = new Map<string, string>();
  const stop = new AbortController();
  let drawn = false;
  const tell = async (): Promise<void> => {
    for (const stream of await streamProgress(database, run)) {
      const line = progressLine(stream);
      if (stream.done === 0 || told.get(stream.stream) === progressKey(stream)) continue;
      told.set(stream.stream, progressKey(stream));
      if (output.terminal) process.stderr.write(`\r\u001b[2K${line.slice(0, columns())}`);
      else output.note(line);
      drawn = true;
    }
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
      if (output.terminal && drawn) process.stderr.write('\n');
    },
  };
}

function columns(): number {
  return (process.stderr.columns ?? 100) - 1;
}

/** What makes a line worth telling again. */
function progressKey({ phase, done, held }: StreamProgress): string {
  return `${phase} ${done} ${held}`;
}

function progressLine({ phase, stream, done, total, seconds, held }: StreamProgress): string {
  const of = total === undefined ? '' : ` of ${counted(total)}`;
  const rate = seconds > 0.5 ? done / seconds : 0;
  const left = rate > 0 && total !== undefined ? Math.ceil((total - done) / rate) : 0;
  const pace = [
    ...(rate > 0 ? [`${counted(Math.round(rate))}/s`] : []),
    ...(left > 0 ? [`about ${counted(left)} s left`] : []),
  ];
  const paced = pace.length > 0 ? ` (${pace.join(', ')})` : '';
  return `${phase} ${stream}: ${counted(done)}${of}${paced}, held ${counted(held)}`;
}

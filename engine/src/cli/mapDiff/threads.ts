import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { HandoverError } from '../../base/errors.ts';
import { mergeDifferences, type MapDifference } from '../../run/mapChanges.ts';
import type { DiffMessage, DiffTask } from './thread.ts';

/** Batches below which another thread costs more than it saves. */
const batchesOfAThread = 8;

/** How many threads this many batches are worth on this machine; one: none beside the caller's. */
export function threadsFor(batches: number): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(batches / batchesOfAThread)));
}

export interface DiffThreads {
  /** Told of each batch, by stream: records mapped again so far, over all threads. */
  progress: (stream: string, records: number) => void;
  /** Aborted: each thread ends after its batch. */
  stop: AbortSignal;
}

/** Share the batches out among threads and put together what each of them found. */
export async function diffInThreads(
  task: Omit<DiffTask, 'share' | 'stop'>,
  threads: number,
  { progress, stop }: DiffThreads,
): Promise<MapDifference[]> {
  const shared = new SharedArrayBuffer(4);
  const tellStop = (): void => void Atomics.store(new Int32Array(shared), 0, 1);
  stop.addEventListener('abort', tellStop, { once: true });
  const counts = new Map<string, number[]>();
  const parts = await Promise.all(
    Array.from({ length: threads }, (_, index) =>
      runThread({ ...task, share: { index, of: threads }, stop: shared }, (stream, records) => {
        const all = counts.get(stream) ?? [];
        counts.set(stream, all);
        all[index] = records;
        progress(
          stream,
          all.reduce((sum, one) => sum + one, 0),
        );
      }),
    ),
  );
  return mergeDifferences(parts, task.examples);
}

function runThread(
  task: DiffTask,
  progress: (stream: string, records: number) => void,
): Promise<MapDifference[]> {
  const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: task });
  return new Promise<MapDifference[]>((resolve, reject) => {
    worker.on('message', (message: DiffMessage) => {
      if ('done' in message) resolve(message.done);
      else if ('failed' in message) reject(failureOf(message.failed));
      else progress(message.progress.stream, message.progress.records);
    });
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new Error(`a thread of map diff ended with ${code}`)));
  });
}

function failureOf({ code, message, exitCode, next }: Failed): HandoverError {
  return new HandoverError(code, message, { exitCode, ...(next !== undefined && { next }) });
}

type Failed = Extract<DiffMessage, { failed: unknown }>['failed'];

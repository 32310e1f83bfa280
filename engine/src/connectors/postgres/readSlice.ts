import { BoundedQueue } from '../../base/boundedQueue.ts';
import type { RecordBatch } from '../../model/record.ts';
import type { Database } from '../../store/database.ts';
import type { ReadTransaction } from '../../store/session.ts';
import { inUtf8 } from './charset.ts';
import { RecordPacker, type PackerOptions } from './recordPacker.ts';

/** Batches that wait for a slow reader; beyond them the server is made to wait. */
const batchesAhead = 2;

export interface SliceReading {
  database: Database;
  /** Runs before the copy, in its transaction; says what to copy and how to cut it. */
  prepare: (transaction: ReadTransaction) => Promise<{ sql: string; packing: PackerOptions }>;
  /** Set where the server does not know the character set. */
  charset: string | undefined;
}

/**
 * The copy runs in a transaction of its own while the batches are taken here. Leaving the loop or
 * aborting cancels the statement on the server, which may still be sorting.
 */
export async function* readSlice(
  reading: SliceReading,
  signal: AbortSignal,
): AsyncGenerator<RecordBatch> {
  signal.throwIfAborted();
  const queue = new BoundedQueue<RecordBatch>(batchesAhead);
  const stop = new AbortController();
  const onAbort = (): void => {
    queue.fail(signal.reason);
    stop.abort();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const copying = copyInto(queue, reading, stop.signal).then(
    () => queue.close(),
    (error: unknown) => queue.fail(error),
  );
  try {
    yield* queue;
  } finally {
    signal.removeEventListener('abort', onAbort);
    queue.close();
    stop.abort();
    await copying;
  }
}

function copyInto(
  queue: BoundedQueue<RecordBatch>,
  reading: SliceReading,
  stopped: AbortSignal,
): Promise<void> {
  const { database, prepare, charset } = reading;
  return database.read(async (transaction) => {
    const { sql, packing } = await prepare(transaction);
    const copied = transaction.copyOut(`COPY (${sql}) TO STDOUT`);
    const chunks = charset === undefined ? copied : inUtf8(copied, charset);
    const cancellation = await cancelWhen(stopped, database, transaction);
    try {
      stopped.throwIfAborted();
      const packer = new RecordPacker(packing);
      for await (const chunk of chunks) {
        for (const batch of packer.add(chunk)) await queue.put(batch);
      }
      for (const batch of packer.finish()) await queue.put(batch);
    } finally {
      await cancellation.settled();
    }
  });
}

/**
 * The connection is not given back before a cancellation on its way has arrived: it could hit the
 * next statement there.
 */
async function cancelWhen(
  stopped: AbortSignal,
  database: Database,
  transaction: ReadTransaction,
): Promise<{ settled(): Promise<void> }> {
  const { rows } = await transaction.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  let cancelling: Promise<unknown> = Promise.resolve();
  const cancel = (): void => {
    cancelling = database
      .query('SELECT pg_cancel_backend($1)', [rows[0]?.pid])
      .catch(() => undefined);
  };
  stopped.addEventListener('abort', cancel, { once: true });
  return {
    async settled() {
      stopped.removeEventListener('abort', cancel);
      await cancelling;
    },
  };
}

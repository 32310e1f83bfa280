import { Worker } from 'node:worker_threads';
import { HandoverError } from '../../base/errors.ts';
import type { EncodeJob, Encoded, EncoderKeys, ThreadAnswer, ThreadJob } from './blockEncoder.ts';

interface Waiting {
  resolve: (encoded: Encoded) => void;
  reject: (error: unknown) => void;
}

/**
 * Encodes versions on a thread, which is started when the first one comes and does not keep the
 * process alive. Should it fail, what it was given is rejected and the next job starts another.
 */
export class ThreadEncoder {
  readonly #keys: EncoderKeys;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #number = 0;

  constructor(keys: EncoderKeys) {
    this.#keys = keys;
  }

  /** Start the thread, where it is about to be needed: meanwhile others can be at work. */
  start(): void {
    this.#worker ??= this.#start();
  }

  /** The bodies' buffer may go to the thread and be empty here from then on. */
  encode(job: EncodeJob): Promise<Encoded> {
    const worker = (this.#worker ??= this.#start());
    const number = this.#number++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      const bytes = alone(job.bodies.bytes);
      const message: ThreadJob = { number, job: { ...job, bodies: { ...job.bodies, bytes } } };
      worker.postMessage(message, [bytes.buffer as ArrayBuffer]);
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL('./blockThread.ts', import.meta.url), {
      workerData: this.#keys,
      execArgv: [],
    });
    worker.unref();
    worker.on('message', ({ number, encoded }: ThreadAnswer) => {
      this.#waiting.get(number)?.resolve(encoded);
      this.#waiting.delete(number);
    });
    const end = (cause?: unknown): void => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const { reject } of this.#waiting.values()) reject(encoderEnded(cause));
      this.#waiting.clear();
    };
    worker.on('error', end);
    worker.on('exit', () => end());
    return worker;
  }
}

function encoderEnded(cause: unknown): HandoverError {
  return new HandoverError('encoder-ended', 'the thread that encodes resources has ended', {
    next: 'Nothing of the batch was written. Try again; with less memory in use if it happens often.',
    failure: 'transient',
    cause,
  });
}

/** In a buffer of its own: small ones share one that cannot be given away. */
function alone(bytes: Buffer): Buffer {
  if (bytes.byteLength === bytes.buffer.byteLength) return bytes;
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}

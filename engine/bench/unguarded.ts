/**
 * Loaded by `--import` into the processes of bench `guards` alone, as `unguarded.ts?off`: nothing is
 * enciphered and the audit log keeps nothing. The product has no such switch; what this replaces, it
 * replaces from outside. With `?on` it costs its start and replaces nothing.
 */
import type { Cipheriv } from 'node:crypto';
import { createRequire, registerHooks, syncBuiltinESMExports } from 'node:module';
import type { Worker, WorkerOptions } from 'node:worker_threads';

const require = createRequire(import.meta.url);
const here = import.meta.url;
const isOff = here.endsWith('?off');

/** Gives bytes back as they came: not even a copy of them is made, so that one counts as sealing. */
class NullCipher {
  setAAD(): this {
    return this;
  }

  setAuthTag(): this {
    return this;
  }

  update(data: Uint8Array): Buffer {
    return Buffer.from(data.buffer, data.byteOffset, data.length);
  }

  final(): Buffer {
    return Buffer.alloc(0);
  }

  getAuthTag(): Buffer {
    return Buffer.alloc(16);
  }
}

type Make = (algorithm: string, ...rest: unknown[]) => Cipheriv | NullCipher;
const crypto = require('node:crypto') as Record<'createCipheriv' | 'createDecipheriv', Make>;
for (const name of ['createCipheriv', 'createDecipheriv'] as const) {
  const real = crypto[name];
  crypto[name] = (algorithm, ...rest) =>
    isOff && algorithm === 'aes-256-gcm' ? new NullCipher() : real(algorithm, ...rest);
}

/** Threads begin with none of what their process was given. */
const threads = require('node:worker_threads') as { Worker: typeof Worker };
const RealWorker = threads.Worker;
threads.Worker = class extends RealWorker {
  constructor(file: string | URL, options: WorkerOptions = {}) {
    super(file, { ...options, execArgv: [...(options.execArgv ?? []), '--import', here] });
  }
};
syncBuiltinESMExports();

/** What the modules that write the audit log are replaced by. */
const silent: Readonly<Record<string, string>> = {
  auditLog: `
    export const databaseAuditLog = () => ({ record: async () => undefined });
    export const signAuditHead = () => Promise.reject(new Error('a bench signs nothing'));
  `,
  batchRecorder: `export const batchRecorder = () => ({ record: async () => undefined });`,
};

registerHooks({
  load(url, context, next) {
    const [, name = ''] = /\/engine\/src\/audit\/(\w+)\.ts$/.exec(url) ?? [];
    const source = isOff ? silent[name] : undefined;
    return source === undefined
      ? next(url, context)
      : { format: 'module', source, shortCircuit: true };
  },
});

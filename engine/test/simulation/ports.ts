import type { RecordBatch } from '../../src/model/record.ts';
import type { ReadRequest, Source } from '../../src/model/source.ts';
import type { Slice, Stream } from '../../src/model/stream.ts';
import type {
  Creations,
  Receipt,
  Stored,
  StoredBatch,
  Target,
  TargetId,
  Write,
} from '../../src/model/target.ts';
import { durableOperation } from '../../src/base/durableOperation.ts';
import { HandoverError } from '../../src/base/errors.ts';
import type { BlobStore } from '../../src/staging/blobStore.ts';
import type { Database } from '../../src/store/database.ts';
import { ambiguous, transient } from './faults.ts';
import type { FaultDeck } from './faults.ts';

/** The process a port belongs to, as the port sees it. */
export interface Host {
  /** Name of the one snapshot that this process holds of a source. */
  readonly snapshot: string;
  readonly faults: FaultDeck;
  /** Throws when the process is dead; else runs `operate` as that process. */
  within<T>(operate: () => Promise<T>): Promise<T>;
  /** Whether the process that holds this snapshot lives. */
  holdsSnapshot(name: string): boolean;
  loseSnapshots(): void;
  /** Let another process take the slice over that this one works on. */
  takeover(): Promise<void>;
  drain(): void;
  pause(): Promise<void>;
  /** Counts what the ledger says after a commit. */
  committed(): Promise<void>;
}

/** The real database, through a connection that can break at a commit. */
export function faultyDatabase(host: Host, real: Database): Database {
  const faulty = <T>(commit: () => Promise<T>): Promise<T> =>
    host.within(async () => {
      const fault = host.faults.draw('commit');
      if (fault === 'refused') throw transient('database-unavailable');
      const result = await commit();
      await host.committed();
      if (fault === 'ambiguous') throw ambiguous('commit-ambiguous');
      return result;
    });
  return {
    query: (sql, parameters) => host.within(() => real.query(sql, parameters)),
    read: (work, options) => host.within(() => real.read(work, options)),
    commit: (statement) => faulty(() => real.commit(statement)),
    transaction: (work, options) => faulty(() => real.transaction(work, options)),
    close: async () => undefined,
  };
}

export function faultyBlobs(host: Host, real: BlobStore): BlobStore {
  return {
    put: (name, bytes) =>
      host.within(async () => {
        const fault = host.faults.draw('blob.put');
        if (fault === 'refused') throw transient('blob-store-unavailable');
        if (fault === 'takeover') await host.takeover();
        if (fault === 'drain') host.drain();
        if (fault === 'pause') await host.pause();
        const stored = await real.put(name, bytes);
        if (fault === 'ambiguous') throw transient('blob-store-unavailable');
        return stored;
      }),
    get: (name) =>
      host.within(async () => {
        if (host.faults.draw('blob.get') === 'refused') throw transient('blob-store-unavailable');
        return real.get(name);
      }),
    remove: (name) => host.within(() => real.remove(name)),
    list: (prefix) => real.list(prefix),
  };
}

/** A source whose snapshot lives as long as the process that holds it, and may get lost sooner. */
export class FaultySource implements Source {
  readonly #host: Host;
  readonly #real: Source;

  constructor(host: Host, real: Source) {
    this.#host = host;
    this.#real = real;
  }

  open(signal: AbortSignal): Promise<void> {
    return this.#host.within(() => this.#real.open(signal));
  }

  snapshot(): string {
    return this.#host.snapshot;
  }

  streams(): Promise<Stream[]> {
    return this.#host.within(() => this.#real.streams());
  }

  slices(stream: Stream, want: number): Promise<Slice[]> {
    return this.#host.within(() => this.#real.slices(stream, want));
  }

  async *read(request: ReadRequest, signal: AbortSignal): AsyncGenerator<RecordBatch> {
    const { snapshot, ...rest } = request;
    this.#require(snapshot);
    for await (const batch of this.#real.read(rest, signal)) {
      await this.#host.within(async () => {
        const fault = this.#host.faults.draw('source.read');
        if (fault === 'refused') throw transient('source-unavailable');
        if (fault === 'snapshot-lost') this.#host.loseSnapshots();
        if (fault === 'takeover') await this.#host.takeover();
        if (fault === 'drain') this.#host.drain();
      });
      this.#require(snapshot);
      yield batch;
    }
  }

  async probe(stream: Stream): Promise<ReadonlyMap<string, number>> {
    return (await this.#real.probe?.(stream)) ?? new Map();
  }

  close(): Promise<void> {
    return this.#real.close();
  }

  #require(snapshot: string | undefined): void {
    if (snapshot !== undefined && this.#host.holdsSnapshot(snapshot)) return;
    throw new HandoverError('snapshot-lost', 'A snapshot of the simulation is gone.');
  }
}

/** A target that fails in every way a distant one can, and refuses what `refuses` says. */
export class FaultyTarget implements Target {
  readonly #host: Host;
  readonly #real: Target;
  readonly #refuses: (body: Buffer) => boolean;

  constructor(host: Host, real: Target, refuses: (body: Buffer) => boolean) {
    this.#host = host;
    this.#real = real;
    this.#refuses = refuses;
  }

  open(signal: AbortSignal): Promise<void> {
    return this.#real.open(signal);
  }

  close(): Promise<void> {
    return this.#real.close();
  }

  write(batch: readonly Write[], signal: AbortSignal): Promise<readonly Receipt[]> {
    return this.#host.within(async () => {
      const { faults } = this.#host;
      const fault = faults.draw('target.write');
      if (fault === 'takeover') await this.#host.takeover();
      if (fault === 'pause') await this.#host.pause();
      if (fault === 'drain') this.#host.drain();
      if (fault === 'throws') throw transient('target-unreachable');
      const state = fault === undefined ? undefined : answers[fault];
      if (fault === 'transient' || fault === 'busy' || fault === 'ambiguous-unwritten') {
        return batch.map((write) => unsure(write, state));
      }
      const taken = fault === 'half' ? batch.slice(0, Math.ceil(batch.length / 2)) : batch;
      const receipts = await durableOperation('target.write', () => this.#take(taken, signal));
      if (fault === 'throws-written') throw ambiguous('target-unreachable');
      return batch.map((write, at) =>
        state === undefined ? (receipts[at] as Receipt) : unsure(write, state),
      );
    });
  }

  /** All or nothing: of half of it nothing comes to be. */
  create(all: Creations, intend: () => Promise<boolean>, signal: AbortSignal): Promise<boolean> {
    return this.#host.within(async () => {
      const { faults } = this.#host;
      const fault = faults.draw('target.write');
      if (fault === 'takeover') await this.#host.takeover();
      if (fault === 'pause') await this.#host.pause();
      if (fault === 'drain') this.#host.drain();
      const unsent = ['throws', 'transient', 'busy'];
      if (fault !== undefined && unsent.includes(fault)) throw transient('target-unreachable');
      if (fault === 'half' || fault === 'ambiguous-unwritten') throw ambiguous('timed-out');
      const refused = all.ids.some((_, at) =>
        this.#refuses(all.bytes.subarray(all.offsets[at], all.offsets[at + 1])),
      );
      if (refused) return false;
      const created = await durableOperation(
        'target.write',
        async () => (await this.#real.create?.(all, intend, signal)) ?? false,
      );
      if (fault === 'ambiguous' || fault === 'throws-written') throw ambiguous('timed-out');
      return created;
    });
  }

  fetch(
    ids: readonly TargetId[],
    want: 'head' | 'body',
    signal: AbortSignal,
  ): Promise<readonly Stored[]> {
    return this.#host.within(async () => {
      const fault = this.#host.faults.draw('target.fetch');
      if (fault === 'takeover') await this.#host.takeover();
      if (fault === 'throws') throw transient('target-unreachable');
      return this.#real.fetch(ids, want, signal);
    });
  }

  scan(after: string | undefined, signal: AbortSignal): AsyncIterable<StoredBatch> {
    return this.#real.scan(after, signal);
  }

  async #take(batch: readonly Write[], signal: AbortSignal): Promise<Receipt[]> {
    const receipts: Receipt[] = [];
    for (const write of batch) {
      if (write.kind === 'put' && this.#refuses(write.body)) {
        const { type, id } = write;
        receipts.push({ type, id, state: 'refused', code: 'business-rule' });
      } else receipts.push(...(await this.#real.write([write], signal)));
    }
    return receipts;
  }
}

/** What the answers to a request look like, by the fault that struck it. */
const answers: Readonly<Record<string, 'transient' | 'busy' | 'ambiguous' | undefined>> = {
  transient: 'transient',
  busy: 'busy',
  ambiguous: 'ambiguous',
  'ambiguous-unwritten': 'ambiguous',
  half: 'ambiguous',
};

function unsure(
  { type, id }: TargetId,
  state: 'transient' | 'busy' | 'ambiguous' | undefined,
): Receipt {
  if (state === 'ambiguous') return { type, id, state, code: 'timed-out' };
  const asked = state === 'busy' ? { retryAfterMs: 30_000 } : {};
  return { type, id, state: 'transient', code: 'too-many-requests', ...asked };
}

import { hkdfSync } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { failureOf, HandoverError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import type {
  Creations,
  Receipt,
  Stored,
  StoredBatch,
  TargetId,
  Write,
} from '../../model/target.ts';
import type { ConnectionSpec } from '../../store/connection.ts';
import { openDatabase } from '../../store/database.ts';
import type { Database } from '../../store/database.ts';
import { migrate } from '../../store/migrate.ts';
import { sqlFailureOf } from '../../store/sqlFailure.ts';
import { BlockSeal } from './block.ts';
import { SearchTokens } from './copyRows.ts';
import { makeLateIndexes } from './lateIndexes.ts';
import {
  fetchStored,
  presentIds,
  readHistory,
  readNewest,
  readType,
  readVersion,
  scanHeads,
} from './reader.ts';
import type { Version } from './reader.ts';
import { search } from './search.ts';
import type { SearchQuery } from './search.ts';
import { sipHash24 } from './sipHash.ts';
import { ThreadEncoder } from './threadEncoder.ts';
import { Unit } from './unit.ts';
import type { WriteParts } from './unit.ts';

export interface EmbeddedStoreOptions {
  /** The target's own database, as its own role. */
  connection: ConnectionSpec;
  /** The target's name in the plan: several targets share a database, each in a schema. */
  name: string;
  /** 32 bytes, the target's own (`secret('target:' + name)`). */
  secret: Buffer;
  digest(data: Uint8Array): string;
  clock: Clock;
  random: Random;
  log: Log;
}

/** Rolls a transaction back in which nothing shall be created. */
class NotCreated extends Error {}

/** Tries of a write that collides with another writer's. */
const writeAttempts = 5;

/**
 * The repository of an embedded target: FHIR resources, packed and sealed, with history and search.
 * One value per process; safe for concurrent use, in this process and others.
 */
export class EmbeddedStore {
  readonly #database: Database;
  readonly #parts: WriteParts;
  readonly #clock: Clock;

  constructor(database: Database, parts: WriteParts, clock: Clock) {
    this.#database = database;
    this.#parts = parts;
    this.#clock = clock;
  }

  /**
   * Write as the Target seam says: whatever happens after the first try is told by receipts.
   * @throws HandoverError when nothing was written and trying again will not help.
   */
  async write(batch: readonly Write[], signal: AbortSignal): Promise<Receipt[]> {
    signal.throwIfAborted();
    if (batch.length === 0) return [];
    try {
      return await this.transaction((unit) => unit.write(batch), signal);
    } catch (error) {
      const state = failureOf(error);
      if (state === 'permanent') throw error;
      const code = error instanceof HandoverError ? error.code : 'database-unavailable';
      return batch.map(({ type, id }) => ({ type, id, state, code }));
    }
  }

  /**
   * Create all as the Target seam says, or nothing.
   * @throws HandoverError: `failure` says whether it may have happened.
   */
  async create(
    all: Creations,
    intend: () => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const options = { now: this.#clock.now(), signal } as const;
    try {
      await this.#database.transaction(
        async (transaction) => {
          const created = await new Unit(transaction, this.#parts, options).create(all);
          // The rows are in place, seen by nobody: whoever wants one of their ids waits for us.
          if (!created || !(await intend())) throw new NotCreated();
        },
        { operation: 'target.write' },
      );
      return true;
    } catch (error) {
      if (error instanceof NotCreated || wasOvertaken(error)) return false;
      throw error;
    }
  }

  /**
   * Run `work` as one transaction and commit it as the durable operation `target.write`. It is run
   * again from the start, on what is there by then, when another writer was quicker.
   */
  async transaction<T>(work: (unit: Unit) => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const presume = attempt === 1 ? 'absent' : 'nothing';
      const options = { now: this.#clock.now(), signal, presume } as const;
      try {
        return await this.#database.transaction(
          (transaction) => work(new Unit(transaction, this.#parts, options)),
          { operation: 'target.write' },
        );
      } catch (error) {
        if (!wasOvertaken(error) || attempt >= writeAttempts) throw overtakenAsTransient(error);
      }
    }
  }

  fetch(
    ids: readonly TargetId[],
    want: 'head' | 'body',
    signal: AbortSignal,
  ): Promise<readonly Stored[]> {
    return fetchStored(this.#readParts, ids, want, signal);
  }

  /** Which of these are present, in order. */
  present(ids: readonly TargetId[]): Promise<readonly boolean[]> {
    return presentIds(this.#database, ids);
  }

  scan(after: string | undefined, signal: AbortSignal): AsyncIterable<StoredBatch> {
    return scanHeads(this.#database, after, signal);
  }

  everything(
    type: string,
    after: string | undefined,
    signal: AbortSignal,
  ): AsyncIterable<StoredBatch> {
    return readType(this.#readParts, type, after, signal);
  }

  /** The newest version, which may be a removal; undefined when there never was one. */
  read(id: TargetId): Promise<Version | undefined> {
    return readNewest(this.#readParts, id);
  }

  readVersion(id: TargetId, version: number): Promise<Version | undefined> {
    return readVersion(this.#readParts, id, version);
  }

  /** Newest first. */
  history(id: TargetId): Promise<Version[]> {
    return readHistory(this.#readParts, id);
  }

  search(query: SearchQuery): Promise<Version[]> {
    return this.#database.read((snapshot) =>
      search(snapshot, this.#parts.seal, this.#parts.tokens, query),
    );
  }

  /**
   * Erase resources with their history: not a removal, which keeps it.
   * @returns how many versions went.
   */
  async erase(ids: readonly TargetId[]): Promise<number> {
    const versions = await this.transaction((unit) => unit.erase(ids));
    // Freed rows are given back to the database before anybody says that they are gone.
    for (const table of ['block', 'resource', 'history']) {
      await this.#database.commit({ name: '', sql: `vacuum ${table}`, parameters: [] });
    }
    return versions;
  }

  /**
   * Finish what is put off while resources stream in: indexes of a target that was empty, new
   * identifiers in a list that every search reads through, new rows that are not summarised.
   * Results are right without it.
   */
  async flush(): Promise<void> {
    await makeLateIndexes(this.#database);
    await this.#database.transaction(
      async (transaction) => {
        await transaction.query(`select gin_clean_pending_list('resource_more_identifiers')`);
        await transaction.query(`select brin_summarize_new_values('resource_time')`);
      },
      { operation: 'target.flush' },
    );
  }

  async close(): Promise<void> {
    await this.#database.close();
    await this.#parts.thread.close();
  }

  get #readParts(): { database: Database; seal: BlockSeal } {
    return { database: this.#database, seal: this.#parts.seal };
  }
}

/** Connect and bring the schema up to date. */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
  const schema = schemaOf(options.name);
  const database = openDatabase(options.connection, {
    log: options.log,
    applicationName: 'handover-target',
    // A writer that is stopped inside a transaction must not keep others from its resources for ever.
    settings: {
      search_path: schema,
      idle_in_transaction_session_timeout: '30s',
      ...keyLookups,
    },
  });
  try {
    await database.transaction((transaction) =>
      transaction.query(`create schema if not exists ${schema}`),
    );
    await migrate({
      database,
      folder: new URL('migrations/', import.meta.url),
      set: 'embedded-target',
    });
  } catch (error) {
    await database.close();
    throw error;
  }
  return new EmbeddedStore(database, writePartsOf(options), options.clock);
}

/** Keys for sealing and for tokens, each derived from the target's secret (HKDF, RFC 5869). */
export function writePartsOf(
  options: Pick<EmbeddedStoreOptions, 'secret' | 'random' | 'digest'>,
): WriteParts {
  const key = (purpose: string, bytes: number): Buffer =>
    Buffer.from(hkdfSync('sha256', options.secret, '', `embedded/${purpose}`, bytes));
  const keys = { seal: key('seal', 32), search: key('search', 16) };
  return {
    seal: new BlockSeal(keys.seal, options.random),
    tokens: new SearchTokens(sipHash24(keys.search)),
    thread: new ThreadEncoder(keys),
    random: options.random,
    digest: (data) => options.digest(data),
  };
}

/** The schema of a target, quoted. */
export function schemaOf(name: string): string {
  return `"target_${name.replaceAll('"', '')}"`;
}

/**
 * Every join here is a list of keys looked up in an index. A fresh table has no statistics, and
 * without them the planner would rather read all of it.
 */
const keyLookups = { enable_hashjoin: 'off', enable_mergejoin: 'off', random_page_cost: '1.1' };

/** Two writers created the same resource, or each waited for the other. */
function wasOvertaken(error: unknown): boolean {
  if (error instanceof HandoverError && error.code === 'database-conflict') return true;
  const refused = sqlFailureOf(error);
  return refused?.sqlState === '23505' && refused.table === 'resource';
}

function overtakenAsTransient(error: unknown): unknown {
  if (!wasOvertaken(error)) return error;
  return new HandoverError('write-overtaken', 'other writers were quicker several times', {
    next: 'Nothing was written. Try again.',
    failure: 'transient',
  });
}

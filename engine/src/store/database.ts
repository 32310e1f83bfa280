import { Pool, types } from 'pg';
import type { CustomTypesConfig, PoolClient } from 'pg';
import { durableOperation } from '../base/durableOperation.ts';
import type { Log } from '../base/log.ts';
import type { ConnectionSpec } from './connection.ts';
import { requireGeneration } from './generation.ts';
import { Session } from './session.ts';
import type {
  Isolation,
  Queries,
  ReadTransaction,
  Result,
  Row,
  Statement,
  StatementNames,
  Transaction,
} from './session.ts';
import { databaseFailure } from './sqlFailure.ts';

/**
 * One database as one role, through a pool of connections. Sessions are read-only outside
 * {@link transaction} and {@link commit}: a change that no durable operation announces is refused by the server
 * (`write-outside-transaction`), so the crash test misses none.
 */
export interface Database extends Queries {
  /**
   * Run `work` in a transaction and commit it as a durable operation, or roll it back when `work`
   * throws. It is never repeated here: `failure` of the error tells whether the caller may.
   * @throws HandoverError `commit-ambiguous` when the answer to the commit was lost.
   */
  transaction<T>(
    work: (transaction: Transaction) => Promise<T>,
    options?: {
      isolation?: Isolation;
      /** Name of the durable operation; `commit` unless it is of another kind (`heartbeat`). */
      operation?: string;
    },
  ): Promise<T>;
  /**
   * Run one statement as a transaction of its own, committed as a durable operation: one journey to
   * the server and back, where {@link transaction} makes at least three.
   * @throws HandoverError `commit-ambiguous` when the answer was lost.
   */
  commit<R extends object = Row>(statement: Statement): Promise<Result<R>>;
  /** Run `work` on one snapshot (repeatable read unless told otherwise); it can change nothing. */
  read<T>(
    work: (transaction: ReadTransaction) => Promise<T>,
    options?: { isolation?: Isolation },
  ): Promise<T>;
  /** Waits for what is running; may be called twice. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  log: Log;
  /** Connections at most; 10 unless told otherwise. */
  max?: number;
  /** How `timestamptz` comes: a Date (milliseconds), or text (microseconds, UTC). */
  instants?: 'date' | 'text';
  /** Settings of every session, such as `statement_timeout: '60s'`. */
  settings?: Readonly<Record<string, string>>;
  /** Shown in `pg_stat_activity`. */
  applicationName?: string;
  /**
   * Keep statements that take parameters prepared on their connection: half the server's work where
   * the same few come again and again. Not through a pooler that hands connections round.
   */
  prepared?: boolean;
}

/** Opens nothing yet: the first query connects. */
export function openDatabase(spec: ConnectionSpec, options: DatabaseOptions): Database {
  const open = (more: PoolSettings): Pool => openPool(spec, options, more, isClosing);
  const committing = (): Pool => open({ isReadOnly: false });
  const prepared = options.prepared ? new Map() : undefined;
  const database = new PooledDatabase(open({}), committing, prepared);
  function isClosing(): boolean {
    return database.closing;
  }
  return database;
}

interface PoolSettings {
  max?: number;
  isReadOnly?: boolean;
}

function openPool(
  spec: ConnectionSpec,
  options: DatabaseOptions,
  { max = options.max ?? 10, isReadOnly = true }: PoolSettings,
  isClosing: () => boolean,
): Pool {
  const pool = new Pool({
    connectionString: spec.url,
    max,
    connectionTimeoutMillis: 15_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: options.applicationName ?? 'handover',
    options: sessionOptions(options.settings, isReadOnly),
    types: valueTypes(options.instants ?? 'date'),
    ...(spec.sealedUnder && { verify: verifier(spec.sealedUnder) }),
  });
  pool.on('error', () => {
    // A server that stops while we leave takes connections with it that nobody misses.
    if (!isClosing()) options.log.warn('database.connectionLost');
  });
  // `pg` may report the loss of a connection in the moment it hands it out; unheard, that would end
  // the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

function verifier(held: readonly string[]) {
  return (client: PoolClient, done: (error?: Error) => void): void => {
    requireGeneration(client, held).then(() => done(), done);
  };
}

class PooledDatabase implements Database {
  readonly #pool: Pool;
  /** For statements that are transactions of their own; opened when one is asked for. */
  readonly #openCommitting: () => Pool;
  readonly #prepared: StatementNames | undefined;
  #committing: Pool | undefined;
  #closing: Promise<void> | undefined;

  constructor(pool: Pool, openCommitting: () => Pool, prepared: StatementNames | undefined) {
    this.#pool = pool;
    this.#openCommitting = openCommitting;
    this.#prepared = prepared;
  }

  get closing(): boolean {
    return this.#closing !== undefined;
  }

  async query<R extends object = Row>(
    sql: string,
    parameters?: readonly unknown[],
  ): Promise<Result<R>> {
    return this.#withSession((session) => session.query<R>(sql, parameters));
  }

  async transaction<T>(
    work: (transaction: Transaction) => Promise<T>,
    options: { isolation?: Isolation; operation?: string } = {},
  ): Promise<T> {
    return this.#withSession(async (session) => {
      await session.begin(options.isolation ?? 'read committed', 'read write');
      try {
        const result = await work(session);
        await durableOperation(options.operation ?? 'commit', () => session.commit());
        return result;
      } catch (error) {
        await session.rollBack();
        throw error;
      }
    });
  }

  async commit<R extends object = Row>(statement: Statement): Promise<Result<R>> {
    this.#committing ??= this.#openCommitting();
    return this.#withSession(
      (session) => durableOperation('commit', () => session.commitStatement<R>(statement)),
      this.#committing,
    );
  }

  async read<T>(
    work: (transaction: ReadTransaction) => Promise<T>,
    options: { isolation?: Isolation } = {},
  ): Promise<T> {
    return this.#withSession(async (session) => {
      await session.begin(options.isolation ?? 'repeatable read', 'read only');
      try {
        return await work(session);
      } finally {
        await session.rollBack();
      }
    });
  }

  close(): Promise<void> {
    this.#closing ??= Promise.all([this.#pool.end(), this.#committing?.end()]).then(
      () => undefined,
    );
    return this.#closing;
  }

  async #withSession<T>(use: (session: Session) => Promise<T>, pool = this.#pool): Promise<T> {
    const client = await pool.connect().catch((error: unknown) => {
      throw databaseFailure(error);
    });
    const session = new Session(client, this.#prepared);
    try {
      return await use(session);
    } finally {
      client.release(!session.end().reusable);
    }
  }
}

function sessionOptions(
  settings: Readonly<Record<string, string>> = {},
  isReadOnly: boolean,
): string {
  const access = isReadOnly ? 'on' : 'off';
  const all = { default_transaction_read_only: access, TimeZone: 'UTC', ...settings };
  return Object.entries(all)
    .map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, String.raw`\$&`)}`)
    .join(' ');
}

function valueTypes(instants: 'date' | 'text'): CustomTypesConfig {
  const { DATE, TIMESTAMP, TIMESTAMPTZ } = types.builtins;
  const textual: unknown[] = [DATE, TIMESTAMP];
  if (instants === 'text') textual.push(TIMESTAMPTZ);
  const getTypeParser: CustomTypesConfig['getTypeParser'] = (type) =>
    textual.includes(type) ? asText : types.getTypeParser(type);
  return { getTypeParser };
}

const asText = (text: string): string => text;

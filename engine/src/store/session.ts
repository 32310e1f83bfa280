import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { exitCodes, HandoverError } from '../base/errors.ts';
import { commitFailure, databaseFailure } from './sqlFailure.ts';

export type Isolation = 'read committed' | 'repeatable read' | 'serializable';

/** A row by column name; see {@link Queries} for the types of its values. */
export type Row = Record<string, unknown>;

export interface Result<R> {
  rows: R[];
  /** Rows returned, inserted, updated or deleted. */
  count: number;
}

/** One statement, planned once for each connection under its name. */
export interface Statement {
  name: string;
  sql: string;
  parameters: readonly unknown[];
}

/**
 * Values come as: `bigint` and `numeric` as text (their digits are kept), `bytea` as Buffer, `json`
 * parsed, `timestamptz` as Date (or as text: see `instants` of `openDatabase`), `timestamp` and
 * `date` as text, since they have no zone; other types as `pg` does.
 */
export interface Queries {
  /**
   * Run one statement; `$1` stands for the first parameter.
   * @throws HandoverError: `failure` says whether to try again; see `sqlFailureOf` for the cause.
   */
  query<R extends object = Row>(sql: string, parameters?: readonly unknown[]): Promise<Result<R>>;
}

/** One open transaction; good until the function it was handed to returns. */
export interface ReadTransaction extends Queries {
  /**
   * `COPY … TO STDOUT`. Chunks are cut where the network cut them, not at the ends of rows. Leaving
   * the loop early gives up the connection, and with it the transaction.
   */
  copyOut(sql: string): AsyncIterable<Buffer>;
}

export interface Transaction extends ReadTransaction {
  /**
   * `COPY … FROM STDIN`; returns the number of rows. Chunks may be cut anywhere; the best ones hold
   * 64 KiB or more. When `chunks` throws, nothing is copied and its error is thrown.
   */
  copyIn(sql: string, chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<number>;
}

/** Names of prepared statements by their text, the same on every connection of a pool. */
export type StatementNames = Map<string, string>;

/**
 * One connection while it is ours. It is `reusable` afterwards unless it broke or a transaction was
 * left open on it, in which case giving it up makes the server roll back.
 */
export class Session implements Transaction {
  readonly #client: ClientBase;
  readonly #prepared: StatementNames | undefined;
  #broken = false;
  #open = false;
  readonly #onError = (): void => {
    this.#broken = true;
  };

  /** With `prepared`, a statement that takes parameters stays prepared on the connection. */
  constructor(client: ClientBase, prepared?: StatementNames) {
    this.#client = client;
    this.#prepared = prepared;
    // Without a listener, a connection that breaks between two queries would end the process.
    client.on('error', this.#onError);
  }

  /** Give the connection back; says whether another session may use it. */
  end(): { reusable: boolean } {
    this.#client.off('error', this.#onError);
    return { reusable: !this.#broken && !this.#open };
  }

  async begin(isolation: Isolation, access: 'read only' | 'read write'): Promise<void> {
    await this.query(`begin isolation level ${isolation} ${access}`);
    this.#open = true;
  }

  /** PostgreSQL answers the commit of a failed transaction with ROLLBACK and calls it success. */
  async commit(): Promise<void> {
    if (this.#broken) throw lostBeforeCommit();
    const { command } = await this.#client.query('commit').catch((error: unknown) => {
      throw this.#marked(commitFailure(error));
    });
    this.#open = false;
    if (command !== 'COMMIT') {
      throw new HandoverError(
        'transaction-failed',
        'a statement had failed, so the transaction was rolled back instead of committed',
        { next: 'This is a defect of Handover: please report it.' },
      );
    }
  }

  /** Never throws: where the server cannot be told, losing the connection tells it. */
  async rollBack(): Promise<void> {
    if (this.#broken || !this.#open) return;
    try {
      await this.#client.query('rollback');
      this.#open = false;
    } catch {
      this.#broken = true;
    }
  }

  async query<R extends object = Row>(
    sql: string,
    parameters?: readonly unknown[],
  ): Promise<Result<R>> {
    try {
      const values = parameters as unknown[] | undefined;
      const name = values && this.#nameOf(sql);
      const result = await (name === undefined
        ? this.#client.query<R>(sql, values)
        : this.#client.query<R>({ name, text: sql, values }));
      return { rows: result.rows, count: result.rowCount ?? 0 };
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** Outside of a transaction, a statement is one: its answer is that to a commit. */
  async commitStatement<R extends object>(statement: Statement): Promise<Result<R>> {
    const { name, sql: text, parameters } = statement;
    try {
      const result = await this.#client.query<R>({ name, text, values: [...parameters] });
      return { rows: result.rows, count: result.rowCount ?? 0 };
    } catch (error) {
      throw this.#marked(commitFailure(error));
    }
  }

  async copyIn(
    sql: string,
    chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<number> {
    let origin: unknown;
    // `pg-copy-streams` tells the server why a copy ends early; that must not carry a value.
    async function* guarded(): AsyncGenerator<Uint8Array> {
      try {
        yield* chunks;
      } catch (error) {
        origin = error;
        throw new Error('the source of the copy failed', { cause: error });
      }
    }
    const stream = this.#client.query(copyFrom(sql));
    try {
      await pipeline(Readable.from(guarded(), { objectMode: true, highWaterMark: 4 }), stream);
      return stream.rowCount;
    } catch (error) {
      throw origin ?? this.#failure(error);
    }
  }

  async *copyOut(sql: string): AsyncGenerator<Buffer> {
    const stream = this.#client.query(copyTo(sql));
    let complete = false;
    try {
      for await (const chunk of stream) yield chunk as Buffer;
      complete = true;
    } catch (error) {
      complete = stream.readableEnded || stream.errored !== null;
      throw this.#failure(error);
    } finally {
      if (!complete) this.#broken = true;
    }
  }

  #nameOf(sql: string): string | undefined {
    const names = this.#prepared;
    const known = names?.get(sql);
    if (names === undefined || known !== undefined) return known;
    const name = `s${names.size}`;
    names.set(sql, name);
    return name;
  }

  #failure(error: unknown): unknown {
    return this.#marked(databaseFailure(error));
  }

  /** Nothing more is asked of a connection that is gone: the answer might never come. */
  #marked(failure: unknown): unknown {
    if (failure instanceof HandoverError && lost.has(failure.code)) this.#broken = true;
    return failure;
  }
}

const lost: ReadonlySet<string> = new Set(['database-unavailable', 'commit-ambiguous']);

function lostBeforeCommit(): HandoverError {
  return new HandoverError('database-unavailable', 'the connection was lost before the commit', {
    next: 'Nothing was committed by this transaction. Try again.',
    failure: 'transient',
    exitCode: exitCodes.unavailable,
  });
}

import type { Connection } from 'mysql2/promise';
import { wireTo, type Wire } from '../../model/wire.ts';
import type { MysqlConfiguration } from './configuration.ts';
import { mysqlFailure } from './failure.ts';

/** A field as the server wrote it, in UTF-8. */
export type Field = Buffer | null;

/**
 * A connection whose statements run one after another, however many readers there are. Values come
 * as the bytes that the server sent: the driver makes nothing of them.
 */
export class Session {
  readonly #connection: Connection;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(connection: Connection) {
    this.#connection = connection;
    // A connection that breaks while nobody waits shows at the next statement.
    connection.on('error', () => undefined);
  }

  /** @throws HandoverError `source-unavailable`, `source-denied`, `source-schema-missing`, `source-tls`. */
  static async open(configuration: MysqlConfiguration): Promise<Session> {
    try {
      // Loaded here: most programs that know of MySQL never open one.
      const { createConnection } = await import('mysql2/promise');
      const session = new Session(await createConnection(optionsOf(configuration)));
      for (const sql of settings) await session.rows(sql);
      return session;
    } catch (error) {
      throw mysqlFailure(error);
    }
  }

  async rows(sql: string): Promise<Field[][]> {
    const run = this.#last.then(async () => {
      const [rows] = await this.#connection.query({ sql, rowsAsArray: true, typeCast: asSent });
      return rows as unknown as Field[][];
    });
    this.#last = run.catch(() => undefined);
    return run;
  }

  /** Rows of text. */
  async texts(sql: string): Promise<(string | null)[][]> {
    const rows = await this.rows(sql);
    return rows.map((row) => row.map((field) => field && field.toString('utf8')));
  }

  async close(): Promise<void> {
    await this.#connection.end().catch(() => this.#connection.destroy());
  }
}

/** Values print the same whatever the server's defaults, and nothing ends the waiting snapshot. */
const settings = [
  "SET SESSION sql_mode = '', time_zone = '+00:00', wait_timeout = 2147483",
  'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
];

const asSent = (field: { buffer(): Buffer | null }): Buffer | null => field.buffer();

/** Where it is, and how guarded the way there is. */
export function mysqlWire({ url, tls = 'verified' }: MysqlConfiguration): Wire {
  const { hostname, searchParams } = new URL(url);
  return wireTo(searchParams.get('socket') ?? hostname, tls === 'off' ? 'none' : tls);
}

function optionsOf(configuration: MysqlConfiguration) {
  const { url, tls } = configuration;
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  const socket = searchParams.get('socket');
  const protection = tls ?? (mysqlWire(configuration).guard === 'local' ? 'off' : 'verified');
  return {
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    charset: 'utf8mb4',
    ...(socket === null ? { host: hostname, port: Number(port || 3306) } : { socketPath: socket }),
    ...(protection !== 'off' && { ssl: { rejectUnauthorized: protection === 'verified' } }),
  };
}

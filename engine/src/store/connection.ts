/**
 * How to reach one database as one role. The URL may hold a password: it never stands in a log, an
 * error or an argument list.
 */
export interface ConnectionSpec {
  /** `postgresql://…`, as libpq, `pg` and the durable engine all read it. */
  url: string;
  /**
   * Generations of the project key that this program holds. Where the database was sealed under another
   * one since, it is refused at every new connection: what it wrote could not be read.
   */
  sealedUnder?: readonly string[];
}

/** The connection through a unix socket in `folder`; no password, the folder's mode is the guard. */
export function socketConnection(
  folder: string,
  port: number,
  database: string,
  role: string,
): ConnectionSpec {
  const host = encodeURIComponent(folder);
  const path = encodeURIComponent(database);
  // `localhost` is there for readers that demand a host; the `host` parameter overrides it.
  return { url: `postgresql://${encodeURIComponent(role)}@localhost:${port}/${path}?host=${host}` };
}

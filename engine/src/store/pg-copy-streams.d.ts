/** The part of `pg-copy-streams` used here; the package ships no types. */
declare module 'pg-copy-streams' {
  import type { Readable, Writable } from 'node:stream';
  import type { Submittable } from 'pg';

  /** `COPY … FROM STDIN`; `rowCount` is known once the stream has finished. */
  export function from(sql: string): Writable & Submittable & { rowCount: number };

  /** `COPY … TO STDOUT`. */
  export function to(sql: string): Readable & Submittable & { rowCount: number };
}

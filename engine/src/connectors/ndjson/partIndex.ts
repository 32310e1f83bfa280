import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { TargetId } from '../../model/target.ts';

/** A file of resources of one type, one to a line. It never changes. */
export interface Part {
  /** File name. */
  name: string;
  type: string;
  lines: number;
  bytes: number;
  sha256: string;
}

/** Where the newest version of a resource stands; a removal stands nowhere. */
export interface Place extends TargetId {
  version: number;
  at: { part: string; offset: number; length: number; digest: string } | undefined;
}

/** How long a process waits for another's commit. */
const patienceMs = 10_000;

const schema = `
  create table if not exists part (
    name text primary key, type text not null, lines integer not null, bytes integer not null,
    sha256 text not null, live integer not null
  ) strict;
  create table if not exists resource (
    type text not null, id text not null, version integer not null,
    part text, start integer, length integer, digest text,
    primary key (type, id)
  ) strict, without rowid;
  create index if not exists resource_part on resource (part) where part is not null;
  create table if not exists state (
    one integer primary key check (one = 1), changes integer not null, published integer not null
  ) strict;
  insert or ignore into state values (1, 0, 0);
`;

/**
 * Which resource stands where, for all processes that write to a folder: an SQLite file of ids,
 * versions, places and keyed digests. Its commit is what makes a part count; a part that it does
 * not name is the rest of an attempt that died. Calls are short and do not wait for the disk's end.
 */
export class PartIndex {
  readonly #database: DatabaseSync;

  constructor(path: string) {
    // SQLite would make the file readable for everybody.
    closeSync(openSync(path, 'a', 0o600));
    this.#database = new DatabaseSync(path, { timeout: patienceMs });
    this.#database.exec(`pragma journal_mode = wal; pragma synchronous = full; ${schema}`);
  }

  /** The newest versions of those that there are or were. */
  places(ids: readonly TargetId[]): Map<string, Place> {
    const find = this.#database.prepare('select * from resource where type = ? and id = ?');
    const found = new Map<string, Place>();
    for (const { type, id } of ids) {
      const row = find.get(type, id);
      if (row !== undefined) found.set(`${type}/${id}`, placeOf(row as unknown as Row));
    }
    return found;
  }

  /**
   * Enter parts and what stands in them, all or nothing.
   * @param before versions on which `after` was decided.
   * @returns false when another writer was quicker: nothing was entered.
   */
  commit(
    before: ReadonlyMap<string, Place>,
    after: readonly Place[],
    parts: readonly Part[],
  ): boolean {
    return this.#transaction(() => {
      const now = this.places(after);
      for (const { type, id } of after) {
        const name = `${type}/${id}`;
        if (now.get(name)?.version !== before.get(name)?.version) return false;
      }
      for (const part of parts) this.#enterPart(part, part.lines);
      for (const place of after) this.#enterPlace(place, now.get(`${place.type}/${place.id}`));
      this.#run('update state set changes = changes + 1');
      return true;
    });
  }

  /** Everything that stands in a part, in the order of its lines. */
  placesIn(part: string): Place[] {
    const find = this.#database.prepare('select * from resource where part = ? order by start');
    return find.all(part).map((row) => placeOf(row as unknown as Row));
  }

  /** Put `part` in the place of `old`, unless somebody has changed what stands in it. */
  replace(old: string, part: Part | undefined, places: readonly Place[]): boolean {
    return this.#transaction(() => {
      const standing = this.placesIn(old);
      const same = standing.every((one, at) => {
        const place = places[at];
        return place?.type === one.type && place.id === one.id && place.version === one.version;
      });
      if (!same || standing.length !== places.length) return false;
      const { changes } = this.#run('delete from part where name = ?', old);
      if (changes === 0) return false;
      if (part !== undefined) this.#enterPart(part, part.lines);
      for (const place of places) this.#writePlace(place);
      return true;
    });
  }

  parts(): Part[] {
    const find = this.#database.prepare(
      'select name, type, lines, bytes, sha256 from part order by type, name',
    );
    return find.all() as unknown as Part[];
  }

  /** Parts with lines that something newer has replaced. */
  partsWithOldLines(): string[] {
    const find = this.#database.prepare('select name from part where live < lines order by name');
    return find.all().map(({ name }) => name as string);
  }

  /** How often anything was entered, and how much of that the manifest knows. */
  state(): { changes: number; published: number } {
    const find = this.#database.prepare('select changes, published from state');
    return find.get() as unknown as { changes: number; published: number };
  }

  setPublished(changes: number): void {
    this.#run('update state set published = max(published, ?)', changes);
  }

  close(): void {
    this.#database.close();
  }

  #enterPart({ name, type, lines, bytes, sha256 }: Part, live: number): void {
    const values = [name, type, lines, bytes, sha256, live];
    this.#run('insert into part values (?, ?, ?, ?, ?, ?)', ...values);
  }

  #enterPlace(place: Place, former: Place | undefined): void {
    const part = former?.at?.part;
    if (part !== undefined) this.#run('update part set live = live - 1 where name = ?', part);
    this.#writePlace(place);
  }

  #writePlace({ type, id, version, at }: Place): void {
    const { part = null, offset = null, length = null, digest = null } = at ?? {};
    const values = [type, id, version, part, offset, length, digest];
    this.#run('insert or replace into resource values (?, ?, ?, ?, ?, ?, ?)', ...values);
  }

  #run(sql: string, ...values: SQLInputValue[]): { changes: number | bigint } {
    return this.#database.prepare(sql).run(...values);
  }

  #transaction(work: () => boolean): boolean {
    this.#database.exec('begin immediate');
    let done = false;
    try {
      done = work();
      this.#database.exec(done ? 'commit' : 'rollback');
      return done;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('rollback');
      throw error;
    }
  }
}

interface Row {
  type: string;
  id: string;
  version: number;
  part: string | null;
  start: number;
  length: number;
  digest: string;
}

function placeOf({ type, id, version, part, start, length, digest }: Row): Place {
  const at = part === null ? undefined : { part, offset: start, length, digest };
  return { type, id, version, at };
}

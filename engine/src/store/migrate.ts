import { readdir, readFile } from 'node:fs/promises';
import { sha256 } from '../base/digest.ts';
import { exitCodes, HandoverError } from '../base/errors.ts';
import type { Database } from './database.ts';
import type { Transaction } from './session.ts';

export interface MigrateOptions {
  database: Database;
  /** Folder of numbered files, `0001_name.sql`, `0002_…`; its URL ends in a slash. */
  folder: URL;
  /** Which set of migrations this is, when a database holds several; `handover` unless told. */
  set?: string;
}

interface Migration {
  number: number;
  name: string;
  sql: string;
  digest: Buffer;
}

/**
 * Bring a schema up to date: apply every file whose number the database lacks, in order, each in a
 * transaction with its record. Programs that do this at once wait for each other. Files are
 * append-only: a change to the schema is a new file.
 *
 * @returns the numbers applied now; empty when there was nothing to do.
 * @throws HandoverError `schema-newer` when a newer Handover has been here, `schema-edited` when an
 *   applied file reads differently now, `schema-numbering` when two files have one number.
 */
export async function migrate(options: MigrateOptions): Promise<number[]> {
  const migrations = await readMigrations(options.folder);
  const set = options.set ?? 'handover';
  const applied: number[] = [];
  for (;;) {
    const number = await options.database.transaction((transaction) =>
      applyNext(transaction, set, migrations),
    );
    if (number === undefined) return applied;
    applied.push(number);
  }
}

async function readMigrations(folder: URL): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
  const migrations: Migration[] = [];
  for (const name of names) {
    const sql = await readFile(new URL(name, folder), 'utf8');
    const before = migrations.at(-1)?.number ?? 0;
    migrations.push({ number: numberOf(name, before), name, sql, digest: sha256(sql) });
  }
  return migrations;
}

/** Numbers may be left out: work that goes on side by side takes them before it is done. */
function numberOf(name: string, before: number): number {
  const number = Number(/^(\d{4})_[a-z0-9-]+\.sql$/i.exec(name)?.[1]);
  if (number > before) return number;
  throw new HandoverError(
    'schema-numbering',
    `${name} does not follow migration ${before}: names are 0001_name.sql, each number once`,
  );
}

/** Released with the transaction; the second number keeps sets from waiting for each other. */
const lock = `select pg_advisory_xact_lock(1213484868, hashtext($1))`;

const table = `
  create table if not exists schema_migration (
    set text not null,
    number integer not null,
    name text not null,
    digest bytea not null,
    applied timestamptz not null default now(),
    primary key (set, number)
  )`;

async function applyNext(
  transaction: Transaction,
  set: string,
  migrations: readonly Migration[],
): Promise<number | undefined> {
  await transaction.query(lock, [set]);
  await transaction.query(table);
  const { rows } = await transaction.query<{ number: number; name: string; digest: Buffer }>(
    'select number, name, digest from schema_migration where set = $1 order by number',
    [set],
  );
  const known = new Map(migrations.map((one) => [one.number, one]));
  for (const row of rows) compare(row, known.get(row.number), set);
  const applied = new Set(rows.map((row) => row.number));
  const next = migrations.find(({ number }) => !applied.has(number));
  if (next === undefined) return undefined;
  await transaction.query(next.sql);
  await transaction.query(
    'insert into schema_migration (set, number, name, digest) values ($1, $2, $3, $4)',
    [set, next.number, next.name, next.digest],
  );
  return next.number;
}

function compare(
  applied: { number: number; name: string; digest: Buffer },
  known: Migration | undefined,
  set: string,
): void {
  if (known === undefined) {
    throw new HandoverError(
      'schema-newer',
      `the database was brought to migration ${applied.name} (${set}) by a newer Handover`,
      {
        next: 'Nothing was changed. Use the newer version, or a backup taken before the upgrade.',
        exitCode: exitCodes.unavailable,
      },
    );
  }
  if (known.digest.equals(applied.digest)) return;
  throw new HandoverError(
    'schema-edited',
    `migration ${known.name} (${set}) is not the one that was applied to this database`,
    { next: 'Nothing was changed. Restore the file; put the change into a new one.' },
  );
}

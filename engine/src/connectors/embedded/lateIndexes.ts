import type { Database } from '../../store/database.ts';
import type { Transaction } from '../../store/session.ts';

/**
 * Indexes that an empty target lacks (migrations 2 and 4), those that take longest first. B-trees where
 * migration 1 had hashes: they are built in half the time, are a third of the size, and cost new rows the same.
 */
const lateIndexes = {
  resource_patient: 'resource (patient)',
  resource_identifier: 'resource (identifier)',
  resource_more_identifiers: `resource using gin (more_identifiers)
    where more_identifiers is not null`,
  resource_time: `resource using brin (updated, date_from, date_to)
    with (pages_per_range = 32, autosummarize = on)`,
};

/**
 * Make those that are missing, each in a transaction and on a processor of its own; writers wait
 * meanwhile. It may be broken off at any time and done again, and several programs may want to do it
 * at once.
 */
export async function makeLateIndexes(database: Database): Promise<void> {
  await Promise.all(
    Object.entries(lateIndexes).map(([name, definition]) =>
      database.transaction((transaction) => makeIndex(transaction, name, definition), {
        operation: 'target.flush',
      }),
    ),
  );
}

async function makeIndex(
  transaction: Transaction,
  name: string,
  definition: string,
): Promise<void> {
  await transaction.query(
    `select pg_advisory_xact_lock(hashtext(current_schema()), hashtext($1))`,
    [name],
  );
  const { rows } = await transaction.query(
    'select from pg_indexes where schemaname = current_schema() and indexname = $1',
    [name],
  );
  if (rows.length === 0) await transaction.query(`create index ${name} on ${definition}`);
}

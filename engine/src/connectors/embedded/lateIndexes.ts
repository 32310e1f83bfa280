import type { Transaction } from '../../store/session.ts';

/** Indexes that an empty target lacks (migration 2), as migration 1 had them. */
const lateIndexes = {
  resource_patient: 'resource using hash (patient)',
  resource_identifier: 'resource using hash (identifier)',
};

/**
 * Make those that are missing; writers wait meanwhile. It may be broken off at any time and done
 * again, and several programs may want to do it at once.
 */
export async function makeLateIndexes(transaction: Transaction): Promise<void> {
  await transaction.query(`select pg_advisory_xact_lock(hashtext(current_schema()), ${lockWord})`);
  const { rows } = await transaction.query<{ indexname: string }>(
    'select indexname from pg_indexes where schemaname = current_schema()',
  );
  const there = new Set(rows.map(({ indexname }) => indexname));
  for (const [name, definition] of Object.entries(lateIndexes)) {
    if (!there.has(name)) await transaction.query(`create index ${name} on ${definition}`);
  }
}

/** "late" in ASCII: tells these locks from others on the same schema. */
const lockWord = 0x6c617465;

import type { Database } from '../../store/database.ts';

/** A snapshot lives as long as the transaction that exported it; this holds that transaction. */
export interface HeldSnapshot {
  name: string;
  /** Let it go; transactions that already use it go on. Never throws. */
  release(): Promise<void>;
}

export async function holdSnapshot(database: Database): Promise<HeldSnapshot> {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const exported = Promise.withResolvers<string>();
  const held = database
    .read(async (transaction) => {
      const { rows } = await transaction.query<{ name: string }>(
        'SELECT pg_export_snapshot() AS name',
      );
      exported.resolve((rows[0] as { name: string }).name);
      await released;
    })
    .catch(exported.reject);
  const name = await exported.promise;
  return {
    name,
    async release() {
      release();
      await held;
    },
  };
}

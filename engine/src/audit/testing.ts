import { readFile } from 'node:fs/promises';
import { withClient } from '../store/provision.ts';
import { testCluster } from '../store/testing.ts';
import type { FreshDatabase } from '../store/testing.ts';

/** A database with an empty audit log and nothing else. */
export async function freshAuditLog(): Promise<FreshDatabase> {
  const fresh = await (await testCluster()).freshDatabase();
  for (const file of ['0003_audit', '0016_audit-tree', '0029_audit-batches']) {
    const sql = new URL(`../store/migrations/control/${file}.sql`, import.meta.url);
    const schema = await readFile(sql, 'utf8');
    await withClient(fresh.spec, (client) => client.query(schema));
  }
  return fresh;
}

import { recordOpening } from '../../src/ledger/undo.ts';
import { silentLog } from '../../src/base/log.ts';
import type { ConnectionSpec } from '../../src/store/connection.ts';
import { openDatabase } from '../../src/store/database.ts';

/** A target that was opened, for what follows from it; how gates open one is shown elsewhere. */
export async function openedTarget(control: ConnectionSpec, target: string): Promise<void> {
  const database = openDatabase(control, { log: silentLog, max: 1 });
  try {
    await database.transaction((transaction) => recordOpening(transaction, target, 'a test'));
  } finally {
    await database.close();
  }
}

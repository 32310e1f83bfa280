import { unpackContributions } from '../../ledger/entries.ts';
import { listExceptions, type Exception, type ExceptionFilter } from '../../ledger/exceptions.ts';
import { batchesOfRecords, foldsOf, recordName, type StagedRecord } from '../../ledger/folded.ts';
import { pageOf, type EntryPlace } from '../../ledger/pages.ts';
import type { Database } from '../../store/database.ts';

/**
 * Names of the charges that went into an account which is held as a whole, by the check or by a
 * target. The id of an account is that of no charge: the ledger tells which took part in it.
 */
export async function heldInAccounts(
  database: Database,
  run: string,
  stream: string,
): Promise<ReadonlySet<string>> {
  const held: EntryPlace[] = [];
  for (const phase of ['check', 'load'] as const) {
    held.push(...(await standingExceptions(database, run, { kind: 'quarantined', phase, stream })));
  }
  const firsts: StagedRecord[] = [];
  const byBatch = Map.groupBy(held, ({ key: { slice, number } }) => `${slice}\n${number}`);
  for (const ofBatch of byBatch.values()) {
    const { key } = ofBatch[0] as EntryPlace;
    const made = await pageOf(database, { ...key, phase: 'map', target: '' });
    const from = made ? unpackContributions(made.contributions) : [];
    for (const { ordinal: draft } of ofBatch) {
      for (const ordinal of from[draft] ?? []) {
        firsts.push({ stream, slice: key.slice, number: key.number, ordinal });
      }
    }
  }
  const names = new Set(firsts.map(recordName));
  const folds = await foldsOf(database, run, batchesOfRecords(firsts), 'into');
  const others = folds.filter(({ into }) => names.has(recordName(into)));
  for (const { record } of others) names.add(recordName(record));
  return names;
}

const page = 100_000;

/** Exceptions that stand, all pages of them. */
export async function standingExceptions(
  database: Database,
  run: string,
  filter: ExceptionFilter,
): Promise<Exception[]> {
  const all: Exception[] = [];
  let after = '0';
  for (;;) {
    const paged = { ...filter, standing: true, after, limit: page };
    const found = await listExceptions(database, run, paged);
    all.push(...found);
    const last = found.at(-1);
    if (last === undefined || found.length < page) return all;
    after = last.id;
  }
}

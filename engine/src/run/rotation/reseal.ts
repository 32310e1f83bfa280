import { HandoverError } from '../../base/errors.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import type { Transaction } from '../../store/session.ts';
import { sealedColumns, type SealedColumn } from './sealedColumns.ts';

/** Rows that are held at once. */
const pageRows = 5_000;

/** How many values were sealed again, and how many data keys wrapped again. */
export interface Resealed {
  resealed: number;
  rewrapped: number;
}

/**
 * Seal everything in the control database again under the newest generation of the key. What parcels
 * and rows hold stays as it is: their data keys are wrapped anew. Tables that nothing may change are
 * changed here and nowhere else, with their triggers off until the transaction ends.
 *
 * @throws HandoverError `seal-broken` where a value does not open: nothing is changed.
 */
export async function resealAll(transaction: Transaction, key: ProjectKey): Promise<Resealed> {
  const done = { resealed: 0, rewrapped: 0 };
  for (const column of sealedColumns) {
    const count = await resealColumn(transaction, key, column);
    done[column.kind === 'wrapped' ? 'rewrapped' : 'resealed'] += count;
  }
  return done;
}

async function resealColumn(
  transaction: Transaction,
  key: ProjectKey,
  sealed: SealedColumn,
): Promise<number> {
  const { table, column, kind, by } = sealed;
  await transaction.query(`alter table ${table} disable trigger user`);
  await transaction.query(
    `declare resealing no scroll cursor for
     select ctid::text as place, "${column}" as sealed ${by.map((name) => `, "${name}"`).join('')}
       from ${table} where length("${column}") > 0`,
  );
  let count = 0;
  for (;;) {
    const { rows } = await transaction.query<{ place: string; sealed: Buffer }>(
      `fetch ${pageRows} from resealing`,
    );
    if (rows.length === 0) break;
    const values = rows.map((row) => again(key, kind, row.sealed, sealed.contexts(row)));
    await transaction.query(
      `update ${table} set "${column}" = changed.value
         from unnest($1::text[]::tid[], $2::bytea[]) as changed (place, value)
        where ${table}.ctid = changed.place`,
      [rows.map(({ place }) => place), values],
    );
    count += rows.length;
  }
  await transaction.query('close resealing');
  await transaction.query(`alter table ${table} enable trigger user`);
  return count;
}

/** Opened in the context that fits, sealed in the same. */
function again(
  key: ProjectKey,
  kind: SealedColumn['kind'],
  value: Buffer,
  contexts: readonly string[],
): Buffer {
  let broken: unknown;
  for (const context of contexts) {
    try {
      return kind === 'wrapped'
        ? key.wrapDataKey(key.unwrapDataKey(value, context), context)
        : key.seal(key.open(value, context), context);
    } catch (error) {
      if (!(error instanceof HandoverError) || error.code !== 'seal-broken') throw error;
      broken = error;
    }
  }
  throw broken;
}

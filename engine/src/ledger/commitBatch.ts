import { HandoverError, exitCodes } from '../base/errors.ts';
import type { Database } from '../store/database.ts';
import type { Statement, Transaction } from '../store/session.ts';
import { sqlFailureOf } from '../store/sqlFailure.ts';
import { balanceSums, type BalanceSums } from './balances.ts';
import type { BatchCommit, ExceptionRow, ParcelRow } from './batches.ts';
import { emptyPage, entryRoot, type EntryPage } from './entries.ts';
import { runOver } from './slices.ts';
import { sliceColumns } from './workUnit.ts';

/**
 * Commit one batch inside `transaction`: move the slice's place by compare-and-set, and with it
 * insert the batch, its entries, parcels and exceptions and move the balances.
 *
 * Returns false, having written nothing, when the compare-and-set finds another place or fence:
 * another attempt did this batch, or took the slice over, or the run is over. The caller then reads what is there.
 * @throws HandoverError `balance-broken` (exit 8) when the database refuses the new balance.
 */
export async function commitBatch(transaction: Transaction, commit: BatchCommit): Promise<boolean> {
  const { sql, parameters } = statementOf(commit);
  const { count } = await transaction.query(sql, parameters).catch(tellBalance);
  return count === 1;
}

/**
 * The same as a transaction of its own: one journey to the server, unless `beside` has more to write
 * in it, which happens once the batch is entered.
 */
export async function commitBatchAlone(
  database: Database,
  commit: BatchCommit,
  beside?: (transaction: Transaction) => Promise<unknown>,
): Promise<boolean> {
  if (beside === undefined) {
    const { count } = await database.commit(statementOf(commit)).catch(tellBalance);
    return count === 1;
  }
  return database.transaction(async (transaction) => {
    const committed = await commitBatch(transaction, commit);
    if (committed) await beside(transaction);
    return committed;
  });
}

/**
 * Everything that becomes true with a batch, as one statement: one journey to the server however
 * much there is to write. All parts hang on `moved`, so nothing is written where the slice did not
 * move; one row comes back where it did. What a batch does not have is left out, and the name tells
 * which parts are there.
 */
function statementOf(commit: BatchCommit): Statement {
  const { records, drafts } = balanceSums(commit.balance);
  const values = new Values();
  const parts = [moved(values, commit), batch(values, commit)];
  let name = 'batch';
  const add = (letter: string, part: string): void => {
    parts.push(part);
    name += letter;
  };
  if (commit.entries) add('.e', entry(values, commit.entries));
  if (commit.parcels.length > 0) add('.p', parcels(values, commit.parcels));
  if (commit.exceptions.length > 0) add('.x', exceptions(values, commit.exceptions));
  if (records.rows.length > 0) add('.r', balance(values, 'record_balance', records));
  if (drafts.rows.length > 0) add('.d', balance(values, 'draft_balance', drafts));
  const sql = `with ${parts.join(',\n')}\nselect 1 from moved`;
  return { name, sql, parameters: values.all };
}

/** Parameters of a statement, as they are named in it. */
class Values {
  readonly all: unknown[] = [];

  /** `$N` for each, in one list. */
  list(values: readonly unknown[]): string {
    return values.map((value) => `$${this.all.push(value)}`).join(', ');
  }

  /** As {@link list}, each the array of a column, with its type. */
  columns(columns: readonly (readonly [type: string, values: readonly unknown[]])[]): string {
    return columns.map(([type, values]) => `$${this.all.push(values)}::${type}[]`).join(', ');
  }
}

/** Compare and set; `number` is where the slice stood, and with it the number of the batch. */
function moved(values: Values, { key, fence, cursor, last }: BatchCommit): string {
  values.list([...sliceColumns(key), key.number, fence, cursor ?? null, last]);
  return `moved as (
    update handover.slice
       set position = position + 1, cursor = coalesce($8, cursor), done = $9,
           lease_until = now() + interval '60 seconds'
     where run = $1 and phase = $2 and target = $3 and stream = $4 and slice = $5
       and position = $6 and fence = $7 and not done and not ${runOver('run')}
    returning run, phase, target, stream, slice, position - 1 as number, fence)`;
}

const place = 'run, phase, target, stream, slice, number';

function batch(values: Values, commit: BatchCommit): string {
  const { attempt, revision, counts, entries = emptyPage, root = entryRoot(entries) } = commit;
  const rest = values.list([attempt, revision, JSON.stringify(counts), root]);
  return `batch as (
    insert into handover.batch (${place}, fence, attempt, revision, counts, root)
    select ${place}, fence, ${rest} from moved)`;
}

function entry(values: Values, page: EntryPage): string {
  const { count, tokens, types, typeOf, subjects, digests, salts } = page;
  const { contributions, states, versions, mappingDigest = null } = page;
  const head = values.list([count, tokens, types, typeOf, subjects, digests, salts]);
  const rest = values.list([contributions, states, versions, mappingDigest]);
  return `entry as (
    insert into handover.entry
      (${place}, count, tokens, types, type_of, subjects, digests, salts, contributions, states,
       versions, mapping_digest)
    select ${place}, ${head}, ${rest} from moved)`;
}

function parcels(values: Values, rows: readonly ParcelRow[]): string {
  const columns = values.columns([
    ['text', rows.map(({ role }) => role)],
    ['text', rows.map(({ name }) => name)],
    ['bytea', rows.map(({ wrappedKey }) => wrappedKey)],
    ['jsonb', rows.map(({ manifest }) => JSON.stringify(manifest))],
  ]);
  return `parcels as (
    insert into handover.parcel (${place}, role, name, wrapped_key, manifest)
    select ${place}, p.* from moved, unnest(${columns}) as p)`;
}

function exceptions(values: Values, rows: readonly ExceptionRow[]): string {
  const columns = values.columns([
    ['int', rows.map(({ ordinal }) => ordinal)],
    ['text', rows.map(({ kind }) => kind)],
    ['text', rows.map(({ code }) => code)],
    ['text', rows.map(({ path }) => path)],
    ['bytea', rows.map(({ token }) => token)],
    ['bytea', rows.map(({ subject = null }) => subject)],
  ]);
  return `exceptions as (
    insert into handover.exception (${place}, ordinal, kind, code, path, token, subject)
    select ${place}, x.* from moved, unnest(${columns}) as x)`;
}

function balance(
  values: Values,
  table: 'record_balance' | 'draft_balance',
  { keys, counts, rows }: BalanceSums,
): string {
  const columns = values.columns([
    ...keys.map((_, at) => ['text', rows.map((row) => row.keys[at])] as const),
    ...counts.map((__, at) => ['bigint', rows.map((row) => row.counts[at])] as const),
  ]);
  return `${table} as (
    update handover.${table} b
       set ${counts.map((count) => `${count} = b.${count} + c.${count}`).join(', ')}
      from moved m, unnest(${columns}) as c (${[...keys, ...counts].join(', ')})
     where b.run = m.run and ${keys.map((key) => `b.${key} = c.${key}`).join(' and ')})`;
}

function tellBalance(error: unknown): never {
  if (!sqlFailureOf(error)?.constraint?.match(/^(records|drafts)_/)) throw error;
  throw new HandoverError(
    'balance-broken',
    'The ledger refused a batch that does not balance; nothing of the batch was written.',
    {
      cause: error,
      exitCode: exitCodes.integrityBroken,
      next: 'Keep the project folder as it is and report the code; `handover report` shows the run.',
    },
  );
}

import { HandoverError } from '../../base/errors.ts';
import type { Column } from '../../model/stream.ts';
import type { Queries } from '../../store/session.ts';
import { columnTypeOf } from './columnType.ts';

/** What the catalogue says of one table or view. */
export interface TableLayout {
  name: string;
  /**
   * `rows`: a table of its own, whose rows have a place (`ctid`); `query`: whatever is put together
   * from others (view, partitioned table, foreign table).
   */
  kind: 'rows' | 'query';
  columns: Column[];
  key: KeyColumn[];
}

export interface KeyColumn {
  name: string;
  /** Type to cast a key in text form to, without a length that could cut it. */
  castType: string;
  /** Text whose own order depends on a locale: it is compared by its bytes instead. */
  ordersByLocale: boolean;
}

/** Tables and views of a schema, sorted by name; a partition is read through its parent. */
export async function readCatalogue(queries: Queries, schema: string): Promise<TableLayout[]> {
  const { rows: tables } = await queries.query<TableRow>(tablesSql, [schema]);
  if (tables.length === 0) await requireSchema(queries, schema);
  const { rows: columns } = await queries.query<ColumnRow>(columnsSql, [schema]);
  const { rows: keys } = await queries.query<KeyRow>(keysSql, [schema]);
  return tables.map((table) => ({
    name: table.name,
    kind: table.kind === 'r' || table.kind === 'm' ? 'rows' : 'query',
    columns: columns.filter((column) => column.table === table.name).map(columnOf),
    key: keyOf(keys.filter((key) => key.table === table.name)),
  }));
}

interface TableRow {
  name: string;
  kind: string;
}

interface ColumnRow {
  table: string;
  name: string;
  sourceType: string;
  baseType: string;
  nullable: boolean;
}

interface KeyRow extends KeyColumn {
  table: string;
  index: string;
}

function columnOf(row: ColumnRow): Column {
  const { name, sourceType, nullable } = row;
  return { name, sourceType, type: columnTypeOf(row.baseType), nullable };
}

/** The indexes come with the best one first. */
function keyOf(rows: readonly KeyRow[]): KeyColumn[] {
  return rows
    .filter((row) => row.index === rows[0]?.index)
    .map(({ name, castType, ordersByLocale }) => ({ name, castType, ordersByLocale }));
}

async function requireSchema(queries: Queries, schema: string): Promise<void> {
  const { count } = await queries.query('SELECT FROM pg_namespace WHERE nspname = $1', [schema]);
  if (count > 0) return;
  throw new HandoverError('source-schema-missing', `the source has no schema "${schema}"`, {
    next: 'Correct `schema` in the plan, or let the role see it.',
  });
}

const tablesSql = `
  SELECT c.relname AS name, c.relkind::text AS kind
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  ORDER BY c.relname COLLATE "C"`;

const columnsSql = `
  SELECT c.relname AS table, a.attname AS name, NOT a.attnotnull AS nullable,
         format_type(a.atttypid, a.atttypmod) AS "sourceType",
         coalesce(base.typname, type.typname) AS "baseType"
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type type ON type.oid = a.atttypid
  LEFT JOIN pg_type base ON base.oid = type.typbasetype
  WHERE n.nspname = $1
  ORDER BY c.relname, a.attnum`;

/**
 * Columns of every index that can identify a row: unique, without condition or expression, no NULL
 * possible. The primary key first, then the index with the fewest columns. (Servers before 15 have
 * no `datlocprovider`, hence the way through JSON.)
 */
const keysSql = `
  SELECT c.relname AS table, i.indexrelid::text AS index, a.attname AS name,
         format_type(a.atttypid, -1) AS "castType",
         a.attcollation <> 0 AND coalesce(co.collname, '') NOT IN ('C', 'POSIX', 'ucs_basic')
           AND NOT (co.collname = 'default' AND d.datcollate IN ('C', 'POSIX')
                    AND coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') = 'c') AS "ordersByLocale"
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_database d ON d.datname = current_database()
  CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
  LEFT JOIN pg_collation co ON co.oid = a.attcollation
  WHERE n.nspname = $1 AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
    AND k.place <= i.indnkeyatts
    AND NOT EXISTS (
      SELECT FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS part (attnum, place)
      LEFT JOIN pg_attribute pa ON pa.attrelid = c.oid AND pa.attnum = part.attnum
      WHERE part.place <= i.indnkeyatts
        AND (part.attnum = 0 OR NOT coalesce(pa.attnotnull, false)))
  ORDER BY c.relname, i.indisprimary DESC, i.indnkeyatts, i.indexrelid, k.place`;

import { escapeIdentifier } from 'pg';
import type { Slice } from '../../model/stream.ts';
import type { Queries } from '../../store/session.ts';
import type { KeyColumn, TableLayout } from './catalogue.ts';
import { from, ordered, type KeyRange } from './statement.ts';

/** A slice smaller than this costs more to start than it gains. */
const fewestRecords = 5_000;

/**
 * Cut a stream by ranges of its first key column that leave no gap: the first has no lower bound,
 * the last no upper one. A stream without a key is one slice, for it can be read only from front
 * to back.
 */
export async function cutSlices(
  queries: Queries,
  schema: string,
  layout: TableLayout,
  want: number,
  count: number,
): Promise<Slice[]> {
  const pieces = Math.min(want, Math.floor(count / fewestRecords));
  const [first] = layout.key;
  if (first === undefined || pieces < 2) return [slice(layout, 0, {})];
  const bounds = await cutPoints(queries, schema, layout, first, pieces);
  return [...bounds, undefined].map((upTo, at) => {
    const after = bounds[at - 1];
    return slice(layout, at, {
      ...(after !== undefined && { after }),
      ...(upTo !== undefined && { upTo }),
    });
  });
}

function slice(layout: TableLayout, at: number, range: KeyRange): Slice {
  const id = String(at + 1).padStart(4, '0');
  return { stream: layout.name, id, range: JSON.stringify(range) };
}

/** At most `pieces - 1` different key values, rising in the order in which the key is read. */
async function cutPoints(
  queries: Queries,
  schema: string,
  layout: TableLayout,
  first: KeyColumn,
  pieces: number,
): Promise<string[]> {
  const histogram = await histogramBounds(queries, schema, layout, first);
  if (histogram.length > 2 * pieces) {
    return evenly(pieces).map((part) => histogram[Math.floor(part * histogram.length)] as string);
  }
  return percentiles(queries, schema, layout, first, pieces);
}

// Both queries order by the bound itself: an output column of its name would stand before it in ORDER
// BY, and text puts 10000000 before 9999999, which makes ranges that overlap.

/** What ANALYZE left: up to 100 values that part the column evenly. Old ones only cut unevenly. */
async function histogramBounds(
  queries: Queries,
  schema: string,
  layout: TableLayout,
  first: KeyColumn,
): Promise<string[]> {
  const bound = first.ordersByLocale ? 'bound COLLATE "C"' : 'bound';
  const { rows } = await queries.query<{ value: string }>(
    `SELECT bound::text AS value FROM pg_stats s
     CROSS JOIN LATERAL unnest(s.histogram_bounds::text::${first.castType}[]) AS bound
     WHERE s.schemaname = $1 AND s.tablename = $2 AND s.attname = $3 AND NOT s.inherited
     ORDER BY ${bound}`,
    [schema, layout.name, first.name],
  );
  return [...new Set(rows.map((row) => row.value))];
}

/** The key itself is walked once where there are no statistics, or the column repeats itself. */
async function percentiles(
  queries: Queries,
  schema: string,
  layout: TableLayout,
  first: KeyColumn,
  pieces: number,
): Promise<string[]> {
  const name = `t.${escapeIdentifier(first.name)}`;
  const bound = first.ordersByLocale ? 'bound COLLATE "C"' : 'bound';
  const { rows } = await queries.query<{ value: string }>(
    `SELECT bound::text AS value FROM (
       SELECT DISTINCT bound FROM (
         SELECT percentile_disc($1::float8[]) WITHIN GROUP (ORDER BY ${ordered(first)})
                AS all_bounds
         FROM ${from(schema, layout)} WHERE ${name} IS NOT NULL
       ) cut CROSS JOIN LATERAL unnest(cut.all_bounds) AS bound
     ) bounds ORDER BY ${bound}`,
    [evenly(pieces)],
  );
  return rows.map((row) => row.value);
}

function evenly(pieces: number): number[] {
  return Array.from({ length: pieces - 1 }, (_, at) => (at + 1) / pieces);
}

import { exitCodes, HandoverError } from '../../base/errors.ts';
import type { Column } from '../../model/stream.ts';
import { columnTypeOf, isBinary } from './columnType.ts';
import type { MysqlConfiguration } from './configuration.ts';
import type { Session } from './session.ts';

/** What the catalogue says of one table or view. */
export interface TableLayout {
  name: string;
  columns: Column[];
  /** `DATA_TYPE` of each column. */
  dataTypes: readonly string[];
  /** The most bytes that a value of each column can have; none: nobody knows a bound. */
  mostBytes: readonly (number | undefined)[];
  key: readonly string[];
  /** Whether the key is one that the server keeps in order. */
  indexed: boolean;
}

/** Tables and views of the database, sorted by name. */
export async function readCatalogue(
  session: Session,
  streams: MysqlConfiguration['streams'],
): Promise<TableLayout[]> {
  const tables = (await session.texts(tablesSql)) as [string][];
  const columns = (await session.texts(columnsSql)) as ColumnRow[];
  const keys = (await session.texts(keysSql)) as KeyRow[];
  const layouts = tables.map(([name]) =>
    layoutOf(
      name,
      columns.filter(([table]) => table === name),
      keys.filter(([table]) => table === name),
      streams[name],
    ),
  );
  for (const name of Object.keys(streams)) {
    if (!layouts.some((layout) => layout.name === name)) throw unknown('table', name);
  }
  return layouts;
}

type ColumnRow = [
  table: string,
  name: string,
  dataType: string,
  type: string,
  nullable: string,
  octets: string | null,
];
type KeyRow = [table: string, index: string, column: string];

function layoutOf(
  name: string,
  rows: readonly ColumnRow[],
  keys: readonly KeyRow[],
  declared: MysqlConfiguration['streams'][string] | undefined,
): TableLayout {
  const columns = rows.map(([, column, dataType, sourceType, nullable]) => ({
    name: column,
    sourceType,
    type: declared?.types[column] ?? columnTypeOf(dataType),
    nullable: nullable === 'YES',
  }));
  for (const column of [...(declared?.key ?? []), ...Object.keys(declared?.types ?? {})]) {
    if (!columns.some((one) => one.name === column)) throw unknown(`column in ${name}`, column);
  }
  // The indexes come with the best one first.
  const own = keys.filter(([, index]) => index === keys[0]?.[1]).map(([, , column]) => column);
  return {
    name,
    columns,
    dataTypes: rows.map(([, , dataType]) => dataType),
    mostBytes: rows.map(([, , dataType, , , octets]) => mostBytes(dataType, octets)),
    key: own.length > 0 ? own : (declared?.key ?? []),
    indexed: own.length > 0,
  };
}

/** JSON and geometries have no length in the catalogue, as numbers and dates have none. */
function mostBytes(dataType: string, octets: string | null): number | undefined {
  if (octets !== null) return Number(octets);
  const isLong = dataType === 'json' || (isBinary(dataType) && dataType !== 'bit');
  return isLong ? undefined : shortBytes;
}

/** No number, date or time is printed longer. */
const shortBytes = 100;

function unknown(what: string, name: string): HandoverError {
  return new HandoverError('source-column-missing', `the source has no ${what} called "${name}"`, {
    next: 'Correct `streams` of this source in the plan.',
    exitCode: exitCodes.planInvalid,
  });
}

const tablesSql = `
  SELECT table_name FROM information_schema.tables
  WHERE table_schema = DATABASE() AND table_type IN ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED')
  ORDER BY BINARY table_name`;

const columnsSql = `
  SELECT table_name, column_name, data_type, column_type, is_nullable,
    character_octet_length
  FROM information_schema.columns WHERE table_schema = DATABASE()
  ORDER BY table_name, ordinal_position`;

/** Unique indexes without a NULL and over whole columns: the primary key first, then the shortest. */
const keysSql = `
  SELECT s.table_name, s.index_name, s.column_name
  FROM information_schema.statistics s
  JOIN (
    SELECT table_name, index_name, count(*) AS parts FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND non_unique = 0
    GROUP BY table_name, index_name
    HAVING sum(coalesce(nullable, '') = 'YES' OR sub_part IS NOT NULL) = 0
  ) one ON one.table_name = s.table_name AND one.index_name = s.index_name
  WHERE s.table_schema = DATABASE()
  ORDER BY s.table_name, s.index_name <> 'PRIMARY', one.parts, s.index_name, s.seq_in_index`;

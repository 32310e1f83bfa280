import type { Table, TableColumn } from './table.ts';

/** The schema in which the legacy hospital lives. */
export const legacySchema = 'legacy';

/** `CREATE TABLE` and the vendor's data dictionary, as comments in the catalogue. */
export function tableSql(table: Table): string {
  const name = `${legacySchema}.${table.name}`;
  const columns = table.columns.map((column) => `  ${column.name} ${column.type}`).join(',\n');
  const notes = table.columns.filter(hasNote).map((column) => {
    return `COMMENT ON COLUMN ${name}.${column.name} IS ${literal(column.note)};\n`;
  });
  return [
    `CREATE TABLE ${name} (\n${columns}\n);\n`,
    `COMMENT ON TABLE ${name} IS ${literal(table.note)};\n`,
    ...notes,
  ].join('');
}

/** A script for psql, run in the folder that holds the tables' files. */
export function schemaSql(tables: readonly Table[]): string {
  const created = tables.map((table) => tableSql(table)).join('\n');
  const loaded = tables
    .map((table) => `\\copy ${legacySchema}.${table.name} FROM '${table.name}.copy'\n`)
    .join('');
  return `CREATE SCHEMA ${legacySchema};\n\n${created}\n${loaded}`;
}

function hasNote(column: TableColumn): column is TableColumn & { note: string } {
  return column.note !== undefined;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

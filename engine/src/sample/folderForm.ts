import { encodeCopyRow } from '../formats/copyText.ts';
import { encodeDelimitedRow } from '../formats/delimitedText.ts';
import { columnTypeOfSql } from './columnTypes.ts';
import { schemaSql } from './schemaSql.ts';
import type { Table } from './table.ts';

/** How the tables stand in a folder. */
export interface FolderForm {
  /** Folder of the tables inside that of the sample; empty: the same. */
  below: string;
  ending: string;
  encode: (values: readonly (string | null)[]) => string;
  /** What stands before the rows. */
  head(table: Table): string;
  /** A file beside the tables that says how to read them. */
  guide: { name: string; text: (tables: readonly Table[]) => string };
  /** The last file, which says what all the others are. */
  manifest?: string;
}

export const folderForms: Readonly<Record<'copy' | 'csv' | 'export-set', FolderForm>> = {
  /** For psql. */
  copy: {
    below: '',
    ending: '.copy',
    encode: encodeCopyRow,
    head: () => '',
    guide: { name: 'schema.sql', text: schemaSql },
  },
  /** What a vendor delivers at the end of a contract. */
  csv: {
    below: 'tables',
    ending: '.csv',
    encode: encodeDelimitedRow,
    head: csvHead,
    guide: { name: 'source.yaml', text: csvSource },
  },
  /** The same with a dictionary and a manifest of digests. */
  'export-set': {
    below: 'delivery/tables',
    ending: '.csv',
    encode: encodeDelimitedRow,
    head: csvHead,
    guide: { name: 'delivery/dictionary.csv', text: dictionary },
    manifest: 'delivery/manifest.json',
  },
};

function csvHead({ columns }: Table): string {
  return `${encodeDelimitedRow(columns.map(({ name }) => name))}\n`;
}

function dictionary(tables: readonly Table[]): string {
  const rows = tables.flatMap(({ name, key, columns }) =>
    columns.map((column) => {
      const place = key.indexOf(column.name);
      const type = /^[a-z]+(\(\d+\))?/.exec(column.type)?.[0] ?? 'text';
      return [name, column.name, type, place < 0 ? '' : String(place + 1), column.note ?? ''];
    }),
  );
  const all = [['table', 'column', 'type', 'key', 'note'], ...rows];
  return all.map((row) => `${encodeDelimitedRow(row)}\n`).join('');
}

/** The settings that a plan needs to read the folder: what CSV cannot say of keys and types. */
function csvSource(tables: readonly Table[]): string {
  const streams = tables.flatMap(({ name, key, columns }) => {
    const types = columns.flatMap((column) => {
      const type = columnTypeOfSql(column.type);
      return type === 'text' ? [] : [`${column.name}: ${type}`];
    });
    return [`  ${name}:`, `    key: [${key.join(', ')}]`, `    types: { ${types.join(', ')} }`];
  });
  return ['kind: csv', 'streams:', ...streams, ''].join('\n');
}

import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConformanceTable } from '../conformance/source.ts';
import { sourceConformance } from '../conformance/source.ts';
import { csvConnector } from './csvConnector.ts';
import { sourceOf, testFolder } from './testFolder.ts';

const folders: Awaited<ReturnType<typeof testFolder>>[] = [];

function lineOf(row: readonly (string | null)[]): string {
  return row.map((field) => (field === null ? '' : `"${field.replaceAll('"', '""')}"`)).join(',');
}

/** The same tables in different clothes: all must be read alike. */
const dialects = {
  csv: { settings: {}, encode: (text: string) => Buffer.from(text) },
  'csv in UTF-16': {
    settings: { charset: 'utf-16' },
    encode: (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  },
};

for (const [kind, { settings, encode }] of Object.entries(dialects)) {
  sourceConformance(kind, {
    create: async (tables: readonly ConformanceTable[]) => {
      const folder = await testFolder();
      folders.push(folder);
      const streams: Record<string, object> = {};
      for (const { name, columns, key, rows } of tables) {
        const lines = [columns.join(','), ...rows.map(lineOf)].map((line) => `${line}\r\n`);
        await writeFile(join(folder.path, `${name}.csv`), encode(lines.join('')));
        streams[name] = key.length > 0 ? { key } : {};
      }
      return sourceOf(csvConnector('/'), { folder: folder.path, streams, ...settings });
    },
    insert: async (table, row) => {
      const path = join(folders[0]?.path ?? '', `${table}.csv`);
      await appendFile(path, encode(`${lineOf(row)}\r\n`).subarray(kind === 'csv' ? 0 : 2));
    },
    capabilities: { snapshot: true, slices: true, counts: true, follow: false, deletions: false },
    dispose: async () => {
      for (const folder of folders.splice(0)) await folder.remove();
    },
  });
}

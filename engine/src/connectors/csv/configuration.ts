import { z } from 'zod';
import { lineUnits } from '../../formats/lineUnits.ts';
import { lineCharsets } from '../../model/recordLayout.ts';
import { columnType, configurationOf, valueSettings } from '../settings.ts';

/**
 * How lines are read, whatever stands in them. Settings of a source hold for all its files, and each
 * file may differ: hence none has a default of its own here.
 */
const lineSettings = {
  charset: z
    .enum([...lineCharsets, 'utf-16'])
    .optional()
    .describe('Character set. Without it a byte order mark decides, and else it is UTF-8.'),
  lineEnd: z
    .enum(['lf', 'crlf', 'cr'])
    .optional()
    .describe('What ends a record: `lf` (the default; with or without CR), `crlf` only, or `cr`.'),
  longestRecord: z
    .int()
    .min(256)
    .max(64 * 1024 * 1024)
    .optional()
    .describe('Bytes after which a record is cut and held; 1 MiB if left out.'),
};

const names = z
  .array(z.string().min(1))
  .min(1)
  .refine((list) => new Set(list).size === list.length, 'names one column twice');

/** What only the plan can say of the columns of a file. */
const tableSettings = {
  file: z.string().min(1).optional().describe('Its file in the folder, where the name differs.'),
  key: names.optional().describe('Columns that identify a record.'),
  types: z
    .record(z.string(), columnType)
    .default({})
    .describe('Types of columns that are more than text.'),
};

/** How delimited files are written. */
export const formatSettings = {
  ...lineSettings,
  delimiter: z
    .string()
    .min(1)
    .max(8)
    .refine((text) => !/[\r\n]/.test(text), 'cannot be a line end')
    .optional()
    .describe('What parts fields: a text, or `tab`. By the ending of the file if left out.'),
  quote: z
    .union([z.literal('none'), z.string().length(1)])
    .optional()
    .describe('The character around fields that hold delimiters or line ends ("), or `none`.'),
  escape: z
    .enum(['doubled', 'backslash'])
    .optional()
    .describe('How a quote stands inside a quoted field: `doubled`, if left out.'),
  nullIs: z
    .string()
    .optional()
    .describe('The text that, without quotes, means NULL: no text at all, if left out.'),
  header: z.boolean().optional().describe('Whether the first line names the columns (true).'),
};

const csvStream = z.strictObject({
  ...formatSettings,
  ...tableSettings,
  columns: names.optional().describe('Names of the columns of a file without a header.'),
});

const csvSettings = z.strictObject({
  folder: z.string().min(1).describe('Where the files are, from the project folder.'),
  ...valueSettings,
  ...formatSettings,
  streams: z.record(z.string(), csvStream).default({}).describe('What differs, file by file.'),
});

/** Settings of `kind: csv` in the plan. */
export type CsvConfiguration = z.infer<typeof csvSettings>;
export type CsvFormat = Pick<CsvConfiguration, keyof typeof formatSettings>;

export const csvConfiguration = configurationOf(csvSettings, (settings) => [
  ...formatProblems('', settings),
  ...Object.entries(settings.streams).flatMap(([name, stream]) => {
    const path = `streams.${name}`;
    const header = stream.header ?? settings.header ?? true;
    return [
      ...formatProblems(`${path}.`, { ...settings, ...stream }),
      ...(header || stream.columns ? [] : [{ path, message: 'has no header: name its `columns`' }]),
    ];
  }),
]);

function formatProblems(
  path: string,
  { delimiter = ',', quote = '"', charset }: CsvFormat,
): { path: string; message: string }[] {
  const problems: { path: string; message: string }[] = [];
  if (delimiter === quote) problems.push({ path: `${path}quote`, message: 'is the delimiter too' });
  if (quote !== 'none' && !isAscii(quote)) {
    problems.push({ path: `${path}quote`, message: 'must be an ASCII character' });
  }
  const set = charset === undefined || charset === 'utf-16' ? 'utf-8' : charset;
  if (lineUnits(delimiter, set).length === 0) {
    problems.push({ path: `${path}delimiter`, message: `cannot be written in ${set}` });
  }
  return problems;
}

function isAscii(text: string): boolean {
  return text.charCodeAt(0) < 0x80;
}

const span = z.strictObject({
  name: z.string().min(1),
  width: z.int().min(1).describe('In characters.'),
  start: z.int().min(1).optional().describe('First character, from 1; after the field before it.'),
  type: columnType.default('text'),
});

const fixedStream = z.strictObject({
  ...lineSettings,
  file: tableSettings.file,
  key: tableSettings.key,
  columns: z.array(span).min(1).describe('The fields of a line, from left to right.'),
  header: z.boolean().default(false).describe('Whether the first line is a header, to be passed.'),
  shortLines: z
    .enum(['blank', 'hold'])
    .default('hold')
    .describe('What a line means that ends before its last field: blanks, or damage.'),
});

const fixedWidthSettings = z.strictObject({
  folder: z.string().min(1).describe('Where the files are, from the project folder.'),
  ...valueSettings,
  ...lineSettings,
  streams: z.record(z.string(), fixedStream).describe('The files, each with its columns.'),
});

/** Settings of `kind: fixed-width` in the plan. */
export type FixedWidthConfiguration = z.infer<typeof fixedWidthSettings>;

export const fixedWidthConfiguration = configurationOf(fixedWidthSettings, ({ streams }) =>
  Object.entries(streams).flatMap(([name, { columns, key = [] }]) => {
    const known = columns.map((column) => column.name);
    const path = `streams.${name}.columns`;
    const twice = known.find((column, at) => known.indexOf(column) !== at);
    const missing = key.find((column) => !known.includes(column));
    return [
      ...(twice === undefined ? [] : [{ path, message: `names "${twice}" twice` }]),
      ...(missing === undefined
        ? []
        : [{ path: `streams.${name}.key`, message: `"${missing}" is no column` }]),
    ];
  }),
);

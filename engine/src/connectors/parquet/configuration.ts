import { z } from 'zod';
import { columnType, configurationOf, keyColumns, valueSettings } from '../settings.ts';

const stream = z.strictObject({
  file: z
    .string()
    .min(1)
    .optional()
    .describe('Its file, or its folder of parts, in the folder, where the name differs.'),
  key: keyColumns.optional(),
  types: z
    .record(z.string(), columnType)
    .default({})
    .describe('Types of columns that the file keeps as less than they are (a date as text).'),
});

const settings = z.strictObject({
  folder: z.string().min(1).describe('Where the files are, from the project folder.'),
  ...valueSettings,
  streams: z.record(z.string(), stream).default({}).describe('What differs, file by file.'),
});

/** Settings of `kind: parquet` in the plan. */
export type ParquetConfiguration = z.infer<typeof settings>;

export const parquetConfiguration = configurationOf(settings);

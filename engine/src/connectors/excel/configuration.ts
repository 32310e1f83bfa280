import { z } from 'zod';
import { columnType, configurationOf, keyColumns, valueSettings } from '../settings.ts';

const stream = z.strictObject({
  sheet: z.string().min(1).optional().describe('Its sheet, where the name differs.'),
  header: z
    .int()
    .min(1)
    .default(1)
    .describe('The row that names the columns; what stands above it is not read.'),
  key: keyColumns.optional(),
  types: z
    .record(z.string(), columnType)
    .default({})
    .describe('Types of columns that are more than text.'),
});

const settings = z.strictObject({
  file: z.string().min(1).describe('The workbook, from the project folder.'),
  ...valueSettings,
  streams: z.record(z.string(), stream).default({}).describe('What differs, sheet by sheet.'),
});

/** Settings of `kind: excel` in the plan. */
export type ExcelConfiguration = z.infer<typeof settings>;

export const excelConfiguration = configurationOf(settings);

import { z } from 'zod';
import { columnType, configurationOf, valueSettings } from '../settings.ts';
import { largestMiB } from '../tooLarge.ts';

const stream = z.strictObject({
  key: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Columns that identify a record, where the table itself does not say.'),
  types: z
    .record(z.string(), columnType)
    .default({})
    .describe('Types of columns whose declared type says too little.'),
});

const settings = z.strictObject({
  file: z.string().min(1).describe('The database, from the project folder.'),
  largestMiB,
  ...valueSettings,
  streams: z.record(z.string(), stream).default({}).describe('What the tables do not say.'),
});

/** Settings of `kind: sqlite` in the plan. */
export type SqliteConfiguration = z.infer<typeof settings>;

export const sqliteConfiguration = configurationOf(settings);

import { z } from 'zod';
import { configurationOf, valueSettings } from '../settings.ts';
import { formatSettings } from '../csv/configuration.ts';

const settings = z.strictObject({
  folder: z.string().min(1).describe('The folder of one delivery, from the project folder.'),
  delivery: z
    .int()
    .min(1)
    .describe('Its number, as the manifest says it: the next delivery is a new decision.'),
  manifest: z.string().min(1).default('manifest.json').describe('Its list of files, with digests.'),
  dictionary: z
    .string()
    .min(1)
    .default('dictionary.csv')
    .describe('Its columns: table, column, type, key (and more, which is not read).'),
  ...valueSettings,
  ...formatSettings,
});

/** Settings of `kind: export-set` in the plan. */
export type ExportSetConfiguration = z.infer<typeof settings>;

export const exportSetConfiguration = configurationOf(settings);

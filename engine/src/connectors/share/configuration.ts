import { z } from 'zod';
import { configurationOf } from '../settings.ts';

const settings = z.strictObject({
  folder: z.string().min(1).describe('The folder of the share, from the project folder.'),
  largestMiB: z
    .int()
    .min(1)
    .max(256)
    .default(64)
    .describe('Files of more mebibytes than this are held (`document-too-large`).'),
});

/** Settings of `kind: share` in the plan. */
export type ShareConfiguration = z.infer<typeof settings>;

export const shareConfiguration = configurationOf(settings);

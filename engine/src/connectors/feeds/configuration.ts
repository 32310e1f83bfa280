import { z } from 'zod';
import { configurationOf, valueSettings } from '../settings.ts';

const settings = z.strictObject({
  folder: z
    .string()
    .min(1)
    .describe('The folder, from the project folder; it is read with all below it.'),
  timeZone: valueSettings.timeZone,
  synthetic: valueSettings.synthetic,
});

/** Settings of `kind: hl7v2`, `ccda` and `x12` in the plan. */
export type FeedConfiguration = z.infer<typeof settings>;

export const feedConfiguration = configurationOf(settings);

import { z } from 'zod';

const days = z.int().min(1).max(36_500);

/** How long Handover keeps its own working copies; nothing goes without two people. */
export const retentionSchema = z.strictObject({
  parcels: days.describe(
    'Days that the working copies of a run are kept after it ended: source items, drafts, before-images, documents.',
  ),
  quarantine: days
    .optional()
    .describe('The same of a run that still holds items for review; as `parcels` if left out.'),
});

export type RetentionPeriods = z.infer<typeof retentionSchema>;

import { z } from 'zod';
import { defaultThresholds } from '../../linkage/model.ts';
import { itemTypes, linkedTypes } from '../../model/person.ts';

const probability = z.number().gt(0).lt(1);

/** Who is who across the streams of a plan; without it every Patient is a chart of its own. */
export const linkageSchema = z
  .strictObject({
    link: probability
      .default(defaultThresholds.link)
      .describe(
        'The match probability from which records are linked, where no alarm speaks against it.',
      ),
    review: probability
      .default(defaultThresholds.review)
      .describe('The match probability from which a human is asked.'),
    kinds: z
      .array(z.enum(linkedTypes))
      .min(1)
      .default([...linkedTypes])
      .describe(
        'The types of resources of which several records of one become one: patients, and beyond them practitioners, organizations, locations and services.',
      ),
    duplicates: z
      .array(z.enum(itemTypes))
      .min(1)
      .optional()
      .describe(
        'The types of which one stands for several that tell of one thing of one person, where it says all that they say; where one says otherwise both stand. None if left out.',
      ),
    streams: z
      .array(z.string())
      .min(1)
      .optional()
      .describe(
        'The streams whose Patients are compared, the one first whose record is the chart; all of them, in the order in which they load, if left out.',
      ),
    trusted: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe(
        'Systems of identifiers that one chart alone has: two records that share one are one chart. All record numbers (type MR, PI, or none) if left out.',
      ),
  })
  .refine(({ link, review }) => review <= link, {
    message: '`review` lies above `link`',
    path: ['review'],
  });

export type LinkagePlan = z.infer<typeof linkageSchema>;

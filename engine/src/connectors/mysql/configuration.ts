import { z } from 'zod';
import { columnType, configurationOf, valueSettings } from '../settings.ts';
import { largestMiB } from '../tooLarge.ts';

const stream = z.strictObject({
  key: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Columns that identify a record of a view, which cannot say it itself.'),
  types: z.record(z.string(), columnType).default({}).describe('Types that columns really have.'),
});

const settings = z.strictObject({
  url: z
    .string()
    .regex(/^(mysql|mariadb):\/\/[^/]*\/[^/?]+/, 'write mysql://user@host:port/database')
    .describe('Connection URL; a secret, so give it as ${NAME} from the environment.'),
  tls: z
    .enum(['verified', 'unverified', 'off'])
    .optional()
    .describe('`verified`, if left out, except on this machine: `off`.'),
  frozen: z
    .boolean()
    .default(false)
    .describe('Nobody writes to it any more, so that many processes may read without a snapshot.'),
  largestMiB,
  ...valueSettings,
  streams: z.record(z.string(), stream).default({}).describe('What tables and views do not say.'),
});

/** Settings of `kind: mysql` in the plan. */
export type MysqlConfiguration = z.infer<typeof settings>;

export const mysqlConfiguration = configurationOf(settings);

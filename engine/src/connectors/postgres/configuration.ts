import { z } from 'zod';
import type { ConfigurationSchema } from '../../model/connector.ts';
import { singleByteCharsets } from '../../model/recordLayout.ts';
import { configurationOf, valueSettings } from '../settings.ts';
import { largestMiB } from '../tooLarge.ts';

const settings = z.strictObject({
  url: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'write postgresql://user@host:port/database')
    .describe('Connection URL; a secret, so give it as ${NAME} from the environment.'),
  schema: z.string().min(1).default('public').describe('The schema whose tables are moved.'),
  charset: z
    .enum(['utf-8', ...singleByteCharsets])
    .default('utf-8')
    .describe('Of a database whose encoding is SQL_ASCII; any other says itself what it holds.'),
  largestMiB,
  ...valueSettings,
  connections: z.int().min(1).max(64).default(6).describe('How many slices are read at once.'),
});

/** Settings of `kind: postgres` in the plan. */
export type PostgresConfiguration = z.infer<typeof settings>;

export const postgresConfiguration: ConfigurationSchema<PostgresConfiguration> =
  configurationOf(settings);

import { z } from 'zod';
import type { ConfigurationSchema } from '../../model/connector.ts';

/**
 * Character sets that hold ASCII as it is and need one byte a character, so that text can be
 * converted wherever the network cut it.
 */
const singleByteCharsets = [
  'windows-1250',
  'windows-1251',
  'windows-1252',
  'windows-1253',
  'windows-1254',
  'windows-1257',
  'iso-8859-2',
  'iso-8859-5',
  'iso-8859-7',
  'iso-8859-15',
] as const;

const settings = z.strictObject({
  url: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'write postgresql://user@host:port/database')
    .describe('Connection URL; a secret, so give it as ${NAME} from the environment.'),
  schema: z.string().min(1).default('public').describe('The schema whose tables are moved.'),
  timeZone: z
    .string()
    .refine(isTimeZone, 'is no IANA time zone, such as America/Chicago')
    .optional()
    .describe('Where the clocks hung that local times were read from (IANA name).'),
  charset: z
    .enum(['utf-8', ...singleByteCharsets])
    .default('utf-8')
    .describe('Of a database whose encoding is SQL_ASCII; any other says itself what it holds.'),
  centuryPivot: z
    .int()
    .min(1900)
    .max(2200)
    .optional()
    .describe('The latest year that a two-digit year can mean.'),
  emptyIs: z
    .enum(['null', 'text'])
    .default('text')
    .describe("What '' means: no value, or a value that is empty."),
  connections: z.int().min(1).max(64).default(6).describe('How many slices are read at once.'),
});

/** Settings of `kind: postgres` in the plan. */
export type PostgresConfiguration = z.infer<typeof settings>;

export const postgresConfiguration: ConfigurationSchema<PostgresConfiguration> = {
  parse(value) {
    const result = settings.safeParse(value);
    if (result.success) return { value: result.data };
    const problems = result.error.issues.map((issue) => ({
      path: issue.path.join('.'),
      message: issue.message,
    }));
    return { problems };
  },
  jsonSchema: () => z.toJSONSchema(settings, { io: 'input' }),
};

function isTimeZone(name: string): boolean {
  try {
    Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

import { z } from 'zod';
import type { ConfigurationSchema } from '../model/connector.ts';

/** What every source of tables is told of its values; the mapping needs it too. */
export const valueSettings = {
  timeZone: z
    .string()
    .refine(isTimeZone, 'is no IANA time zone, such as America/Chicago')
    .optional()
    .describe('Where the clocks hung that local times were read from (IANA name).'),
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
  synthetic: z
    .boolean()
    .optional()
    .describe('That every value in it is made up: only of such a source `map test` keeps rows.'),
};

/** A column's type, for sources that cannot say it themselves. */
export const columnType = z.enum([
  'text',
  'integer',
  'decimal',
  'boolean',
  'date',
  'time',
  'instant',
  'localDateTime',
  'binary',
]);

/** What identifies a record, for sources that cannot say it themselves. */
export const keyColumns = z
  .array(z.string().min(1))
  .min(1)
  .refine((list) => new Set(list).size === list.length, 'names one column twice')
  .describe('Columns that identify a record.');

/** A connector's settings as the plan judges them: every problem at its own place. */
export function configurationOf<S extends z.ZodType>(
  schema: S,
  more: (value: z.infer<S>) => { path: string; message: string }[] = () => [],
): ConfigurationSchema<z.infer<S>> {
  return {
    parse(value) {
      const result = schema.safeParse(value);
      if (!result.success) return { problems: result.error.issues.flatMap(problemsOf) };
      const problems = more(result.data);
      return problems.length > 0 ? { problems } : { value: result.data };
    },
    jsonSchema: () => z.toJSONSchema(schema, { io: 'input' }),
  };
}

function problemsOf(issue: z.core.$ZodIssue): { path: string; message: string }[] {
  const path = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return [{ path: path.join('.'), message: issue.message }];
  return issue.keys.map((key) => ({
    path: [...path, key].join('.'),
    message: 'is no setting of this kind',
  }));
}

function isTimeZone(name: string): boolean {
  try {
    Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

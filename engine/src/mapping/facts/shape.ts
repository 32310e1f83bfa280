import { z } from 'zod';

/**
 * The shape of `facts:`. The declarations are read by it (their keys come from here), and editors complete
 * by it. Facts have a shape of their own, as they have a compiler of their own.
 */
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const column = z.string().min(1).describe('A column of the stream.');
const columns = z.union([scalar, z.array(scalar).min(1)]);

const equals = z.strictObject({
  column,
  equals: columns.describe('One of these values.'),
});
const empty = z.strictObject({
  column,
  empty: z.boolean().describe('Whether the column holds nothing.'),
});
const condition = z.union([equals, empty]);
const conditions = z.union([condition, z.array(condition)]);

export const conditionKeys = [...new Set([equals, empty].flatMap(({ shape }) => keysOf(shape)))];

export const referenceShape = z.strictObject({
  stream: z.string().describe('The stream whose key the column holds.'),
  resource: z.string().describe('What the records of that stream become: Type or Type#label.'),
});

export const booleanShape = z.strictObject({
  true: columns.describe('Values that mean yes.'),
  false: columns.describe('Values that mean no.'),
});

/** The ways in which the text of a column becomes a value; a fact says exactly one of them. */
export const formShapes = {
  as: z
    .record(z.string(), z.union([scalar, z.null()]))
    .describe('The value for each code; ~ where the code states nothing.'),
  text: z.literal(true).describe('The text as it stands.'),
  digest: z
    .literal(true)
    .describe(
      'The SHA-256 of its bytes: of a binary column, a file of a share, or a text in UTF-8.',
    ),
  date: z.string().describe('How the date is written: MM/dd/yy.'),
  dateTime: z.string().describe('How the date and time is written: yyyyMMddHHmm.'),
  decimal: z.literal(true).describe('The number with its digits.'),
  boolean: booleanShape.describe('Yes and no.'),
  reference: referenceShape.describe('The key of a record of another stream.'),
  is: scalar.describe('A constant; then there is no value.'),
} as const;

export type FormKey = keyof typeof formShapes;

export const formKeys = Object.keys(formShapes) as FormKey[];

const modifiers = {
  value: columns.optional().describe('Columns, each of which states the fact.'),
  system: z.string().optional().describe('Code system, unit or currency of the value.'),
  sequence: z
    .string()
    .optional()
    .describe('A column with the number of the element that says it: of a line, in its claim.'),
  trim: z.boolean().optional().describe('Whether white space around the text is no part of it.'),
  once: z
    .boolean()
    .optional()
    .describe('Whether the rows of a group that say the same say it once.'),
  pivot: z.number().optional().describe('The latest year of two digits, if not the source’s.'),
  zone: z.string().optional().describe('The time zone, if not that of the source.'),
  when: conditions.optional().describe('Only where all of these hold.'),
  unless: conditions.optional().describe('Not where any of these holds.'),
};

const conceptKey = z.string().describe('A word of the concept catalogue.');

export const factKeys = ['concept', ...keysOf(modifiers), ...formKeys];

export const subjectShape = z.strictObject({
  column,
  stream: z.string().describe('The stream whose key the column holds.'),
  resource: z.string().default('Patient'),
});

const subject = z
  .union([z.string(), subjectShape])
  .optional()
  .describe('Whom it is about: the key column of this stream, or a column that holds another’s.');

const resource = z.string().optional().describe('Which resource says it: Type or Type#label.');

export const singleKeys = [...factKeys, 'subject', 'resource'];

function relatedShape(fact: z.ZodType) {
  return z.strictObject({
    stream: z.string().describe('The stream whose rows say more about the resource.'),
    by: columns.describe('Its columns that hold what those of `on` do.'),
    on: columns.optional().describe('Columns of this stream; its key if left out.'),
    unless: conditions.optional().describe('Rows of which any holds say nothing.'),
    declare: z.array(fact),
  });
}

export const relatedKeys = keysOf(relatedShape(z.any()).shape);

function blockShape(fact: z.ZodType) {
  const related = relatedShape(fact);
  return z.strictObject({
    resource,
    subject,
    unless: conditions.optional().describe('Records of which any holds must yield nothing.'),
    group: columns.optional().describe('Columns whose values all records of one resource share.'),
    declare: z.array(fact).describe('What the records say of the resource.'),
    related: z.union([related, z.array(related)]).optional(),
  });
}

export const blockKeys = keysOf(blockShape(z.any()).shape);

/** The whole; with the words that a fact may be about, where they are known. */
export function factsShape(words: readonly string[] = []) {
  const concept = words.length === 0 ? conceptKey : z.enum(words).meta(conceptKey.meta() ?? {});
  const fact = oneForm({ concept, ...modifiers });
  const single = oneForm({ concept, ...modifiers, subject, resource });
  const block = z.union([blockShape(fact), single]);
  return z.union([block, z.array(block)]);
}

/** A fact with exactly one of the forms. */
function oneForm(more: z.core.$ZodLooseShape): z.ZodType {
  const shapes = formKeys.map((form) => z.strictObject({ ...more, [form]: formShapes[form] }));
  return z.union(shapes);
}

function keysOf(shape: object): string[] {
  return Object.keys(shape);
}

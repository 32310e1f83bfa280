import { z } from 'zod';
import { factsShape } from './facts/shape.ts';

/**
 * The shape of a mapping file. The reader takes its keys and forms from here, and editors complete by it;
 * what the names and expressions in it mean is judged against the streams when it is compiled.
 */
const column = z.string().min(1).describe('A column.');
const columns = z.union([column, z.array(column).min(1)]);
const expression = z.string().min(1).describe('FHIRPath with the row as its input.');

/** Words joined by hyphens. */
export const reasonForm = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** `Patient`, or `Observation#weight` for one of several. */
export const resourceNameForm = /^([A-Z][A-Za-z]+)(?:#[A-Za-z0-9-]+)?$/;

/** What expressions can call the rows of children. */
export const childNameForm = /^[A-Za-z]\w*$/;

export const exclusionShape = z.strictObject({
  when: expression.describe('A condition: true or false for every record.'),
  reason: z
    .string()
    .regex(reasonForm, 'words joined by hyphens')
    .describe('Counted in every report, as in deleted-in-source.'),
});

export const excludeShape = exclusionShape.extend({
  owner: z.string().min(1).optional().describe('Whose decision it is; every report says so.'),
});

export const childShape = z.strictObject({
  stream: z.string().describe('The stream of the children.'),
  by: columns.describe('Its columns that hold the key of this stream.'),
  on: columns.optional().describe('Columns of this stream, where they are not its key.'),
  order: columns.optional().describe('Columns by which the rows are ordered, numbers by value.'),
});

export const groupShape = z.strictObject({
  by: columns.describe('Columns whose values the rows of one resource share.'),
  order: columns.optional().describe('Columns by which the rows are ordered.'),
  apart: expression.optional().describe('Tells rows apart whose columns are the same.'),
});

const scopeDate = z.strictObject({
  column: column.describe('The column of the date that tells how old a record is.'),
  pattern: z.string().min(1).describe('How it is written: yyyyMMdd.'),
});

export const scopeShape = z.strictObject({
  domain: z.string().min(1).describe('A domain of the plan: results.'),
  date: scopeDate.optional(),
  site: column.optional().describe('The column that says of which site the record is.'),
  specialty: column.optional().describe('The column that says of which specialty it is.'),
  patient: column
    .optional()
    .describe('The column with the key of the patient: where the domain lands as documents.'),
  encounter: column
    .optional()
    .describe('The column with the key of the encounter: where each has a document of its own.'),
});

/** Of what there is one document, where a domain lands as documents. */
export const documentsBy = ['patient', 'encounter', 'year'] as const;
export type DocumentsBy = (typeof documentsBy)[number];

/** What can become of open accounts, charges and payments. */
export const receivablesWays = ['convert', 'run-down', 'balance-forward'] as const;
export type ReceivablesWay = (typeof receivablesWays)[number];

/** Reasons that only the plan can give: a rule of a mapping has another. */
export const planReasons: readonly string[] = ['out-of-scope', 'receivables'];

/** The reason of a record whose person was erased, and which a later run has read again. */
export const erasedReason = 'erased-person';

/** Standards by which messages and documents are mapped. */
export const standardNames = ['hl7v2', 'ccda', 'x12'] as const;

/** What becomes of a code that a code map does not have. */
export const unmappedWords = ['hold', 'text'] as const;

const letShape = z
  .record(z.string().regex(childNameForm), expression)
  .optional()
  .describe(
    '`{ NAME: EXPRESSION }`: expressions that are written once and used by their names, by those after them too. They are about the record, also inside `$each`.',
  );

/** `words`: the concepts that facts may be about. */
export function mappingShapeWith(words: readonly string[] = []) {
  return z.strictObject({
    stream: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .describe(
        '`SOURCE.TABLE`; each stream has at most one mapping, or one for each `receivables`. With `standard`, one stream or a list.',
      ),
    standard: z
      .enum(standardNames)
      .optional()
      .describe(
        'Messages or documents are mapped by a published standard, and its facts are declared with it: then nothing but `stream` stands beside it.',
      ),
    key: columns
      .optional()
      .describe('The key that the source reads by, in its order: a column, or `[a, b]`.'),
    let: letShape,
    exclude: z
      .union([excludeShape, z.array(excludeShape)])
      .optional()
      .describe(
        '`{ when: CONDITION, reason: words-joined-by-hyphens, owner: WHO }`, or a list: records that yield nothing; the first that holds decides.',
      ),
    hold: z
      .union([exclusionShape, z.array(exclusionShape)])
      .optional()
      .describe(
        'The same for what is held instead: of the records that are not excluded, the first that holds decides.',
      ),
    scope: scopeShape
      .optional()
      .describe(
        'Of which domain the records are, and how old: `{ domain: results, date: { column: coll_dt, pattern: yyyyMMdd }, site: fac_id, specialty: spec_cd, patient: pt_id, encounter: enc_id }`. The `scope` of the plan goes by it.',
      ),
    receivables: z
      .union([z.enum(receivablesWays), z.array(z.enum(receivablesWays)).min(1)])
      .optional()
      .describe(
        'Under which `receivables` of the plan the mapping holds; under another the records stay behind, unless another file maps them.',
      ),
    lookup: z
      .boolean()
      .optional()
      .describe(
        '`true`: by declaration the records yield no draft and are there to be looked up; they count as mapped.',
      ),
    foldedInto: z
      .string()
      .min(1)
      .optional()
      .describe('The stream whose mapping names this one among its children.'),
    children: z
      .record(z.string().regex(childNameForm), childShape)
      .optional()
      .describe('Streams whose rows become part of what this one yields, by a name.'),
    group: z
      .union([column, z.array(column), groupShape])
      .optional()
      .describe('Rows of this stream that become one resource.'),
    unmapped: z
      .record(z.string(), z.enum(unmappedWords))
      .optional()
      .describe(
        '`{ NAME: text }`: what becomes of codes that the code map does not have; `hold` if it is not said.',
      ),
    provenance: expression
      .optional()
      .describe('When the source wrote the record down: then a Provenance is made too.'),
    resources: z
      .record(z.string().regex(resourceNameForm), z.record(z.string(), z.unknown()))
      .optional()
      .describe(
        'A map from `Type`, or `Type#label` where one record yields several of a type, to a template.',
      ),
    facts: factsShape(words)
      .optional()
      .describe('What the source says, declared apart from the resources and compared with them.'),
  });
}

const mappingShape = mappingShapeWith();

export const mappingKeys = Object.keys(mappingShape.shape);
export const exclusionKeys = Object.keys(exclusionShape.shape);
export const excludeKeys = Object.keys(excludeShape.shape);
export const childKeys = Object.keys(childShape.shape);
export const groupKeys = Object.keys(groupShape.shape);
export const scopeKeys = Object.keys(scopeShape.shape);
export const scopeDateKeys = Object.keys(scopeDate.shape);

import { placesOf } from '../fhirpath/rootScope.ts';
import type { EvaluationContext, RelationDefinition } from '../fhirpath/environment.ts';
import { DataIssue, ExpressionError, nearestName } from '../fhirpath/expressionError.ts';
import type { Place } from '../fhirpath/expressionError.ts';
import type { RowColumns } from '../fhirpath/staticType.ts';
import { textOf } from '../fhirpath/value.ts';
import type { Value } from '../fhirpath/value.ts';
import type { Stream } from '../model/stream.ts';
import { nearestColumn } from './columnSuggestion.ts';
import type { JoinUse, JoinUses, RelatedRow } from './related.ts';
import { literal } from './rowFunctions.ts';
import type { Work } from './work.ts';

/** What relations need to know of the project. */
export interface RelationSurroundings {
  streams: readonly Stream[];
  /** Streams that a mapping is for: only they are read from the source. */
  mapped: { has(stream: string): boolean };
  uses: JoinUses;
  emptyIs(stream: string): '' | null;
}

const parameters = [
  literal('stream', 'The stream that has the rows.'),
  {
    ...literal('column', 'The columns that hold the key; if left out, the key of that stream.'),
    optional: true,
    repeated: true,
  },
];

/** `.lookup('stream')`: the one row with this key. `.related(…)`: any number of rows. */
export function relationFunctions(around: RelationSurroundings): RelationDefinition[] {
  return [
    {
      name: 'lookup',
      summary: 'The one row of another stream that has this key; none or several hold the record.',
      example: "fac_cd.lookup('clinic.facility').name",
      parameters,
      many: false,
      prepare: (literals, at) => prepared(around, literals, at, true),
    },
    {
      name: 'related',
      summary: 'All rows of another stream that have this key, in the order they were read.',
      example: "pt_id.related('clinic.phone', 'pt_id').where(kind = 'H').number",
      parameters,
      many: true,
      prepare: (literals, at) => prepared(around, literals, at, false),
    },
  ];
}

type Prepared = ReturnType<RelationDefinition['prepare']>;

function prepared(
  around: RelationSurroundings,
  [name, ...columns]: readonly (Value | undefined)[],
  at: Place,
  exactlyOne: boolean,
): Prepared {
  const stream = mappedStream(around, name as string, at);
  const named = columns.filter((column) => column !== undefined) as string[];
  const join = { stream: stream.name, columns: named.length > 0 ? named : stream.key };
  checkColumns(stream, join.columns, at);
  const use = around.uses.of(join, stream.columns, around.emptyIs(stream.name));
  return {
    columns: columnsOf(use),
    read(key, { services }: EvaluationContext) {
      const all = rowsOf(services as Work, use, textOf(key) as string, at);
      if (!exactlyOne || all === undefined) return all?.map(({ row }) => row) ?? [];
      const found = all.filter(({ record }) => !record.setAside);
      if (found.length === 1) requireUsable(found[0] as RelatedRow, at);
      if (found.length > 1) throw new DataIssue('lookup-many', 'several rows have the key', at);
      if (found.length === 0) throw new DataIssue('lookup-missing', 'no row has the key', at);
      return found.map(({ row }) => row);
    },
  };
}

/** What its source says cannot be used holds whoever looks it up, for the same reason. */
function requireUsable({ unusable }: RelatedRow, at: Place): void {
  if (unusable !== undefined) throw new DataIssue(unusable, 'the row cannot be used', at);
}

/** `undefined`: not known yet. */
function rowsOf(
  work: Work,
  use: JoinUse,
  key: string,
  at: Place,
): readonly RelatedRow[] | undefined {
  if (key === '') return [];
  const found = work.related.rows(use, key);
  if (found === undefined) return undefined;
  for (const { problem } of found) {
    if (problem !== undefined) throw new DataIssue('related-unreadable', 'a row is damaged', at);
  }
  return found;
}

/** The columns of a join's rows, as expressions see them. */
export function columnsOf(use: JoinUse): RowColumns {
  return { of: use.join.stream, places: placesOf(use.columns), reads: use.reads };
}

function mappedStream({ streams, mapped }: RelationSurroundings, name: string, at: Place): Stream {
  const stream = streams.find((each) => each.name === name);
  if (stream === undefined) {
    const near = nearestName(
      name,
      streams.map((each) => each.name),
    );
    throw new ExpressionError('literal-invalid', `no stream is called '${name}'`, at, near);
  }
  if (mapped.has(name)) return stream;
  const problem = `no mapping is for stream '${name}', so it is not read`;
  const fix = 'give it a mapping; lookup: true is enough';
  throw new ExpressionError('literal-invalid', problem, at, fix);
}

function checkColumns(stream: Stream, columns: readonly string[], at: Place): void {
  if (columns.length === 0) {
    const problem = `stream '${stream.name}' has no key: name the columns`;
    throw new ExpressionError('literal-needed', problem, at);
  }
  const names = stream.columns.map(({ name }) => name);
  for (const column of columns) {
    if (names.includes(column)) continue;
    const problem = `stream '${stream.name}' has no column '${column}'`;
    throw new ExpressionError(
      'literal-invalid',
      problem,
      at,
      nearestColumn(stream, column, columns),
    );
  }
}

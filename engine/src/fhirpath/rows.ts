import { single, type Code, type Frame } from './code.ts';
import { parseDecimal } from './decimal.ts';
import type { Row } from './environment.ts';
import { DataIssue, type Place } from './expressionError.ts';
import type { Item } from './item.ts';
import { unknownName } from './scope.ts';
import { systemOf, type ColumnPlace, type RowColumns } from './staticType.ts';
import { compileSingle } from './steps.ts';
import { parseTemporal, Temporal, type TemporalKind } from './temporal.ts';
import type { SystemName } from './model.ts';
import type { Value } from './value.ts';
import type { ColumnType } from '../model/stream.ts';

const columnTypes: Readonly<Record<ColumnType, SystemName>> = {
  text: 'String',
  binary: 'String',
  integer: 'Integer',
  decimal: 'Decimal',
  boolean: 'Boolean',
  date: 'Date',
  time: 'Time',
  instant: 'DateTime',
  localDateTime: 'DateTime',
};

/** Finds the row: it is the focus, or, inside a criterion, the whole input. */
type FindRow = (focus: Item, frame: Frame) => Row;

const rowInFocus: FindRow = (focus) => focus as unknown as Row;
const rowInFrame: FindRow = (_, frame) => frame.input as unknown as Row;

/** A column as a value of its type. Both NULL and an absent column are empty. */
export function columnCode(column: ColumnPlace, focused: boolean, at: Place): Code {
  const { index } = column;
  const type = systemOf(columnTypes[column.type]);
  const row = focused ? rowInFocus : rowInFrame;
  const read = reader(column.type, at);
  if (read === undefined && focused) {
    return single(type, (focus) => (focus as unknown as Row)[index] ?? undefined);
  }
  return single(type, (focus, frame) => {
    const text = row(focus, frame)[index];
    if (text === undefined || text === null) return undefined;
    return read === undefined ? text : read(text);
  });
}

/** `base.name`: a column of rows that are not the input, such as those of another stream. */
export function compileRowMember(base: Code, columns: RowColumns, name: string, at: Place): Code {
  const column = columns.places.get(name);
  if (column === undefined) {
    throw unknownName(`column of ${columns.of}:`, name, columns.places.keys(), at);
  }
  columns.reads.add(name);
  const { index } = column;
  const read = reader(column.type, at);
  return compileSingle(
    base,
    systemOf(columnTypes[column.type]),
    (item) => {
      const text = (item as unknown as Row)[index];
      if (text === undefined || text === null) return undefined;
      return read === undefined ? text : read(text);
    },
    at,
  );
}

/** Whether a column holds exactly this kind of nothing: `null`, or `undefined` for absent. */
export function columnLacks(column: ColumnPlace, focused: boolean, what: null | undefined): Code {
  const row = focused ? rowInFocus : rowInFrame;
  return single(systemOf('Boolean'), (focus, frame) => row(focus, frame)[column.index] === what);
}

/** How a text of the source becomes a value; `undefined` for text, which is one already. */
function reader(type: ColumnType, at: Place): ((text: string) => Value) | undefined {
  switch (type) {
    case 'text':
    case 'binary':
      return undefined;
    case 'integer':
    case 'decimal':
      return (text) => needed(parseDecimal(text, type === 'integer'), 'number-unreadable', at);
    case 'boolean':
      return (text) => needed(booleans.get(text.toLowerCase()), 'boolean-unreadable', at);
    case 'date':
      return (text) =>
        isPlainDate(text) ? new Temporal('date', text) : temporal('date', text, at);
    case 'time':
      return (text) => temporal('time', text, at);
    case 'instant':
    case 'localDateTime':
      return (text) => temporal('dateTime', dateTimeText(text), at);
  }
}

function needed<T>(value: T | undefined, code: string, at: Place): T {
  if (value === undefined) throw new DataIssue(code, 'the column does not hold its type', at);
  return value;
}

function temporal(kind: TemporalKind, text: string, at: Place): Temporal {
  return needed(parseTemporal(kind, text), 'date-unreadable', at);
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ['t', true],
  ['true', true],
  ['1', true],
  ['f', false],
  ['false', false],
  ['0', false],
]);

const plainDate = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])$/;

/** A date that exists in every month; others are read with care. */
function isPlainDate(text: string): boolean {
  return plainDate.test(text);
}

const sqlDateTime =
  /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]\d\d(?::?\d\d)?)?$/;

/** SQL's `2020-01-31 12:30:00+00` as FHIR writes it. */
function dateTimeText(text: string): string {
  const match = sqlDateTime.exec(text);
  if (match === null) return text;
  const [, date, clock, zone = ''] = match;
  const hours = zone.slice(0, 3);
  const minutes = zone.length > 3 ? zone.slice(-2) : '00';
  return `${date}T${clock}${zone === '' || zone === 'Z' ? zone : `${hours}:${minutes}`}`;
}

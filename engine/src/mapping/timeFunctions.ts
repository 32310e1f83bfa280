import type { FunctionDefinition } from '../fhirpath/environment.ts';
import { DataIssue, ExpressionError } from '../fhirpath/expressionError.ts';
import type { Place } from '../fhirpath/expressionError.ts';
import { Temporal } from '../fhirpath/temporal.ts';
import type { Value } from '../fhirpath/value.ts';
import { compileDatePattern, DatePatternError, fhirDate } from '../formats/dates.ts';
import { fhirDateTime, parseIsoTime } from '../formats/dates.ts';
import type { DateParser } from '../formats/dates.ts';
import { timeZone } from '../formats/zones.ts';
import type { TimeZone } from '../formats/zones.ts';
import type { SourceSettings } from '../model/sourceSettings.ts';
import { Memo } from './memo.ts';
import { literal } from './rowFunctions.ts';

/** Days and instants repeat: this many readings of one expression are remembered. */
const remembered = 20_000;

const patternParameter = {
  ...literal('pattern', 'How it is written, as in yyyy-MM-dd; ISO if left out. | parts several.'),
  optional: true,
};
const zoneParameter = {
  ...literal('zone', "An IANA time zone, if it is not the source's."),
  optional: true,
};

/** `.date('MM/dd/yy')`, `.dateTime('yyyy-MM-dd HH:mm', 'America/Chicago')`, `.instant(…)`. */
export function timeFunctions(settings: SourceSettings): FunctionDefinition[] {
  return [dateFunction(settings), dateTimeFunction(settings), instantFunction(settings)];
}

function dateFunction(settings: SourceSettings): FunctionDefinition {
  return {
    name: 'date',
    summary: 'A date as precise as it is written; a time of day is left out.',
    example: "dob.date('MM/dd/yy')",
    input: ['String', 'Date', 'DateTime'],
    parameters: [patternParameter],
    result: 'Date',
    prepare([pattern], at) {
      const parse = parser(pattern, settings, at);
      return remembering('date', (text) => fhirDate(readTime(parse, text, at)));
    },
  };
}

function dateTimeFunction(settings: SourceSettings): FunctionDefinition {
  return {
    name: 'dateTime',
    summary: 'A date, or a date and time with its offset from UTC, as precise as it is written.',
    example: "adm_ts.dateTime('yyyyMMddHHmm')",
    input: ['String', 'Date', 'DateTime'],
    parameters: [patternParameter, zoneParameter],
    result: 'DateTime',
    prepare([pattern, zone], at) {
      const read = zonedReader(pattern, zone, settings, at);
      return remembering('dateTime', read);
    },
  };
}

function instantFunction(settings: SourceSettings): FunctionDefinition {
  return {
    name: 'instant',
    summary: 'A date and time with its offset from UTC; a date alone is not an instant.',
    example: "upd_ts.instant('yyyy-MM-dd HH:mm:ss')",
    input: ['String', 'DateTime'],
    parameters: [patternParameter, zoneParameter],
    result: 'DateTime',
    prepare([pattern, zone], at) {
      const read = zonedReader(pattern, zone, settings, at);
      return remembering('dateTime', (text) => {
        const instant = read(text);
        if (instant.length <= 10) throw new DataIssue('time-missing', 'a date alone', at);
        return instant;
      });
    },
  };
}

function remembering(
  kind: 'date' | 'dateTime',
  read: (text: string) => string,
): (input: Value | undefined) => Value {
  const memo = new Memo<Temporal>(remembered);
  return (input) => {
    const text = input instanceof Temporal ? input.text : (input as string);
    const known = memo.get(text);
    if (known !== undefined) return known;
    const made = new Temporal(kind, read(text));
    memo.set(text, made);
    return made;
  };
}

function readTime(parse: DateParser, text: string, at: Place): NonNullable<ReturnType<DateParser>> {
  const time = parse(text);
  if (time === undefined) throw new DataIssue('date-unreadable', 'not of that pattern', at);
  return time;
}

function zonedReader(
  pattern: Value | undefined,
  zoneName: Value | undefined,
  settings: SourceSettings,
  at: Place,
): (text: string) => string {
  const parse = parser(pattern, settings, at);
  const zone = zoneOf((zoneName as string | undefined) ?? settings.timeZone, at);
  const rule = settings.clockChange ?? { overlap: 'refuse', gap: 'refuse' };
  return (text) => {
    const zoned = fhirDateTime(readTime(parse, text, at), zone, rule);
    if ('problem' in zoned) throw new DataIssue(zoned.problem, 'no one instant', at);
    return zoned.text;
  };
}

function zoneOf(name: string | undefined, at: Place): TimeZone | undefined {
  if (name === undefined) return undefined;
  const zone = timeZone(name);
  if (zone !== undefined) return zone;
  throw new ExpressionError('literal-invalid', `'${name}' is not an IANA time zone`, at);
}

function parser(pattern: Value | undefined, settings: SourceSettings, at: Place): DateParser {
  if (pattern === undefined) return parseIsoTime;
  try {
    return compileDatePattern(pattern as string, settings.centuryPivot);
  } catch (error) {
    if (!(error instanceof DatePatternError)) throw error;
    throw new ExpressionError('literal-invalid', error.message, at);
  }
}

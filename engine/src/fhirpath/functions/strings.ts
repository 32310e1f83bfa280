import { none, operands, several, single, type Code } from '../code.ts';
import { DataIssue, ExpressionError, type Place } from '../expressionError.ts';
import { stringType } from '../staticType.ts';
import type { BuiltIn, Call } from '../scope.ts';
import { textOf } from '../value.ts';
import { argumentOf, inputOf, scalar } from './scalar.ts';
import { decodeText, encodeText, escapeText, unescapeText } from './textCodes.ts';

/** String functions (FHIRPath N1 §5.6). Positions and lengths count UTF-16 code units. */
export const stringFunctions: Readonly<Record<string, BuiltIn>> = {
  length: scalar('String', [], 'Integer', (text) => text.length),
  upper: scalar('String', [], 'String', (text) => text.toUpperCase()),
  lower: scalar('String', [], 'String', (text) => text.toLowerCase()),
  trim: scalar('String', [], 'String', (text) => text.trim()),
  startsWith: scalar('String', ['String'], 'Boolean', (text, [prefix = '']) =>
    text.startsWith(prefix),
  ),
  endsWith: scalar('String', ['String'], 'Boolean', (text, [suffix = '']) => text.endsWith(suffix)),
  contains: scalar('String', ['String'], 'Boolean', (text, [part = '']) => text.includes(part)),
  indexOf: scalar('String', ['String'], 'Integer', (text, [part = '']) => text.indexOf(part)),
  lastIndexOf: scalar('String', ['String'], 'Integer', (text, [part = '']) =>
    text.lastIndexOf(part),
  ),
  substring: scalar('String', ['Integer', 'Integer'], 'String', substring, { optional: 1 }),
  replace: scalar('String', ['String', 'String'], 'String', (text, [part = '', by = '']) =>
    part === '' ? interleaved(text, by) : text.replaceAll(part, () => by),
  ),
  matches: pattern((text) => text),
  matchesFull: pattern((text) => `^(?:${text})$`),
  replaceMatches: scalar('String', ['String', 'String'], 'String', replaceMatches),
  encode: scalar('String', ['String'], 'String', (text, [code = '']) => encodeText(text, code)),
  decode: scalar('String', ['String'], 'String', (text, [code = '']) => decodeText(text, code)),
  escape: scalar('String', ['String'], 'String', (text, [code = '']) => escapeText(text, code)),
  unescape: scalar('String', ['String'], 'String', (text, [code = '']) => unescapeText(text, code)),
  toChars: { arity: [0, 0], compile: (call) => listed(call, (text) => Array.from(text)) },
  split: { arity: [1, 1], compile: compileSplit },
  join: { arity: [0, 1], compile: compileJoin },
};

function substring(
  text: string,
  [start = 0, length]: readonly [number?, number?],
): string | undefined {
  if (start < 0 || start >= text.length) return undefined;
  if (length !== undefined && length <= 0) return '';
  return length === undefined ? text.slice(start) : text.slice(start, start + length);
}

function interleaved(text: string, by: string): string {
  return by + Array.from(text, (character) => character + by).join('');
}

/** Whether a regular expression matches; one that is a literal is checked when compiling. */
function pattern(written: (text: string) => string): BuiltIn {
  const matches = scalar('String', ['String'], 'Boolean', (text, [regex = ''], at) =>
    regexOf(written(regex), at).test(text),
  );
  return { ...matches, compile: (call) => (checkPattern(call), matches.compile(call)) };
}

function checkPattern(call: Call): void {
  const syntax = call.arguments[0];
  if (syntax?.kind !== 'literal' || typeof syntax.value !== 'string') return;
  try {
    regexOf(syntax.value, syntax.at);
  } catch {
    throw new ExpressionError('literal-invalid', 'not a regular expression', syntax.at);
  }
}

function replaceMatches(
  text: string,
  [regex = '', by = '']: readonly [string?, string?],
  at: Place,
): string {
  return regex === '' ? text : text.replaceAll(regexOf(regex, at, 'g'), by);
}

const regexes = new Map<string, RegExp>();
const mostRegexes = 500;

/** `.` matches line ends too. @throws DataIssue `pattern-invalid` */
function regexOf(text: string, at: Place, flags = ''): RegExp {
  const key = `${flags}/${text}`;
  let regex = regexes.get(key);
  if (regex === undefined) {
    regex = buildRegex(text, flags, at);
    if (regexes.size < mostRegexes) regexes.set(key, regex);
  }
  regex.lastIndex = 0;
  return regex;
}

function buildRegex(text: string, flags: string, at: Place): RegExp {
  for (const unicode of ['u', '']) {
    try {
      return new RegExp(text, `s${unicode}${flags}`);
    } catch {
      continue;
    }
  }
  throw new DataIssue('pattern-invalid', 'not a regular expression', at);
}

/** A function of one text that yields several. */
function listed(call: Call, apply: (text: string) => readonly string[]): Code {
  const get = inputOf(call, 'String');
  return several(
    stringType,
    (focus, frame) => {
      const text = get(focus, frame);
      return text === undefined ? none : apply(text as string);
    },
    call.at,
  );
}

function compileSplit(call: Call): Code {
  const { get } = argumentOf(call, 0, 'String');
  const input = inputOf(call, 'String');
  return several(
    stringType,
    (focus, frame) => {
      const text = input(focus, frame);
      const separator = get(focus, frame);
      if (text === undefined || separator === undefined) return none;
      return (text as string).split(separator as string);
    },
    call.at,
  );
}

function compileJoin(call: Call): Code {
  const all = operands(call.base);
  const ofNothing = call.scope.environment.emptyJoin === true ? '' : undefined;
  const separator = call.arguments.length === 0 ? undefined : argumentOf(call, 0, 'String').get;
  return single(stringType, (focus, frame) => {
    const values = all(focus, frame);
    if (values.length === 0) return ofNothing;
    const between = separator === undefined ? '' : separator(focus, frame);
    return between === undefined
      ? undefined
      : values.map((value) => textOf(value) ?? '').join(between as string);
  });
}

import { ExpressionError, type Place } from './expressionError.ts';

export type TokenKind =
  | 'name'
  /** A name between backticks: never a keyword. */
  | 'quotedName'
  | 'string'
  | 'number'
  /** The text after `@`. */
  | 'temporal'
  /** `$this`, `$index`, `$total`. */
  | 'special'
  /** The name after `%`. */
  | 'constant'
  | 'symbol'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** Escapes are resolved, and quotes and sigils are left out. */
  readonly text: string;
  readonly at: Place;
}

/** Spaces and comments (FHIRPath N1 §3.1, §3.2). An unclosed comment is left for the error. */
const blank = /(?:\s+|\/\/[^\n\r]*|\/\*[^]*?\*\/)*/y;

const rules: readonly { kind: TokenKind; pattern: RegExp }[] = [
  { kind: 'name', pattern: /[A-Za-z_][A-Za-z0-9_]*/y },
  { kind: 'quotedName', pattern: /`((?:[^\\`]|\\[^])*)`/y },
  { kind: 'string', pattern: /'((?:[^\\']|\\[^])*)'/y },
  { kind: 'number', pattern: /\d+(?:\.\d+)?/y },
  {
    kind: 'temporal',
    pattern:
      /@(T\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?|\d{4}(?:-\d\d(?:-\d\d)?)?(?:T(?:\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d:\d\d)?)?)?)/y,
  },
  { kind: 'special', pattern: /\$(?:this|index|total)\b/y },
  { kind: 'constant', pattern: /%([A-Za-z_][A-Za-z0-9_-]*)/y },
  { kind: 'constant', pattern: /%[`']((?:[^\\'`]|\\[^])*)[`']/y },
  { kind: 'symbol', pattern: /!=|!~|<=|>=|[-+*/&|=~<>.,()[\]{}]/y },
];

/** No expression that a person can review is longer. */
const mostTokens = 5000;

/** @throws ExpressionError `syntax` at the first character that begins no token. */
export function tokenize(text: string): Token[] {
  const placeAt = places(text);
  const tokens: Token[] = [];
  for (let at = skipBlank(text, 0); at < text.length;) {
    const place = placeAt(at);
    if (tokens.length >= mostTokens) {
      throw new ExpressionError('syntax', 'the expression is too long; split it up', place);
    }
    const found = matchToken(text, at);
    if (found === undefined) throw unreadable(text, at, place);
    tokens.push({ kind: found.kind, text: unescape(found.text, found.kind, place), at: place });
    at = skipBlank(text, found.end);
  }
  tokens.push({ kind: 'end', text: '', at: placeAt(text.length) });
  return tokens;
}

function skipBlank(text: string, at: number): number {
  blank.lastIndex = at;
  blank.exec(text);
  return blank.lastIndex;
}

function matchToken(
  text: string,
  at: number,
): { kind: TokenKind; text: string; end: number } | undefined {
  if (text.startsWith('/*', at)) return undefined;
  for (const { kind, pattern } of rules) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) return { kind, text: match[1] ?? match[0], end: pattern.lastIndex };
  }
  return undefined;
}

function unreadable(text: string, at: number, place: Place): ExpressionError {
  const first = text.slice(at, at + (text.startsWith('/*', at) ? 2 : 1));
  const problems: Readonly<Record<string, string>> = {
    "'": "a string is not closed by '",
    '`': 'a name is not closed by `',
    '"': "strings stand between single quotes: '…'",
    '@': 'a date or time is written like @2015-02-04, @2015-02-04T14:34:28+10:00 or @T14:34',
    $: 'only $this, $index and $total begin with $',
    '%': 'a constant is written like %resource or %`name`',
    '/*': 'a comment is not closed by */',
    '!': 'not equal is !=, not equivalent is !~, and negation is .not()',
  };
  const problem = problems[first] ?? `'${first}' has no meaning here`;
  return new ExpressionError('syntax', problem, place);
}

const escapes: Readonly<Record<string, string>> = {
  "'": "'",
  '"': '"',
  '`': '`',
  '\\': '\\',
  '/': '/',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

function unescape(text: string, kind: TokenKind, at: Place): string {
  if (kind === 'symbol' || !text.includes('\\')) return text;
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|([^]))/g, (_, code?: string, single = '') => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    const character = escapes[single as string];
    if (character !== undefined) return character;
    throw new ExpressionError('syntax', `\\${single} is not an escape; write \\\\ for \\`, at);
  });
}

/** Offset to line and column; called with rising offsets. */
function places(text: string): (offset: number) => Place {
  let line = 1;
  let lineStart = 0;
  let next = text.indexOf('\n');
  return (offset) => {
    while (next !== -1 && next < offset) {
      line++;
      lineStart = next + 1;
      next = text.indexOf('\n', lineStart);
    }
    return { line, column: offset - lineStart + 1 };
  };
}

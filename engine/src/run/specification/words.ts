import { parseExpression } from '../../fhirpath/parser.ts';
import type { BinaryOperator, CallSyntax, Syntax } from '../../fhirpath/syntax.ts';

/**
 * An expression in words that a clinician reads, `undefined` where it has none: then the expression itself
 * must do. Names of columns stay as the source has them.
 */
export function inWords(expression: string): string | undefined {
  return say(parseExpression(expression));
}

/** Expressions that are written once, by name. */
export type NamedTexts = ReadonlyMap<string, string>;

/**
 * Names in an expression that stand for themselves, such as columns, with rows they are taken from. In place of the name of
 * another expression there are the names in that, each with `%` before it: they are of the record.
 */
export function namesIn(expression: string, named: NamedTexts = new Map()): string[] {
  const names = new Set<string>();
  collect(parseExpression(expression), names, named);
  const found = [...names].flatMap((name) => {
    const text = named.get(name);
    // An expression may use those before it, so no circle arises.
    if (text === undefined) return [name];
    return namesIn(text, named).map((one) => (/[.%]/.test(one) ? one : `%${one}`));
  });
  return [...new Set(found)];
}

function collect(syntax: Syntax, names: Set<string>, named: NamedTexts): void {
  switch (syntax.kind) {
    case 'name': {
      const from = syntax.base && rowsOf(syntax.base, named);
      if (syntax.base === undefined) names.add(syntax.name);
      else if (from !== undefined) names.add(`${from}.${syntax.name}`);
      if (syntax.base !== undefined) collect(syntax.base, names, named);
      return;
    }
    case 'call':
      if (syntax.base !== undefined) collect(syntax.base, names, named);
      for (const each of syntax.arguments) collect(each, names, named);
      return;
    case 'indexer':
      collect(syntax.base, names, named);
      return;
    case 'unary':
    case 'typeTest':
      collect(syntax.operand, names, named);
      return;
    case 'binary':
      collect(syntax.left, names, named);
      collect(syntax.right, names, named);
      return;
    case 'literal':
    case 'empty':
    case 'special':
    case 'constant':
  }
}

/** The stream whose rows an expression yields, where it says so itself. */
export function rowsOf(syntax: Syntax, named: NamedTexts = new Map()): string | undefined {
  if (syntax.kind === 'name' && syntax.base === undefined) {
    const text = named.get(syntax.name);
    return text === undefined ? undefined : rowsOf(parseExpression(text), named);
  }
  if (syntax.kind !== 'call') return undefined;
  if (syntax.name === 'lookup' || syntax.name === 'related') return literal(syntax, 0);
  return syntax.base && rowsOf(syntax.base, named);
}

export function streamYielded(expression: string, named: NamedTexts): string | undefined {
  return rowsOf(parseExpression(expression), named);
}

function say(syntax: Syntax | undefined): string | undefined {
  switch (syntax?.kind) {
    case 'literal':
      return sayLiteral(syntax.value);
    case 'empty':
      return 'nothing';
    case 'name':
      return sayName(syntax.name, syntax.base);
    case 'binary':
      return sayBinary(syntax.operator, say(syntax.left), say(syntax.right));
    case 'call':
      return sayCall(syntax);
    case undefined:
    case 'constant':
    case 'indexer':
    case 'special':
    case 'typeTest':
    case 'unary':
      return undefined;
  }
}

function sayLiteral(value: unknown): string | undefined {
  if (typeof value === 'string') return `“${value}”`;
  if (typeof value === 'number') return String(value);
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : undefined;
}

function sayName(name: string, base: Syntax | undefined): string | undefined {
  if (base === undefined) return name;
  if (base.kind === 'call' && base.name === 'lookup') {
    const key = say(base.base);
    return key && `${name} of the ${literal(base, 0)} row with key ${key}`;
  }
  const rows = say(base);
  return rows && `${name} of ${rows}`;
}

const binaryWords: Readonly<Partial<Record<BinaryOperator, string>>> = {
  '=': 'is',
  '~': 'is',
  '!=': 'is not',
  '!~': 'is not',
  '<': 'is less than',
  '<=': 'is at most',
  '>': 'is more than',
  '>=': 'is at least',
  '+': 'plus',
  '-': 'minus',
  '*': 'times',
  '/': 'divided by',
  '&': 'followed by',
  and: 'and',
  or: 'or',
};

function sayBinary(
  operator: BinaryOperator,
  left: string | undefined,
  right: string | undefined,
): string | undefined {
  const word = binaryWords[operator];
  return left && right && word && `${left} ${word} ${right}`;
}

function literal(call: CallSyntax, at: number): string | undefined {
  const argument = call.arguments[at];
  return argument?.kind === 'literal' && typeof argument.value === 'string'
    ? argument.value
    : undefined;
}

/** `input` is what a function is called on, in words; undefined where it has none. */
type Sayer = (input: string | undefined, call: CallSyntax) => string | undefined;

/** For functions that are called on something. */
function of(word: (input: string, call: CallSyntax) => string | undefined): Sayer {
  return (input, call) => (input === undefined ? undefined : word(input, call));
}

function written(call: CallSyntax): string {
  const pattern = literal(call, 0);
  return pattern === undefined ? '' : `, written as ${pattern.replaceAll('|', ' or ')}`;
}

const sayers: Readonly<Record<string, Sayer>> = {
  map: of((input, call) => {
    const map = `code map “${literal(call, 0)}”`;
    const part = literal(call, 1);
    if (part === 'system') return `the code system that ${map} has for ${input}`;
    if (part === 'display') return `the words that ${map} has for ${input}`;
    return `the code that ${map} has for ${input}`;
  }),
  date: of((input, call) => `the date in ${input}${written(call)}`),
  dateTime: of((input, call) => `the date and time in ${input}${written(call)}`),
  instant: of((input, call) => `the instant in ${input}${written(call)}`),
  decimal: of((input) => `the number in ${input}, with its digits`),
  reference: of((input, call) => `a reference to the ${literal(call, 0)} item with key ${input}`),
  link: (_, call) => `a reference to the ${literal(call, 0)} of the same source item`,
  exists: of((input, call) => (call.arguments.length === 0 ? `${input} is given` : undefined)),
  empty: of((input) => `${input} is empty`),
  not: of((input) => `it is not so that ${input}`),
  replace: of((input, call) => {
    const [from, to] = [literal(call, 0), literal(call, 1)];
    if (from === undefined || to === undefined) return undefined;
    return to === '' ? `${input} without “${from}”` : `${input} with “${to}” for “${from}”`;
  }),
  toString: of((input) => input),
  trim: of((input) => `${input} without white space at its ends`),
  clean: of((input) => `${input}, cleaned of stray white space`),
  upper: of((input) => `${input} in capitals`),
  lower: of((input) => `${input} in small letters`),
  titleCase: of((input) => `${input} with capital first letters`),
  phone: of((input) => `the phone number in ${input}`),
  ucum: of((input) => `the UCUM code of the unit ${input}`),
  hash: of((input) => `a pseudonym of ${input}`),
  narrative: of((input) => `${input} as narrative`),
  base64: of((input) => `the bytes of ${input}`),
  iif: (_, call) => {
    const [condition, then, otherwise] = call.arguments.map(say);
    if (!condition || !then) return undefined;
    return `${then} if ${condition}, otherwise ${otherwise ?? 'nothing'}`;
  },
  coalesce: (_, call) => {
    const parts = call.arguments.map(say);
    return parts.every((part) => part !== undefined) ? parts.join(', or else ') : undefined;
  },
  key: (_, call) => {
    const parts = call.arguments.map(say);
    return parts.every((part) => part !== undefined) ? parts.join(' and ') : undefined;
  },
};

function sayCall(call: CallSyntax): string | undefined {
  const sayer = Object.hasOwn(sayers, call.name) ? sayers[call.name] : undefined;
  return sayer?.(say(call.base), call);
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JsonNumber } from '../base/json.ts';
import { compileExpression, type CompiledExpression } from './compile.ts';
import type { Environment, FunctionDefinition, Row } from './environment.ts';
import { DataIssue, ExpressionError } from './expressionError.ts';
import { jsonOf, textOf, type Value } from './value.ts';

const pad: FunctionDefinition = {
  name: 'pad',
  summary: 'Fills a text from the left.',
  input: 'String',
  parameters: [
    { name: 'width', type: 'Integer', literal: true },
    { name: 'fill', type: 'String', optional: true },
  ],
  result: 'String',
  prepare([width], at) {
    if (width === 0) throw new ExpressionError('literal-invalid', 'the width is 0', at);
    return (text, _, fill = '0') => (text as string).padStart(Number(width), fill as string);
  },
};

const batchName: FunctionDefinition = {
  name: 'batchName',
  summary: 'What the caller put into the context.',
  input: 'none',
  parameters: [],
  result: 'String',
  prepare: () => (_, context) => String(context.services),
};

const environment: Environment = {
  input: {
    kind: 'row',
    columns: [
      { name: 'first_nm', type: 'text' },
      { name: 'last_nm', type: 'text' },
      { name: 'amount', type: 'decimal' },
      { name: 'account', type: 'integer' },
      { name: 'born', type: 'date' },
      { name: 'seen', type: 'instant' },
      { name: 'active', type: 'boolean' },
      { name: 'is', type: 'text' },
    ],
  },
  functions: [pad, batchName],
  constants: new Map<string, Value>([['limit', 100]]),
};

const row: Row = [
  'Ann',
  '',
  '1.10',
  '12345678901234567890',
  '1974-12-25',
  '2020-01-31 12:30:00+01',
  't',
];

function compiled(text: string): CompiledExpression {
  return compileExpression(text, environment);
}

function textFor(text: string, input: Row = row): string | undefined {
  const value = compiled(text).one(input);
  return value === undefined ? undefined : textOf(value);
}

function mistake(text: string): ExpressionError {
  try {
    compiled(text);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  return assert.fail(`${text} compiles`);
}

describe('expressions on rows', () => {
  it('read columns as values of their type', () => {
    const cases: [string, string | undefined][] = [
      ['first_nm', 'Ann'],
      ['amount', '1.10'],
      ['account', '12345678901234567890'],
      ['born', '1974-12-25'],
      ['seen', '2020-01-31T12:30:00+01:00'],
      ['active', 'true'],
      ['`is`', undefined],
      ['is', undefined],
    ];
    for (const [text, expected] of cases) assert.equal(textFor(text), expected, text);
  });

  it('keep the digits of numbers, also through arithmetic', () => {
    assert.equal(textFor('amount + 2'), '3.10');
    assert.equal(textFor('account + 1'), '12345678901234567891');
    assert.equal(textFor('amount * 3'), '3.30');
    const json = jsonOf(compiled('amount').one(row) as Value);
    assert.deepEqual(json, new JsonNumber('1.10'));
  });

  it('tell NULL, the empty text and an absent column apart', () => {
    assert.equal(compiled('first_nm').one([null]), undefined);
    assert.equal(compiled('first_nm').one([]), undefined);
    assert.equal(compiled('first_nm').one(['']), '');
    assert.equal(compiled('first_nm.isNull()').one([null]), true);
    assert.equal(compiled('first_nm.isNull()').one([]), false);
    assert.equal(compiled('first_nm.isAbsent()').one([]), true);
    assert.equal(compiled("first_nm = ''").one(['']), true);
  });

  it('propagate NULL, and a condition on it is neither true nor false', () => {
    const condition = compiled("first_nm = 'Y' and active");
    assert.equal(condition.condition(row), false);
    assert.equal(condition.condition([null, null, null, null, null, null, 't']), undefined);
    assert.equal(textFor("first_nm & last_nm & 'x'", [null, 'b']), 'bx');
  });

  it('are single values, and name the columns that they read', () => {
    const expression = compiled("iif(active, first_nm.upper(), last_nm) & '!'");
    assert.equal(expression.singleton, true);
    assert.deepEqual(expression.columns, ['active', 'first_nm', 'last_nm']);
    assert.deepEqual(expression.type, { kind: 'system', name: 'String' });
    assert.equal(expression.one(row), 'ANN!');
  });

  it('reach columns from inside a criterion', () => {
    const expression = compiled("'Ann,Bob'.split(',').where($this != first_nm)");
    assert.deepEqual(expression.many(row), ['Bob']);
    assert.deepEqual(expression.columns, ['first_nm']);
  });

  it('call functions of the environment, prepared once', () => {
    assert.equal(textFor('first_nm.pad(5)'), '00Ann');
    assert.equal(textFor("first_nm.pad(5, 'x')"), 'xxAnn');
    assert.equal(textFor('first_nm.pad(5)', [null]), undefined);
    assert.equal(compiled('batchName()').one(row, { services: 'b7' }), 'b7');
    assert.equal(compiled('amount > %limit').one(row), false);
  });

  it('refuse a definition that takes a name of the language', () => {
    const taken = { ...environment, functions: [{ ...pad, name: 'where' }] };
    assert.throws(
      () => compileExpression('first_nm', taken),
      /where\(\) is a function of FHIRPath/,
    );
  });
});

describe('mistakes in expressions on rows', () => {
  it('carry code, place and suggestion', () => {
    const cases: [string, string, number, number, string | undefined][] = [
      ['firstnm', 'unknown-name', 1, 1, 'first_nm'],
      ['first_nm &\n  last_mn', 'unknown-name', 2, 3, 'last_nm'],
      ['first_nm.uper()', 'unknown-name', 1, 10, 'upper'],
      ['first_nm.padd(3)', 'unknown-name', 1, 10, 'pad'],
      ['%limits', 'unknown-name', 1, 1, 'limit'],
      ['first_nm + 1', 'type-clash', 1, 10, undefined],
      ['amount.upper()', 'type-clash', 1, 8, '.toString()'],
      ['amount.pad(3)', 'type-clash', 1, 8, undefined],
      ['first_nm = 1', 'type-clash', 1, 10, undefined],
      ['first_nm and active', 'type-clash', 1, 10, undefined],
      ['iif(first_nm, 1, 2)', 'type-clash', 1, 5, undefined],
      ['exists()', 'type-clash', 1, 1, undefined],
      ['$this', 'type-clash', 1, 1, undefined],
      ['first_nm.pad(first_nm)', 'literal-needed', 1, 14, undefined],
      ['first_nm.pad(0)', 'literal-invalid', 1, 10, undefined],
      ['first_nm.pad()', 'argument-count', 1, 10, undefined],
      ['first_nm.upper(1)', 'argument-count', 1, 10, undefined],
      ["first_nm.matches('[')", 'literal-invalid', 1, 18, undefined],
      ['$index', 'unknown-name', 1, 1, undefined],
      ['first_nm.family', 'unknown-name', 1, 10, undefined],
      ['"first_nm"', 'syntax', 1, 1, undefined],
      ['(first_nm', 'syntax', 1, 10, undefined],
      ["first_nm + 'x", 'syntax', 1, 12, undefined],
      ['@2024-13', 'literal-invalid', 1, 1, undefined],
      ['first_nm.div', 'syntax', 1, 10, undefined],
    ];
    for (const [text, code, line, column, suggestion] of cases) {
      const error = mistake(text);
      assert.deepEqual(
        [error.code, error.line, error.column, error.suggestion],
        [code, line, column, suggestion],
        `${text}: ${error.message}`,
      );
    }
  });

  it('say what would help', () => {
    assert.match(mistake('firstnm').message, /there is no column 'firstnm'; did you mean/);
    assert.match(mistake('first_nm = 1').message, /String = Integer: these never match/);
  });
});

describe('values of rows that cannot be read', () => {
  it('are data issues that quote no value', () => {
    const cases: [string, Row, string][] = [
      ['amount', [null, null, 'secret'], 'number-unreadable'],
      ['born', [null, null, null, null, 'secret'], 'date-unreadable'],
      ['born', [null, null, null, null, '2023-02-29'], 'date-unreadable'],
      ['active', [null, null, null, null, null, null, 'secret'], 'boolean-unreadable'],
      ["first_nm.split(',').upper()", ['secret,b'], 'many-items'],
    ];
    for (const [text, input, code] of cases) {
      assert.throws(
        () => compiled(text).one(input),
        (error) =>
          error instanceof DataIssue && error.code === code && !error.message.includes('secret'),
        text,
      );
    }
  });
});

import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { builtIns } from './builtIns.ts';
import { compileExpression } from './compile.ts';
import type { InputType } from './environment.ts';
import { DataIssue, ExpressionError } from './expressionError.ts';
import type { FhirObject } from './value.ts';

const names = 'name given birthDate deceased contact extension value Patient'.split(' ');
const operators = '+ - * / & | = != ~ !~ < <= > >= and or xor implies in contains div mod'.split(
  ' ',
);
const literals = [
  '{}',
  "'a'",
  "'1'",
  "'\\u0041('",
  "'2015-02'",
  '2.50',
  '12345678901234567890',
  '@2015-02',
  '@2015-02-04T10:00Z',
  '@T10:30',
  '4 days',
  "3 'mg'",
  "1 'nonsense'",
];
const specials = '$this $index $total %resource %context %rootResource true false 0 1 -1'.split(
  ' ',
);
const atoms = [...names, ...literals, ...specials];
const types = 'Quantity string System.String Patient FHIR.dateTime Nothing'.split(' ');

/** Expressions that the grammar allows, sensible or not, and now and then torn apart. */
const grammar = fc.letrec((tie) => ({
  expression: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom(...atoms),
    joined(tie('expression'), fc.constantFrom(...names.map((name) => `.${name}`))),
    joined(
      tie('expression'),
      fc.constantFrom(...builtIns.keys()).map((name) => `.${name}()`),
    ),
    joined(
      tie('expression'),
      fc.constantFrom(...builtIns.keys()).map((name) => `.${name}(`),
      tie('expression'),
      fc.constant(')'),
    ),
    joined(
      fc.constant('('),
      tie('expression'),
      fc.constantFrom(...operators).map((operator) => ` ${operator} `),
      tie('expression'),
      fc.constant(')'),
    ),
    joined(
      tie('expression'),
      fc.constantFrom(...types).map((type) => `.ofType(${type})`),
    ),
    joined(fc.constant('('), tie('expression'), fc.constantFrom(' is ', ' as ')).chain((left) =>
      fc.constantFrom(...types).map((type) => `${left}${type})`),
    ),
    joined(tie('expression'), fc.constant('['), tie('expression'), fc.constant(']')),
  ),
}));

const expressions = fc
  .tuple(grammar.expression, fc.nat({ max: 400 }))
  .map(([text, cut]) => (cut < 20 ? text.slice(cut) : text));

function joined(...parts: fc.Arbitrary<unknown>[]): fc.Arbitrary<string> {
  return fc.tuple(...parts).map((texts) => texts.join(''));
}

const resources: readonly FhirObject[] = [
  {
    resourceType: 'Patient',
    name: [{ given: ['a', null] }],
    birthDate: '1974',
    deceasedDateTime: 'x',
  },
  { resourceType: 'Patient', name: 3, contact: 'odd', birthDate: { a: [null] }, extension: [null] },
  { resourceType: 'Nothing' },
];
const rowInput: InputType = { kind: 'row', columns: [{ name: 'col', type: 'text' }] };
const inputs: readonly InputType[] = [
  { kind: 'fhir' },
  { kind: 'fhir', type: 'Patient' },
  { kind: 'fhir', type: 'Patient', lenient: true },
];
const context = { now: new Date(0) };

it('whatever is written, the outcome is a value, an ExpressionError or a DataIssue', () => {
  fc.assert(
    fc.property(expressions, fc.constantFrom(...inputs), (text, input) => {
      expected(() => {
        const expression = compileExpression(text, { input });
        for (const resource of resources) expected(() => expression.typed(resource, context));
      });
      expected(() => compileExpression(text, { input: rowInput }).many(['a'], context));
    }),
    { numRuns: 1000 },
  );
});

it('an expression nested or chained beyond reason is an ExpressionError', () => {
  const bombs = ['('.repeat(10_000), '-'.repeat(10_000), '1+'.repeat(10_000), 'a.'.repeat(10_000)];
  for (const text of bombs) {
    const compile = (): unknown => compileExpression(`${text}1`, { input: { kind: 'fhir' } });
    assert.throws(compile, ExpressionError);
  }
});

function expected(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof ExpressionError) && !(error instanceof DataIssue)) throw error;
  }
}

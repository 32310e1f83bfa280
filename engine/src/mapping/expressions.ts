import type { YamlScalar } from '../base/locatedYaml.ts';
import { compileExpression, type CompiledExpression } from '../fhirpath/compile.ts';
import { placesOf } from '../fhirpath/rootScope.ts';
import type { Environment, NamedExpression, NamedRows } from '../fhirpath/environment.ts';
import { ExpressionError } from '../fhirpath/expressionError.ts';
import type { Column } from '../model/stream.ts';
import type { CodesAsText } from './codesAsText.ts';
import type { LetSource } from './letSource.ts';
import type { ProblemList } from './problems.ts';
import type { Work } from './work.ts';

type RowColumn = Pick<Column, 'name' | 'type'>;

/** What the expressions of a mapping may name beside the columns. */
export interface ExpressionNames extends Pick<
  Environment,
  'functions' | 'relations' | 'rows' | 'constants' | 'named'
> {
  codesAsText: CodesAsText;
}

type Outer = NonNullable<NamedExpression['outer']>;

/** Compiles the expressions of one mapping and knows which columns they read. */
export class RowExpressions {
  readonly #columns: readonly RowColumn[];
  #names: ExpressionNames;
  readonly #problems: ProblemList;
  readonly #of: string;
  readonly #read: Set<string>;

  constructor(
    columns: readonly RowColumn[],
    names: ExpressionNames,
    problems: ProblemList,
    of = 'the stream',
    read = new Set<string>(),
  ) {
    this.#columns = columns;
    this.#names = names;
    this.#problems = problems;
    this.#of = of;
    this.#read = read;
  }

  /** What expressions may name, defined ones among them. */
  get names(): ExpressionNames {
    return this.#names;
  }

  get codesAsText(): CodesAsText {
    return this.#names.codesAsText;
  }

  /** Names of the columns that any expression compiled so far reads. */
  get columnsRead(): ReadonlySet<string> {
    return this.#read;
  }

  /**
   * Give names to expressions, each of which may use those before it. They are judged here, once; what
   * they read counts where they are used.
   */
  define(lets: readonly LetSource[]): this {
    for (const { name, expression } of lets) {
      const before = this.#names;
      const isColumn = this.#columns.some((column) => column.name === name.text);
      if (isColumn || before.rows?.has(name.text) === true) {
        const problem = `"${name.text}" is a ${isColumn ? 'column' : 'name for rows'} already`;
        this.#problems.add(name, 'name-taken', problem, 'choose another name');
        continue;
      }
      const alone = new RowExpressions(this.#columns, before, this.#problems, this.#of);
      const broken = alone.compile(expression, 'anything') === undefined;
      const { codesAsText: _, ...names } = before;
      const one: NamedExpression = { text: expression.text, names, broken };
      this.#names = { ...before, named: new Map([...(before.named ?? []), [name.text, one]]) };
    }
    return this;
  }

  /** The expression at a place of the file; what is wrong with it is reported and gives undefined. */
  compile(node: YamlScalar, yields?: 'rows' | 'anything'): CompiledExpression | undefined {
    const { codesAsText, ...names } = this.#names;
    try {
      const expression = compileExpression(node.text, {
        input: { kind: 'row', columns: this.#columns, of: this.#of },
        ...(yields && { yields }),
        ...names,
      });
      for (const column of expression.columns) this.#read.add(column);
      return expression;
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      // Told where it is defined.
      if (error.code === 'named-broken') return undefined;
      const column = error.line === 1 ? node.column + error.column - 1 : error.column;
      const place = { line: node.line + error.line - 1, column };
      this.#problems.add(place, error.code, error.problem, error.suggestion);
      return undefined;
    } finally {
      // A definition stands in no element yet: where it is used decides.
      if (yields === 'anything') codesAsText.definitionEnd();
      else codesAsText.expressionEnd(node);
    }
  }

  /** Rows, and the expressions about one of them: there, `%parent` is the row around it. */
  rows(node: YamlScalar): { expression: CompiledExpression; inner: RowExpressions } | undefined {
    const expression = this.compile(node, 'rows');
    if (expression?.type.kind !== 'row') return undefined;
    const { of, places, reads } = expression.type.columns;
    const columns = [...places].map(([name, { type }]) => ({ name, type }));
    const own = { of: this.#of, places: placesOf(this.#columns), reads: this.#read };
    const parent: NamedRows = {
      columns: own,
      many: false,
      read: ({ services }) => [(services as Work).outer],
    };
    const record = { columns: own, read: ({ services }) => (services as Work).row } satisfies Outer;
    const named = [...(this.#names.named ?? [])].map(([name, one]): [string, NamedExpression] => [
      name,
      { outer: record, ...one },
    ]);
    const names = {
      ...this.#names,
      rows: new Map([['%parent', parent]]),
      named: new Map(named),
    };
    const inner = new RowExpressions(columns, names, this.#problems, of, reads);
    return { expression, inner };
  }

  /** Position of the column when the expression is a text column and nothing else. */
  textColumn(expression: CompiledExpression): number | undefined {
    const name = expression.columns[0];
    if (name === undefined || expression.text.trim() !== name) return undefined;
    const at = this.#columns.findIndex((column) => column.name === name);
    return this.#columns[at]?.type === 'text' ? at : undefined;
  }
}

import type { YamlScalar } from '../base/locatedYaml.ts';
import { compileExpression, placesOf } from '../fhirpath/compile.ts';
import type { CompiledExpression } from '../fhirpath/compile.ts';
import type { Environment, NamedRows } from '../fhirpath/environment.ts';
import { ExpressionError } from '../fhirpath/expressionError.ts';
import type { Column } from '../model/stream.ts';
import type { CodesAsText } from './codesAsText.ts';
import type { ProblemList } from './problems.ts';
import type { Work } from './work.ts';

type RowColumn = Pick<Column, 'name' | 'type'>;

/** What the expressions of a mapping may name beside the columns. */
export interface ExpressionNames extends Pick<
  Environment,
  'functions' | 'relations' | 'rows' | 'constants'
> {
  codesAsText: CodesAsText;
}

/** Compiles the expressions of one mapping and knows which columns they read. */
export class RowExpressions {
  readonly #columns: readonly RowColumn[];
  readonly #names: ExpressionNames;
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

  get codesAsText(): CodesAsText {
    return this.#names.codesAsText;
  }

  /** Names of the columns that any expression compiled so far reads. */
  get columnsRead(): ReadonlySet<string> {
    return this.#read;
  }

  /** The expression at a place of the file; what is wrong with it is reported and gives undefined. */
  compile(node: YamlScalar, yields?: 'rows'): CompiledExpression | undefined {
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
      const column = error.line === 1 ? node.column + error.column - 1 : error.column;
      const place = { line: node.line + error.line - 1, column };
      this.#problems.add(place, error.code, error.message, error.suggestion);
      return undefined;
    } finally {
      codesAsText.expressionEnd(node);
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
    const names = { ...this.#names, rows: new Map([['%parent', parent]]) };
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

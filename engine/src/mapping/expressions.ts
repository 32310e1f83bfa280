import type { YamlScalar } from '../base/locatedYaml.ts';
import { compileExpression } from '../fhirpath/compile.ts';
import type { CompiledExpression } from '../fhirpath/compile.ts';
import type { FunctionDefinition } from '../fhirpath/environment.ts';
import { ExpressionError } from '../fhirpath/expressionError.ts';
import type { Column } from '../model/stream.ts';
import type { ProblemList } from './problems.ts';

/** Compiles the expressions of one mapping and knows which columns they read. */
export class RowExpressions {
  readonly #columns: readonly Column[];
  readonly #functions: readonly FunctionDefinition[];
  readonly #problems: ProblemList;
  readonly #read = new Set<string>();

  constructor(
    columns: readonly Column[],
    functions: readonly FunctionDefinition[],
    problems: ProblemList,
  ) {
    this.#columns = columns;
    this.#functions = functions;
    this.#problems = problems;
  }

  /** Names of the columns that any expression compiled so far reads. */
  get columnsRead(): ReadonlySet<string> {
    return this.#read;
  }

  /** The expression at a place of the file; what is wrong with it is reported and gives undefined. */
  compile(node: YamlScalar): CompiledExpression | undefined {
    try {
      const expression = compileExpression(node.text, {
        input: { kind: 'row', columns: this.#columns },
        functions: this.#functions,
      });
      for (const column of expression.columns) this.#read.add(column);
      return expression;
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      const column = error.line === 1 ? node.column + error.column - 1 : error.column;
      const place = { line: node.line + error.line - 1, column };
      this.#problems.add(place, error.code, error.message, error.suggestion);
      return undefined;
    }
  }

  /** Position of the column when the expression is a text column and nothing else. */
  textColumn(expression: CompiledExpression): number | undefined {
    const name = expression.columns[0];
    if (name === undefined || expression.text.trim() !== name) return undefined;
    const at = this.#columns.findIndex((column) => column.name === name);
    return this.#columns[at]?.type === 'text' ? at : undefined;
  }
}

import { parseDecimal, type Numeric } from './decimal.ts';
import { ExpressionError } from './expressionError.ts';
import { tokenize, type Token } from './lexer.ts';
import { Quantity, calendarUnit } from './quantity.ts';
import type { BinaryOperator, LiteralValue, Syntax, TypeSyntax } from './syntax.ts';
import { parseTemporal } from './temporal.ts';

/** How tightly the operators bind, loosest first (FHIRPath N1 §7, Operator Precedence). */
const binding: readonly (readonly BinaryOperator[])[] = [
  ['implies'],
  ['or', 'xor'],
  ['and'],
  ['in', 'contains'],
  ['=', '~', '!=', '!~'],
  ['<', '<=', '>', '>='],
  ['|'],
  [], // is, as
  ['+', '-', '&'],
  ['*', '/', 'div', 'mod'],
];
const typeLevel = binding.findIndex((operators) => operators.length === 0);
const levels: ReadonlyMap<string, number> = new Map(
  binding.flatMap((operators, level) => operators.map((operator) => [operator, level] as const)),
);
const reserved = new Set(['implies', 'or', 'xor', 'and', 'div', 'mod']);

/** Brackets and arguments may nest this deep. */
const deepest = 200;

/** @throws ExpressionError `syntax` or `literal-invalid` with the place. */
export function parseExpression(text: string): Syntax {
  return new Parser(tokenize(text)).whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Syntax {
    const expression = this.#expression(0);
    if (this.#peek().kind !== 'end') this.#fail('an operator or the end was expected');
    return expression;
  }

  #expression(level: number): Syntax {
    if (++this.#depth > deepest) this.#fail('the expression is nested too deep');
    let left = this.#unary();
    for (;;) {
      const next = this.#infix(left, level);
      if (next === undefined) break;
      left = next;
    }
    this.#depth--;
    return left;
  }

  /** `left` with the operator that follows, if one follows that binds at least at `level`. */
  #infix(left: Syntax, level: number): Syntax | undefined {
    const { kind, text, at } = this.#peek();
    if (kind !== 'name' && kind !== 'symbol') return undefined;
    if (text === 'is' || text === 'as') {
      if (typeLevel < level) return undefined;
      this.#next++;
      return { kind: 'typeTest', operator: text, operand: left, type: this.#type(), at };
    }
    const own = levels.get(text);
    if (own === undefined || own < level) return undefined;
    this.#next++;
    const right = this.#expression(own + 1);
    return { kind: 'binary', operator: text as BinaryOperator, left, right, at };
  }

  #unary(): Syntax {
    const { kind, text, at } = this.#peek();
    if (kind !== 'symbol' || (text !== '-' && text !== '+')) return this.#invocations();
    this.#next++;
    if (++this.#depth > deepest) this.#fail('the expression is nested too deep');
    const operand = this.#unary();
    this.#depth--;
    return { kind: 'unary', operator: text, operand, at };
  }

  #invocations(): Syntax {
    let base = this.#term();
    for (;;) {
      const { at } = this.#peek();
      if (this.#take('.')) {
        base = this.#nameOrCall(base);
      } else if (this.#take('[')) {
        base = { kind: 'indexer', base, index: this.#expression(0), at };
        this.#expect(']');
      } else {
        return base;
      }
    }
  }

  #term(): Syntax {
    const token = this.#peek();
    const { at } = token;
    switch (token.kind) {
      case 'string':
        this.#next++;
        return { kind: 'literal', value: token.text, at };
      case 'number':
        return { kind: 'literal', value: this.#number(), at };
      case 'temporal':
        this.#next++;
        return { kind: 'literal', value: temporalLiteral(token), at };
      case 'special':
        this.#next++;
        return { kind: 'special', name: token.text as '$this', at };
      case 'constant':
        this.#next++;
        return { kind: 'constant', name: token.text, at };
      case 'symbol':
        return this.#bracket();
      case 'name':
        if (token.text === 'true' || token.text === 'false') {
          this.#next++;
          return { kind: 'literal', value: token.text === 'true', at };
        }
        return this.#nameOrCall();
      case 'quotedName':
        return this.#nameOrCall();
      case 'end':
        return this.#fail('the expression ends too early');
    }
  }

  #bracket(): Syntax {
    const { at } = this.#peek();
    if (this.#take('(')) {
      const inner = this.#expression(0);
      this.#expect(')');
      return inner;
    }
    if (this.#take('{')) {
      this.#expect('}');
      return { kind: 'empty', at };
    }
    return this.#fail('a value was expected');
  }

  #nameOrCall(base?: Syntax): Syntax {
    const { kind, text: name, at } = this.#peek();
    if (base !== undefined && kind === 'special') return this.#fail(`${name} follows no dot`);
    this.#checkName();
    this.#next++;
    const of = base === undefined ? {} : { base };
    if (!this.#take('(')) return { kind: 'name', name, ...of, at };
    const parameters: Syntax[] = [];
    if (!this.#take(')')) {
      do parameters.push(this.#expression(0));
      while (this.#take(','));
      this.#expect(')');
    }
    return { kind: 'call', name, ...of, arguments: parameters, at };
  }

  #checkName(): void {
    const { kind, text } = this.#peek();
    if (kind === 'quotedName' || (kind === 'name' && !reserved.has(text))) return;
    if (kind === 'name') this.#fail(`'${text}' is an operator; as a name write \`${text}\``);
    this.#fail('a name was expected');
  }

  #type(): TypeSyntax {
    const { text: first, at } = this.#peek();
    this.#checkName();
    this.#next++;
    if (!this.#take('.')) return { name: first, at };
    this.#checkName();
    const name = this.#peek().text;
    this.#next++;
    return { namespace: first, name, at };
  }

  /** A number, or a quantity if a unit follows. */
  #number(): LiteralValue {
    const { text, at } = this.#peek();
    this.#next++;
    const value = text.includes('.') ? parseDecimal(text) : integerLiteral(text);
    if (value === undefined) throw new ExpressionError('literal-invalid', 'not a number', at);
    const unit = this.#peek();
    if (unit.kind === 'string') {
      this.#next++;
      return new Quantity(value, unit.text);
    }
    const calendar = unit.kind === 'name' ? calendarUnit(unit.text) : undefined;
    if (calendar === undefined) return value;
    this.#next++;
    return new Quantity(value, calendar, unit.text);
  }

  #peek(): Token {
    return this.#tokens[this.#next] as Token;
  }

  #take(symbol: string): boolean {
    const { kind, text } = this.#peek();
    if (kind !== 'symbol' || text !== symbol) return false;
    this.#next++;
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#take(symbol)) this.#fail(`'${symbol}' was expected`);
  }

  #fail(problem: string): never {
    const { kind, text, at } = this.#peek();
    const found = kind === 'end' ? '' : ` before '${text}'`;
    throw new ExpressionError('syntax', `${problem}${found}`, at);
  }
}

function integerLiteral(text: string): Numeric & LiteralValue {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  return parseDecimal(text, true) ?? value;
}

function temporalLiteral({ text, at }: Token): LiteralValue {
  const isTime = text.startsWith('T');
  const kind = isTime ? 'time' : text.includes('T') ? 'dateTime' : 'date';
  const written = isTime ? text.slice(1) : text.replace(/T$/, '');
  const temporal = parseTemporal(kind, written);
  if (temporal !== undefined) return temporal;
  throw new ExpressionError('literal-invalid', `@${text} is not a date or time`, at);
}

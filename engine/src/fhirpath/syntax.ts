import type { Place } from './expressionError.ts';
import type { Decimal } from './decimal.ts';
import type { Quantity } from './quantity.ts';
import type { Temporal } from './temporal.ts';

export type LiteralValue = string | boolean | number | Decimal | Temporal | Quantity;

export type UnaryOperator = '+' | '-';

export type BinaryOperator =
  | 'implies'
  | 'or'
  | 'xor'
  | 'and'
  | 'in'
  | 'contains'
  | '='
  | '!='
  | '~'
  | '!~'
  | '<'
  | '<='
  | '>'
  | '>='
  | '|'
  | '+'
  | '-'
  | '&'
  | '*'
  | '/'
  | 'div'
  | 'mod';

/** A parsed expression. Every part knows its place: that of its own name or operator. */
export type Syntax =
  | { kind: 'literal'; value: LiteralValue; at: Place }
  /** `{}` */
  | { kind: 'empty'; at: Place }
  | { kind: 'special'; name: '$this' | '$index' | '$total'; at: Place }
  | { kind: 'constant'; name: string; at: Place }
  /** A column, an element of the input or, before a dot, a type; `base` is what it is taken of. */
  | { kind: 'name'; name: string; base?: Syntax; at: Place }
  | CallSyntax
  | { kind: 'indexer'; base: Syntax; index: Syntax; at: Place }
  | { kind: 'unary'; operator: UnaryOperator; operand: Syntax; at: Place }
  | { kind: 'binary'; operator: BinaryOperator; left: Syntax; right: Syntax; at: Place }
  | { kind: 'typeTest'; operator: 'is' | 'as'; operand: Syntax; type: TypeSyntax; at: Place };

export interface CallSyntax {
  kind: 'call';
  name: string;
  base?: Syntax;
  arguments: readonly Syntax[];
  at: Place;
}

/** `Quantity`, `FHIR.Quantity`, `System.String`. */
export interface TypeSyntax {
  namespace?: string;
  name: string;
  at: Place;
}

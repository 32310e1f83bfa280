import { single, truth, type Code, type Truth } from '../code.ts';
import { ExpressionError, type Place } from '../expressionError.ts';
import type { Scope } from '../scope.ts';
import { booleanType, fits, typeName, type StaticType } from '../staticType.ts';

export type LogicOperator = 'and' | 'or' | 'xor' | 'implies';

/** Three-valued logic (FHIRPath N1 §6.5): `undefined` is neither true nor false. */
export function compileLogic(
  operator: LogicOperator,
  left: Code,
  right: Code,
  scope: Scope,
  at: Place,
): Code {
  if (scope.input.kind === 'row') {
    for (const { type } of [left, right]) checkBoolean(operator, type, at);
  }
  return single(booleanType, combiners[operator](truth(left), truth(right)));
}

/** For rows, a text or number here is a mistake: it would count as true whatever it says. */
function checkBoolean(operator: LogicOperator, type: StaticType, at: Place): void {
  if (fits(type, 'Boolean')) return;
  const problem = `${operator} joins conditions, not ${typeName(type)}`;
  throw new ExpressionError('type-clash', problem, at);
}

const combiners: Readonly<Record<LogicOperator, (left: Truth, right: Truth) => Truth>> = {
  and: (left, right) => (focus, frame) => {
    const a = left(focus, frame);
    if (a === false) return false;
    const b = right(focus, frame);
    if (b === false) return false;
    return a === undefined || b === undefined ? undefined : true;
  },
  or: (left, right) => (focus, frame) => {
    const a = left(focus, frame);
    if (a === true) return true;
    const b = right(focus, frame);
    if (b === true) return true;
    return a === undefined || b === undefined ? undefined : false;
  },
  xor: (left, right) => (focus, frame) => {
    const a = left(focus, frame);
    const b = right(focus, frame);
    return a === undefined || b === undefined ? undefined : a !== b;
  },
  implies: (left, right) => (focus, frame) => {
    const a = left(focus, frame);
    if (a === false) return true;
    const b = right(focus, frame);
    if (b === true) return true;
    return a === undefined || b === undefined ? undefined : false;
  },
};

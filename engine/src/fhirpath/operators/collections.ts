import { operand, operands, several, single, type Code, type Many } from '../code.ts';
import { textOf } from '../value.ts';
import { equalValues } from '../equality.ts';
import { ItemSet } from '../itemSet.ts';
import { ExpressionError, type Place } from '../expressionError.ts';
import { boxing, type Item } from '../item.ts';
import { booleanType, fits, isSame, joined, stringType, typeName } from '../staticType.ts';

/** `|`: all items of both, each once (FHIRPath N1 §6.3.1). */
export function compileUnion(left: Code, right: Code, at: Place): Code {
  const [type, a, b] = together(left, right);
  return several(
    type,
    (focus, frame) => {
      const seen = new ItemSet(type);
      const items: Item[] = [];
      for (const item of a(focus, frame)) if (seen.add(item)) items.push(item);
      for (const item of b(focus, frame)) if (seen.add(item)) items.push(item);
      return items;
    },
    at,
    { unordered: true },
  );
}

/** Both collections in one type: where types differ, the items carry theirs. */
export function together(left: Code, right: Code): [Code['type'], Many, Many] {
  const type = joined(left.type, right.type);
  const [a, b] = [left, right].map((code) => {
    if (code.type.kind === 'empty' || isSame(code.type, type)) return code.many;
    return boxed(code);
  });
  return [type, a as Many, b as Many];
}

/** The items of `code`, carrying their types. */
export function boxed(code: Code): Many {
  const wrap = boxing(code.type);
  const { many } = code;
  return wrap === undefined ? many : (focus, frame) => many(focus, frame).map(wrap);
}

/** `item in collection`, and `collection contains item` with the sides swapped. */
export function compileMembership(item: Code, collection: Code): Code {
  const [wanted, all] = [operand(item), operands(collection)];
  return single(booleanType, (focus, frame) => {
    const value = wanted(focus, frame);
    if (value === undefined) return undefined;
    for (const other of all(focus, frame)) if (equalValues(value, other) === true) return true;
    return false;
  });
}

/** `&`: texts one after the other, where nothing counts as the empty text. */
export function compileConcatenation(left: Code, right: Code, at: Place): Code {
  for (const { type } of [left, right]) {
    if (fits(type, 'String')) continue;
    const problem = `& joins texts, not ${typeName(type)}; use toString()`;
    throw new ExpressionError('type-clash', problem, at);
  }
  const [a, b] = [operand(left), operand(right)];
  return single(stringType, (focus, frame) => {
    const [x, y] = [a(focus, frame), b(focus, frame)];
    return (x === undefined ? '' : (textOf(x) ?? '')) + (y === undefined ? '' : (textOf(y) ?? ''));
  });
}

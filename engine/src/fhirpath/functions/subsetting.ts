import { firstOf, none, onlyOf, operand, several, single, type Code } from '../code.ts';
import { ItemSet } from '../itemSet.ts';
import { DataIssue, ExpressionError } from '../expressionError.ts';
import { conversion, type Item } from '../item.ts';
import { compareValues } from '../operators/comparison.ts';
import { compileUnion, together } from '../operators/collections.ts';
import { argument, argumentSyntax, itemScope, type BuiltIn, type Call } from '../scope.ts';
import type { Value } from '../value.ts';
import { argumentOf } from './scalar.ts';

/** Subsetting and combining (FHIRPath N1 §5.3, §5.4), and `sort`. */
export const subsettingFunctions: Readonly<Record<string, BuiltIn>> = {
  single: {
    arity: [0, 0],
    compile: ({ base, at }) =>
      single(base.type, (focus, frame) => onlyOf(base.many(focus, frame), at)),
  },
  first: {
    arity: [0, 0],
    compile: (call) => (inOrder(call), single(call.base.type, firstOf(call.base))),
  },
  last: {
    arity: [0, 0],
    compile(call) {
      inOrder(call);
      const { many, type } = call.base;
      return single(type, (focus, frame) => many(focus, frame).at(-1));
    },
  },
  tail: { arity: [0, 0], compile: (call) => part(call, (items) => items.slice(1)) },
  skip: {
    arity: [1, 1],
    compile: (call) => counted(call, (items, count) => items.slice(Math.max(0, count))),
  },
  take: {
    arity: [1, 1],
    compile: (call) => counted(call, (items, count) => items.slice(0, Math.max(0, count))),
  },
  union: {
    arity: [1, 1],
    compile: (call) => compileUnion(call.base, argument(call, 0), call.at),
  },
  combine: { arity: [1, 1], compile: compileCombine },
  intersect: {
    arity: [1, 1],
    compile: (call) => filtered(call, (inBoth, fresh) => inBoth && fresh),
  },
  exclude: { arity: [1, 1], compile: (call) => filtered(call, (inBoth) => !inBoth) },
  sort: { arity: [0, Infinity], compile: compileSort },
};

/** Where order is checked, a place in a collection that has none is a mistake. */
function inOrder({ base, name, scope, at }: Call): void {
  if (base.unordered !== true || scope.environment.checkOrder !== true) return;
  const problem = `${name}() needs an order, and this collection has none`;
  throw new ExpressionError('unordered', problem, at);
}

function part(call: Call, cut: (items: readonly Item[]) => readonly Item[]): Code {
  inOrder(call);
  const { many, type } = call.base;
  return several(type, (focus, frame) => cut(many(focus, frame)), call.at);
}

function counted(
  call: Call,
  cut: (items: readonly Item[], count: number) => readonly Item[],
): Code {
  inOrder(call);
  const { many, type } = call.base;
  const { get } = argumentOf(call, 0, 'Integer');
  return several(
    type,
    (focus, frame) => {
      const count = get(focus, frame);
      return count === undefined ? none : cut(many(focus, frame), count as number);
    },
    call.at,
  );
}

/** Both collections, duplicates and all. */
function compileCombine(call: Call): Code {
  const [type, left, right] = together(call.base, argument(call, 0));
  return several(type, (focus, frame) => [...left(focus, frame), ...right(focus, frame)], call.at, {
    unordered: true,
  });
}

function filtered(call: Call, keep: (inBoth: boolean, fresh: boolean) => boolean): Code {
  const { base, at } = call;
  const other = argument(call, 0);
  return several(
    base.type,
    (focus, frame) => {
      const wanted = new ItemSet(other.type);
      for (const item of other.many(focus, frame)) wanted.add(item);
      const seen = new ItemSet(base.type);
      return base
        .many(focus, frame)
        .filter((item) => keep(wanted.has(item, base.type), seen.add(item)));
    },
    at,
    { unordered: base.unordered === true },
  );
}

type SortKey = (item: Item, frame: Parameters<Code['one']>[1]) => Value | undefined;

/** `sort(key, -key …)`: a minus before a key turns its order round, whatever its type. */
function compileSort(call: Call): Code {
  const { base, at } = call;
  const scope = itemScope(call.scope, base.type);
  const keys = call.arguments.map((_, index): { key: SortKey; sign: 1 | -1 } => {
    const syntax = argumentSyntax(call, index);
    const descending = syntax.kind === 'unary' && syntax.operator === '-';
    const key = call.scope.compile(descending ? syntax.operand : syntax, scope);
    return { key: operand(key), sign: descending ? -1 : 1 };
  });
  const convert = conversion(base.type);
  if (keys.length === 0) {
    const key: SortKey = (item) => (convert === undefined ? (item as Value) : convert(item));
    keys.push({ key, sign: 1 });
  }
  return several(
    base.type,
    (focus, frame) =>
      base
        .many(focus, frame)
        .map((item) => ({ item, by: keys.map(({ key }) => key(item, frame)) }))
        .toSorted((left, right) => {
          for (const [index, { sign }] of keys.entries()) {
            const order = compareKeys(left.by[index], right.by[index], sign, at);
            if (order !== 0) return order;
          }
          return 0;
        })
        .map(({ item }) => item),
    at,
  );
}

/** An item without the key comes first, whichever way the others go. */
function compareKeys(
  left: Value | undefined,
  right: Value | undefined,
  sign: 1 | -1,
  at: Call['at'],
): number {
  if (left === undefined || right === undefined) {
    return left === right ? 0 : left === undefined ? -1 : 1;
  }
  const order = compareValues(left, right, at);
  if (order === undefined) throw new DataIssue('order-open', 'items cannot be put in order', at);
  return sign * order;
}

import { firstOf, operands, several, single, truth, type Code } from '../code.ts';
import { ItemSet } from '../itemSet.ts';
import { DataIssue } from '../expressionError.ts';
import type { Item } from '../item.ts';
import { argument, criterion, type BuiltIn, type Call } from '../scope.ts';
import { booleanType, integerType } from '../staticType.ts';
import { countIndex } from './iteration.ts';

/** Existence functions (FHIRPath N1 §5.1). */
export const existenceFunctions: Readonly<Record<string, BuiltIn>> = {
  empty: { arity: [0, 0], compile: ({ base }) => presence(base, false) },
  exists: {
    arity: [0, 1],
    compile: (call) =>
      call.arguments.length === 0 ? presence(call.base, true) : compileExists(call),
  },
  all: { arity: [1, 1], compile: compileAll },
  allTrue: booleans((value) => (value ? undefined : false), true),
  anyTrue: booleans((value) => (value ? true : undefined), false),
  allFalse: booleans((value) => (value ? false : undefined), true),
  anyFalse: booleans((value) => (value ? undefined : true), false),
  count: { arity: [0, 0], compile: compileCount },
  not: {
    arity: [0, 0],
    compile({ base }) {
      const holds = truth(base);
      return single(booleanType, (focus, frame) => {
        const value = holds(focus, frame);
        return value === undefined ? undefined : !value;
      });
    },
  },
  distinct: { arity: [0, 0], compile: compileDistinct },
  isDistinct: { arity: [0, 0], compile: compileIsDistinct },
  subsetOf: { arity: [1, 1], compile: (call) => subset(call.base, argument(call, 0)) },
  supersetOf: { arity: [1, 1], compile: (call) => subset(argument(call, 0), call.base) },
};

function presence(base: Code, wanted: boolean): Code {
  const first = firstOf(base);
  return single(booleanType, (focus, frame) => (first(focus, frame) !== undefined) === wanted);
}

function compileExists(call: Call): Code {
  const { many } = call.base;
  const holds = countIndex(call, truth(criterion(call, 0)));
  return single(booleanType, (focus, frame) => {
    const items = many(focus, frame);
    for (let at = 0; at < items.length; at++) {
      if (holds(items[at] as Item, frame, at) === true) return true;
    }
    return false;
  });
}

function compileAll(call: Call): Code {
  const { many } = call.base;
  const holds = countIndex(call, truth(criterion(call, 0)));
  return single(booleanType, (focus, frame) => {
    const items = many(focus, frame);
    for (let at = 0; at < items.length; at++) {
      if (holds(items[at] as Item, frame, at) !== true) return false;
    }
    return true;
  });
}

/** `decide` answers at once for a value that settles the question. */
function booleans(decide: (value: boolean) => boolean | undefined, otherwise: boolean): BuiltIn {
  return {
    arity: [0, 0],
    compile({ base, at }) {
      const all = operands(base);
      return single(booleanType, (focus, frame) => {
        for (const value of all(focus, frame)) {
          if (typeof value !== 'boolean') {
            throw new DataIssue('type-clash', 'every item must be true or false', at);
          }
          const answer = decide(value);
          if (answer !== undefined) return answer;
        }
        return otherwise;
      });
    },
  };
}

function compileCount({ base }: Call): Code {
  const { many, one } = base;
  if (base.singleton) {
    return single(integerType, (focus, frame) => (one(focus, frame) === undefined ? 0 : 1));
  }
  return single(integerType, (focus, frame) => many(focus, frame).length);
}

function compileDistinct({ base, at }: Call): Code {
  if (base.singleton) return base;
  const { many, type } = base;
  return several(
    type,
    (focus, frame) => {
      const seen = new ItemSet(type);
      return many(focus, frame).filter((item) => seen.add(item));
    },
    at,
  );
}

function compileIsDistinct({ base }: Call): Code {
  const { many, type } = base;
  return single(booleanType, (focus, frame) => {
    const seen = new ItemSet(type);
    return many(focus, frame).every((item) => seen.add(item));
  });
}

function subset(inner: Code, outer: Code): Code {
  return single(booleanType, (focus, frame) => {
    const all = new ItemSet(outer.type);
    for (const item of outer.many(focus, frame)) all.add(item);
    return inner.many(focus, frame).every((item) => all.has(item, inner.type));
  });
}

import { none, several, single, truth, type Many, type One } from '../code.ts';
import type { Code } from '../code.ts';
import { ItemSet } from '../itemSet.ts';
import { DataIssue, type Place } from '../expressionError.ts';
import type { Item } from '../item.ts';
import { boxed } from '../operators/collections.ts';
import {
  argument,
  argumentSyntax,
  criterion,
  itemScope,
  type BuiltIn,
  type Call,
} from '../scope.ts';
import { anyType, isSame, joined, type StaticType } from '../staticType.ts';
import { compileAs, compileIs, compileOfType, typeArgument } from '../typeTest.ts';
import { countIndex } from './iteration.ts';

/** Filtering and projection (FHIRPath N1 §5.2), with the functions that test types. */
export const filteringFunctions: Readonly<Record<string, BuiltIn>> = {
  where: { arity: [1, 1], compile: compileWhere },
  select: { arity: [1, 1], compile: compileSelect },
  repeat: { arity: [1, 1], compile: compileRepeat },
  aggregate: { arity: [1, 2], compile: compileAggregate },
  ofType: {
    arity: [1, 1],
    compile: (call) => compileOfType(call.base, typeArgument(argumentSyntax(call, 0)), call.at),
  },
  is: {
    arity: [1, 1],
    compile: (call) => compileIs(call.base, typeArgument(argumentSyntax(call, 0))),
  },
  as: {
    arity: [1, 1],
    compile: (call) => compileAs(call.base, typeArgument(argumentSyntax(call, 0)), call.at),
  },
};

function compileWhere(call: Call): Code {
  const { base, at } = call;
  const holds = countIndex(call, truth(criterion(call, 0)));
  const { one, many } = base;
  if (base.singleton) {
    return single(base.type, (focus, frame) => {
      const item = one(focus, frame);
      return item !== undefined && holds(item, frame, 0) === true ? item : undefined;
    });
  }
  const all: Many = (focus, frame) => {
    const items = many(focus, frame);
    const kept: Item[] = [];
    for (let index = 0; index < items.length; index++) {
      const item = items[index] as Item;
      if (holds(item, frame, index) === true) kept.push(item);
    }
    return kept;
  };
  const first: One = (focus, frame) => {
    const items = many(focus, frame);
    for (let index = 0; index < items.length; index++) {
      const item = items[index] as Item;
      if (holds(item, frame, index) === true) return item;
    }
    return undefined;
  };
  return several(base.type, all, at, { first, unordered: base.unordered === true });
}

function compileSelect(call: Call): Code {
  const { base, at } = call;
  const inner = criterion(call, 0);
  if (base.singleton && inner.singleton) {
    const { one } = base;
    const project = countIndex(call, inner.one);
    return single(inner.type, (focus, frame) => {
      const item = one(focus, frame);
      return item === undefined ? undefined : project(item, frame, 0);
    });
  }
  const { many } = base;
  const project = countIndex(call, inner.many);
  return several(
    inner.type,
    (focus, frame) => {
      const items = many(focus, frame);
      const projected: Item[] = [];
      for (let index = 0; index < items.length; index++) {
        for (const item of project(items[index] as Item, frame, index)) projected.push(item);
      }
      return projected;
    },
    at,
  );
}

/** No data is nested deeper, and no resource holds more: beyond lies `repeat($this + 1)`. */
const deepest = 256;
const mostFound = 1_000_000;

function endless(at: Place): DataIssue {
  return new DataIssue('repeat-endless', 'repeat() finds ever more items', at);
}

/** The items that a projection reaches from the input, from those, and so on, each once. */
function compileRepeat(call: Call): Code {
  const { base, at } = call;
  const first = criterion(call, 0);
  const same = isSame(first.type, base.type) || first.type.kind !== 'fhir';
  const type: StaticType = same ? first.type : repeatedType(call, first.type);
  const scope = itemScope(call.scope, type);
  const inner = call.scope.compile(argumentSyntax(call, 0), scope);
  const [start, next] = [projection(first, type), projection(inner, type)];
  return several(
    type,
    (focus, frame) => {
      const seen = new ItemSet(type);
      const found: Item[] = [];
      let level: readonly Item[] = base.many(focus, frame);
      let project = start;
      for (let depth = 0; level.length > 0; depth++, project = next) {
        if (depth > deepest || found.length > mostFound) throw endless(at);
        const fresh: Item[] = [];
        for (const item of level) {
          for (const child of project(item, frame)) if (seen.add(child)) fresh.push(child);
        }
        found.push(...fresh);
        level = fresh;
      }
      return found;
    },
    at,
    { unordered: true },
  );
}

/** Types that keep changing from level to level must come with their items. */
function repeatedType(call: Call, type: StaticType): StaticType {
  const again = call.scope.compile(argumentSyntax(call, 0), itemScope(call.scope, type));
  return joined(type, again.type);
}

function projection(code: Code, type: StaticType): Many {
  return isSame(code.type, type) ? code.many : boxed(code);
}

function compileAggregate(call: Call): Code {
  const { base, at } = call;
  const scope = { ...itemScope(call.scope, base.type), aggregates: true };
  const step = boxed(call.scope.compile(argumentSyntax(call, 0), scope));
  const start = call.arguments.length > 1 ? boxed(argument(call, 1)) : undefined;
  return several(
    anyType,
    (focus, frame) => {
      const [index, outer] = [frame.index, frame.total];
      let total = start === undefined ? none : start(focus, frame);
      for (const [position, item] of base.many(focus, frame).entries()) {
        frame.index = position;
        frame.total = total;
        total = step(item, frame);
      }
      frame.index = index;
      frame.total = outer;
      return total;
    },
    at,
  );
}

import { none, operand, several, single, type Code } from '../code.ts';
import { DataIssue } from '../expressionError.ts';
import { unwrap, type Item } from '../item.ts';
import { areComparable } from '../quantityArithmetic.ts';
import { criterion, type BuiltIn, type Call } from '../scope.ts';
import { anyType, systemNameOf, systemOf } from '../staticType.ts';
import { temporalAt, type TemporalKind } from '../temporal.ts';
import { typeInfoOf } from '../typeTest.ts';
import { textOf, type Value } from '../value.ts';
import { boundary, precisionOf, type Side } from './boundaries.ts';
import { argumentOf, scalar } from './scalar.ts';

/** Utility (FHIRPath N1 §5.9), type reflection (§10), boundaries and precision. */
export const utilityFunctions: Readonly<Record<string, BuiltIn>> = {
  trace: { arity: [1, 2], compile: compileTrace },
  now: clock('dateTime'),
  today: clock('date'),
  timeOfDay: clock('time'),
  type: { arity: [0, 0], compile: compileType },
  lowBoundary: bounded('low'),
  highBoundary: bounded('high'),
  precision: scalar('any', [], 'Integer', (value) => precisionOf(value)),
  comparable: scalar('Quantity', ['Quantity'], 'Boolean', (left, [right]) =>
    right === undefined ? undefined : areComparable(left, right),
  ),
};

function compileTrace(call: Call): Code {
  const { base, at } = call;
  const { get } = argumentOf(call, 0, 'String');
  const shown = call.arguments.length > 1 ? criterion(call, 1) : undefined;
  const { many } = base;
  const traced: Code['many'] = (focus, frame) => {
    const items = many(focus, frame);
    const { context } = frame;
    if (context.trace === undefined) return items;
    const seen =
      shown === undefined ? items : items.flatMap((item) => [...shown.many(item, frame)]);
    context.trace(textOf(get(focus, frame) ?? '') ?? '', valuesOf(seen));
    return items;
  };
  const code = several(base.type, traced, at, { unordered: base.unordered === true });
  return base.singleton ? { ...code, singleton: true } : code;
}

function valuesOf(items: readonly Item[]): Value[] {
  return items.map(unwrap).filter((value) => value !== undefined);
}

const clockTypes = { date: 'Date', dateTime: 'DateTime', time: 'Time' } as const;

/** One evaluation sees one instant. @throws DataIssue `clock-missing` */
function clock(kind: TemporalKind): BuiltIn {
  return {
    arity: [0, 0],
    compile: ({ at }) =>
      single(systemOf(clockTypes[kind]), (_, { context }) => {
        const { now, offsetMinutes = 0 } = context;
        if (now === undefined) throw new DataIssue('clock-missing', 'no instant was given', at);
        return temporalAt(kind, now.getTime(), offsetMinutes);
      }),
  };
}

function compileType({ base, at }: Call): Code {
  const { many, type } = base;
  return several(
    anyType,
    (focus, frame) => {
      const infos: Item[] = [];
      for (const item of many(focus, frame)) {
        const info = typeInfoOf(item, type);
        if (info !== undefined) infos.push(info as unknown as Item);
      }
      return infos.length === 0 ? none : infos;
    },
    at,
  );
}

function bounded(side: Side): BuiltIn {
  return {
    arity: [0, 1],
    compile(call) {
      const get = operand(call.base);
      const name = systemNameOf(call.base.type);
      const type = name === undefined ? anyType : systemOf(name === 'Integer' ? 'Decimal' : name);
      const digits = call.arguments.length > 0 ? digitsOf(call) : undefined;
      return single(type, (focus, frame) => {
        const value = get(focus, frame);
        const count = digits?.(focus, frame);
        if (value === undefined || (digits !== undefined && count === undefined)) return undefined;
        return boundary(value, count, side);
      });
    },
  };
}

function digitsOf(call: Call): (...given: Parameters<Code['one']>) => number | undefined {
  const { get } = argumentOf(call, 0, 'Integer');
  return get as (...given: Parameters<Code['one']>) => number | undefined;
}

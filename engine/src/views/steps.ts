import type { Code, Frame } from '../fhirpath/code.ts';
import { DataIssue } from '../fhirpath/expressionError.ts';
import { unwrap, type Item } from '../fhirpath/item.ts';
import type { EvaluationContext } from '../fhirpath/environment.ts';
import type { Value } from '../fhirpath/value.ts';

/** What a column of a row holds: nothing, one value, or for a collection all of them. */
export type ViewValue = Value | readonly Value[] | undefined;

/** What is true while a view goes through one resource. */
export interface ViewState {
  frame: Frame;
  /** The row in the making; the same one for all rows of a resource. */
  readonly row: ViewValue[];
  /** `%rowIndex`: place of the item within the nearest iteration. */
  rowIndex: number;
  /** Column that is being evaluated, for issues. */
  column: number;
  /** What selects beside each other begin from, by level. */
  readonly focuses: Item[];
  readonly indexes: number[];
}

/** Fills columns from an item, and goes on for each row that comes of it. */
export type Step = (focus: Item, state: ViewState) => void;
/** What follows once the columns of a step are filled. */
export type Next = (state: ViewState) => void;

export interface ViewServices {
  state: ViewState;
}

/** `%rowIndex` while an expression is evaluated. */
export function rowIndexOf({ services }: EvaluationContext): Value {
  return (services as ViewServices).state.rowIndex;
}

/** Writes one column. @throws DataIssue `many-items` for several where the view asks for one */
export function writeColumn(code: Code, at: number, collection: boolean): Step {
  const { one, many } = code;
  if (collection) {
    return (focus, state) => {
      state.column = at;
      state.row[at] = valuesOf(many(focus, state.frame));
    };
  }
  if (code.type.kind === 'system') {
    return (focus, state) => {
      state.column = at;
      state.row[at] = one(focus, state.frame) as Value | undefined;
    };
  }
  return (focus, state) => {
    state.column = at;
    const item = one(focus, state.frame);
    state.row[at] = item === undefined ? undefined : unwrap(item);
  };
}

function valuesOf(items: readonly Item[]): Value[] {
  return items.map(unwrap).filter((value) => value !== undefined);
}

/** Fills columns one after the other. */
export function inTurn(writers: readonly Step[], last: Step): Step {
  const [first, second] = writers;
  if (first === undefined) return last;
  if (second === undefined) {
    return (focus, state) => {
      first(focus, state);
      last(focus, state);
    };
  }
  return (focus, state) => {
    for (const write of writers) write(focus, state);
    last(focus, state);
  };
}

/** All combinations of the rows of selects that begin from the same item. */
export function crossed(
  makers: readonly ((next: Next) => Step)[],
  level: number,
  next: Next,
): Step {
  let follow = next;
  let first: Step = (_, state) => next(state);
  for (let at = makers.length - 1; at >= 0; at--) {
    const make = makers[at] as (next: Next) => Step;
    const step = make(follow);
    first = step;
    if (at > 0) follow = again(step, level);
  }
  if (makers.length < 2) return first;
  const begin = first;
  return (focus, state) => {
    state.focuses[level] = focus;
    state.indexes[level] = state.rowIndex;
    begin(focus, state);
  };
}

/** The step from the item where its level began. */
function again(step: Step, level: number): Next {
  return (state) => {
    const index = state.rowIndex;
    state.rowIndex = state.indexes[level] as number;
    step(state.focuses[level] as Item, state);
    state.rowIndex = index;
  };
}

export function eachItem(
  items: (focus: Item, state: ViewState) => readonly Item[],
  body: Step,
): Step {
  return (focus, state) => {
    const found = items(focus, state);
    if (found.length === 0) return;
    const index = state.rowIndex;
    for (let at = 0; at < found.length; at++) {
      state.rowIndex = at;
      body(found[at] as Item, state);
    }
    state.rowIndex = index;
  };
}

/** As {@link eachItem}; without an item, `none` fills the columns once. */
export function eachItemOrNull(
  items: (focus: Item, state: ViewState) => readonly Item[],
  body: Step,
  none: Next,
): Step {
  const each = eachItem(items, body);
  return (focus, state) => {
    if (items(focus, state).length > 0) return each(focus, state);
    const index = state.rowIndex;
    state.rowIndex = 0;
    none(state);
    state.rowIndex = index;
  };
}

/** Whether a resource is in the view. @throws DataIssue `not-boolean` */
export function condition({ many, type }: Code): (focus: Item, frame: Frame) => boolean {
  const isBoolean = type.kind === 'system' && type.name === 'Boolean';
  return (focus, frame) => {
    const items = many(focus, frame);
    if (items.length === 0) return false;
    const value = unwrap(items[0] as Item);
    if (!isBoolean && (items.length > 1 || typeof value !== 'boolean')) {
      throw new DataIssue('not-boolean', 'a condition gave something that is no truth value');
    }
    return value === true;
  };
}

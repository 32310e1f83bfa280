import { none, several, single, type Code, type Many, type One } from './code.ts';
import type { Place } from './expressionError.ts';
import type { Item } from './item.ts';
import type { StaticType } from './staticType.ts';

/** A step to at most one child of each item. */
export function compileSingle(
  base: Code,
  type: StaticType,
  read: (item: Item) => Item | undefined,
  at: Place,
): Code {
  if (base.isFocus) return single(type, read);
  if (base.singleton) {
    const { one } = base;
    return single(type, (focus, frame) => {
      const item = one(focus, frame);
      return item === undefined ? undefined : read(item);
    });
  }
  const { many } = base;
  const all: Many = (focus, frame) => {
    const items: Item[] = [];
    for (const item of many(focus, frame)) {
      const child = read(item);
      if (child !== undefined) items.push(child);
    }
    return items;
  };
  const first: One = (focus, frame) => {
    for (const item of many(focus, frame)) {
      const child = read(item);
      if (child !== undefined) return child;
    }
    return undefined;
  };
  return several(type, all, at, { first, unordered: base.unordered === true });
}

/** A step to any number of children of each item. */
export function compileMany(
  base: Code,
  type: StaticType,
  read: (item: Item) => readonly Item[],
  at: Place,
): Code {
  if (base.isFocus) return several(type, read, at);
  if (base.singleton) {
    const { one } = base;
    return several(
      type,
      (focus, frame) => {
        const item = one(focus, frame);
        return item === undefined ? none : read(item);
      },
      at,
    );
  }
  const { many } = base;
  return several(
    type,
    (focus, frame) => {
      const items = many(focus, frame);
      if (items.length === 1) return read(items[0] as Item);
      const children: Item[] = [];
      for (const item of items) for (const child of read(item)) children.push(child);
      return children;
    },
    at,
    { first: firstChild(many, read), unordered: base.unordered === true },
  );
}

function firstChild(many: Many, read: (item: Item) => readonly Item[]): One {
  return (focus, frame) => {
    for (const item of many(focus, frame)) {
      const [child] = read(item);
      if (child !== undefined) return child;
    }
    return undefined;
  };
}

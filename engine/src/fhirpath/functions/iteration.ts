import type { Frame } from '../code.ts';
import type { Item } from '../item.ts';
import type { Call } from '../scope.ts';
import type { Syntax } from '../syntax.ts';

type PerItem<T> = (item: Item, frame: Frame) => T;
type PerIndexed<T> = (item: Item, frame: Frame, index: number) => T;

/** The criterion of a call with `$index` set around it, which only those that read it pay for. */
export function countIndex<T>(call: Call, criterion: PerItem<T>): PerIndexed<T> {
  if (!call.arguments.some(readsIndex)) return criterion;
  return (item, frame, index) => {
    const outer = frame.index;
    frame.index = index;
    const result = criterion(item, frame);
    frame.index = outer;
    return result;
  };
}

function readsIndex(syntax: Syntax): boolean {
  switch (syntax.kind) {
    case 'special':
      return syntax.name === '$index';
    case 'name':
      return syntax.base !== undefined && readsIndex(syntax.base);
    case 'call':
      return (
        (syntax.base !== undefined && readsIndex(syntax.base)) || syntax.arguments.some(readsIndex)
      );
    case 'indexer':
      return readsIndex(syntax.base) || readsIndex(syntax.index);
    case 'unary':
    case 'typeTest':
      return readsIndex(syntax.operand);
    case 'binary':
      return readsIndex(syntax.left) || readsIndex(syntax.right);
    case 'literal':
    case 'empty':
    case 'constant':
      return false;
  }
}

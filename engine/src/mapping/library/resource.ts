/** What the conversions of documents are made of: FHIR resources while they are being put together. */
export type Element = Record<string, unknown>;

export interface Resource extends Element {
  resourceType: string;
  id: string;
}

export interface Reference extends Element {
  reference: string;
}

export function referenceTo({ resourceType, id }: Resource): Reference {
  return { reference: `${resourceType}/${id}` };
}

/** Put a value where there is none yet. */
export function fill(target: Element, name: string, value: unknown): void {
  if (value !== undefined && target[name] === undefined) target[name] = value;
}

/** Add to an array, unless the same is in it. */
export function add(target: Element, name: string, value: unknown): void {
  if (value === undefined) return;
  const list = (target[name] ??= []) as unknown[];
  if (list.length < fewItems) {
    if (!list.some((each) => same(each, value))) list.push(value);
    return;
  }
  let known = longLists.get(list);
  if (known === undefined) {
    known = { keys: new Set(), length: 0 };
    longLists.set(list, known);
  }
  // Others may have put something at its end meanwhile.
  for (; known.length < list.length; known.length++) known.keys.add(keyOf(list[known.length]));
  const key = keyOf(value);
  if (known.keys.has(key)) return;
  known.keys.add(key);
  known.length = list.push(value);
}

/** Lists that are looked through one by one. */
const fewItems = 24;

/** What stands in longer lists: a report of ten thousand results is not compared each with each. */
const longLists = new WeakMap<unknown[], { keys: Set<string>; length: number }>();

/** One text for values that are the same, whatever the order of their members. */
function keyOf(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(
          Object.entries(each).toSorted(([one], [other]) => (one < other ? -1 : 1)),
        )
      : each,
  );
}

function same(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return false;
  }
  // Most of what is compared refers to something, and to something else.
  const { reference } = one as Element;
  if (typeof reference === 'string' && reference !== (other as Element)['reference']) return false;
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  return names.every((name) => same((one as Element)[name], (other as Element)[name]));
}

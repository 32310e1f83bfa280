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
  if (!list.some((each) => same(each, value))) list.push(value);
}

function same(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return false;
  }
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  return names.every((name) => same((one as Element)[name], (other as Element)[name]));
}

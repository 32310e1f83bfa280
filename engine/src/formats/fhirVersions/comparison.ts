import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';

/** Values by the paths of their elements, in the order in which they stand. */
type Leaves = Map<string, string[]>;

/**
 * Paths of elements whose values are not the same in two resources: how a conversion that cannot be
 * turned round is found out, whatever it was that lost something. What only the second has says nothing.
 */
export function differingPaths(before: JsonObject, after: JsonObject | undefined): string[] {
  const [own, other] = [leavesOf(before), after === undefined ? undefined : leavesOf(after)];
  return [...own].flatMap(([path, values]) => {
    const there = other?.get(path);
    const isSame =
      values.length === there?.length && values.every((each, at) => each === there[at]);
    return isSame ? [] : [path];
  });
}

function leavesOf(resource: JsonObject): Leaves {
  const leaves: Leaves = new Map();
  collect(resource, '', leaves);
  return leaves;
}

/** A resource in another is named by its own type, as what it loses is. */
function collect(json: Json | undefined, path: string, leaves: Leaves): void {
  if (json === undefined || json === null) return;
  if (Array.isArray(json)) for (const each of json) collect(each, path, leaves);
  else if (isJsonObject(json)) {
    const { resourceType } = json;
    const at = typeof resourceType === 'string' ? resourceType : path;
    for (const [name, value] of Object.entries(json)) collect(value, `${at}.${name}`, leaves);
  } else {
    const values = leaves.get(path);
    const value = JSON.stringify(json);
    if (values === undefined) leaves.set(path, [value]);
    else values.push(value);
  }
}

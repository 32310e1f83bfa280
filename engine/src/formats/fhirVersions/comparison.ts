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

interface Conversion {
  /** Whether a rule has said of a path that it was lost. */
  isTold: (path: string) => boolean;
  /** A value as it is written in the other version. */
  as: (value: string) => string;
  /** The result as one of the version that it came from. */
  turnedRound: () => JsonObject | undefined;
}

/**
 * Paths of what a resource says and a conversion of it does not: values that stand nowhere in the other,
 * alone or as a part of a text that is new there, and that it does not give back when it is turned round.
 * Truth values are left out, as each stands somewhere. A path is the highest of which nothing is left.
 */
export function vanishedPaths(
  before: JsonObject,
  after: JsonObject,
  { isTold, as, turnedRound }: Conversion,
): string[] {
  const there = new Map<string, number>();
  for (const values of leavesOf(after).values()) {
    for (const value of values) there.set(value, (there.get(value) ?? 0) + 1);
  }
  const own = leavesOf(before);
  let missing: [path: string, value: string][] = [];
  for (const [path, values] of own) {
    for (const value of values) {
      if (isImplied(path, value)) continue;
      const written = inQuotes(value, as);
      const count = there.get(written) ?? 0;
      if (count > 0) there.set(written, count - 1);
      else if (!isTold(path)) missing.push([path, value]);
    }
  }
  if (missing.length === 0) return [];
  const fresh = [...there].flatMap(([value, count]) => (count > 0 ? [value] : [])).join('\n');
  missing = missing.filter(
    ([, value]) => !fresh.includes(inQuotes(value, as).replace(/^"|"$/g, '')),
  );
  if (missing.length === 0) return [];
  const back = leavesOf(turnedRound() ?? {});
  return highest(
    missing.filter(([path, value]) => back.get(path)?.includes(value) !== true),
    own,
  );
}

/** The currency of money is one of ISO 4217 in R4, and a resource may be called otherwise. */
function isImplied(path: string, value: string): boolean {
  const isTruth = value === 'true' || value === 'false';
  return isTruth || value === '"urn:iso:std:iso:4217"' || path.endsWith('.resourceType');
}

function inQuotes(value: string, as: (text: string) => string): string {
  return value.startsWith('"') ? JSON.stringify(as(JSON.parse(value) as string)) : value;
}

/** For each place the path closest to the root under which all values are missing. */
function highest(missing: readonly [path: string, value: string][], own: Leaves): string[] {
  const all = countsByPath([...own].flatMap(([path, values]) => values.map(() => path)));
  const gone = countsByPath(missing.map(([path]) => path));
  const found = missing.map(([path]) => {
    const steps = path.split('.');
    for (let length = 2; length < steps.length; length++) {
      const above = steps.slice(0, length).join('.');
      if (gone.get(above) === all.get(above)) return above;
    }
    return path;
  });
  return [...new Set(found)];
}

function countsByPath(paths: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const path of paths) {
    for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) {
      const above = path.slice(0, end);
      counts.set(above, (counts.get(above) ?? 0) + 1);
    }
  }
  return counts;
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

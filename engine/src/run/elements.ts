import { canonicalJson, isJsonObject, type Json } from '../base/json.ts';

export type TellDifference = (path: string, was: Json | undefined, is: Json | undefined) => void;

/**
 * The elements in which two resources differ, by FHIR path: the deepest place where both still hold the
 * same kind of thing. Items of lists are compared by their place, which `itemPath` may put into the path.
 */
export function compareElements(
  path: string,
  was: Json | undefined,
  is: Json | undefined,
  tell: TellDifference,
  itemPath: (list: string, at: number) => string = (list) => list,
): void {
  if (isJsonObject(was) && isJsonObject(is)) {
    for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
      compareElements(`${path}.${name}`, was[name], is[name], tell, itemPath);
    }
  } else if (Array.isArray(was) && Array.isArray(is)) {
    for (let at = 0; at < Math.max(was.length, is.length); at++) {
      compareElements(itemPath(path, at), was[at], is[at], tell, itemPath);
    }
  } else if (was === undefined || is === undefined || canonicalJson(was) !== canonicalJson(is)) {
    tell(path, was, is);
  }
}

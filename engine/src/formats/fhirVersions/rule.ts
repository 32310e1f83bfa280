import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';

/** What became of an element that R4 has no place for, or not all of it. */
export interface Loss {
  /** By the names of the version it came in: `Medication.package.content`. */
  path: string;
  code:
    /** R4 has no element for it. */
    | 'no-place'
    /** R4 has one where there were several: the first is kept. */
    | 'only-first'
    /** It is in an extension of the version it came from. */
    | 'kept-as-extension'
    /** Its value or shape has no counterpart. */
    | 'value-unknown'
    /** R4 has no such resource. */
    | 'resource-unknown';
}

/** An object on its way: rules change its members before they are taken over by name. */
export interface Node {
  members: JsonObject;
  /** Path by the names it came with. */
  path: string;
  lose(name: string, code: Loss['code']): void;
  /** Base of the names of extensions that hold what R4 has no element for. */
  extensionBase: string;
}

export type Rule = (node: Node) => void;

export function listOf(json: Json | undefined): Json[] {
  if (json === undefined || json === null) return [];
  return Array.isArray(json) ? json : [json];
}

export function objectsOf(json: Json | undefined): JsonObject[] {
  return listOf(json).filter(isJsonObject);
}

export function take(node: Node, name: string): Json | undefined {
  const value = node.members[name];
  delete node.members[name];
  return value;
}

/** Another name; where that is taken, a list takes both and anything else is lost. */
export function move(from: string, to: string): Rule {
  return (node) => {
    for (const mark of ['', '_']) {
      const value = take(node, `${mark}${from}`);
      if (value === undefined) continue;
      const there = node.members[`${mark}${to}`];
      if (there === undefined) node.members[`${mark}${to}`] = value;
      else if (Array.isArray(there)) node.members[`${mark}${to}`] = [...there, ...listOf(value)];
      else node.lose(from, 'no-place');
    }
  };
}

/** Several names at once: `context>encounter assertedDate>recordedDate`. */
export function moves(text: string): Rule[] {
  return text.split(' ').map((each) => {
    const [from = '', to = ''] = each.split('>');
    return move(from, to);
  });
}

/** A code that became a concept of a code system. */
export function concept(name: string, system: string): Rule {
  return ({ members }) => {
    const code = members[name];
    if (typeof code === 'string') members[name] = { coding: [{ system, code }] };
  };
}

/** Codes that are called otherwise; those not named stay as they are. */
export function codes(name: string, map: Readonly<Record<string, string>>): Rule {
  return ({ members }) => {
    const code = members[name];
    if (typeof code === 'string' && Object.hasOwn(map, code)) members[name] = map[code] as string;
  };
}

/** Elements that HL7's maps between versions keep as extensions. */
export function keep(name: string, type: string, suffix = name): Rule {
  return (node) => {
    for (const value of listOf(take(node, name))) addExtension(node, suffix, type, value);
  };
}

export function addExtension(node: Node, name: string, type: string, value: Json): void {
  const url = `${node.extensionBase}${node.path}.${name}`;
  const extensions = listOf(node.members['extension']);
  node.members['extension'] = [...extensions, { url, [`value${type}`]: value }];
  node.lose(name, 'kept-as-extension');
}

/** A member of an object takes the object's place: `requester.agent` that of `requester`. */
export function lift(
  name: string,
  inner: string,
  others: Readonly<Record<string, string>> = {},
): Rule {
  return (node) => {
    const value = node.members[name];
    const lifted = listOf(value).map((each) => {
      if (!isJsonObject(each) || each[inner] === undefined) return each;
      const { [inner]: kept, ...rest } = each;
      for (const [other, left] of Object.entries(rest)) {
        const type = others[other];
        if (left === undefined || left === null) continue;
        if (type === undefined) node.lose(`${name}.${other}`, 'no-place');
        else if (Array.isArray(value)) {
          (kept as JsonObject)['extension'] = [
            { url: `${node.extensionBase}${node.path}.${name}.${other}`, [`value${type}`]: left },
          ];
          node.lose(`${name}.${other}`, 'kept-as-extension');
        } else addExtension(node, `${name}.${other}`, type, left);
      }
      return kept as Json;
    });
    if (value !== undefined)
      node.members[name] = Array.isArray(value) ? lifted : (lifted[0] as Json);
  };
}

/** `notDone: true` is a status. */
export function denied(flag: string, status = 'not-done'): Rule {
  return (node) => {
    const value = take(node, flag);
    if (value === true || value === 'true') node.members['status'] = status;
  };
}

/** A choice that lost its choice, or found one: `whoUri` and `whoReference` are `who`. */
export function joined(name: string, ...from: string[]): Rule[] {
  return from.map((each) => move(each, name));
}

/** A text that became notes. */
export function noted(name: string): Rule {
  return (node) => {
    const text = take(node, name);
    if (typeof text !== 'string' && typeof text !== 'boolean') {
      if (text !== undefined) node.members[name] = text;
      return;
    }
    node.members['note'] = [...listOf(node.members['note']), { text: String(text) }];
  };
}

export function lost(...names: string[]): Rule {
  return (node) => {
    for (const name of names) {
      if (take(node, name) !== undefined) node.lose(name, 'no-place');
    }
  };
}

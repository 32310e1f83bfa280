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
    /** Read back, it is not what it was. */
    | 'not-the-same'
    /** R4 has no such resource. */
    | 'resource-unknown';
}

/** An object on its way: rules change its members before they are taken over by name. */
export interface Node {
  members: JsonObject;
  /** Path by the names it came with. */
  path: string;
  lose(name: string, code: Loss['code']): void;
  /** Told of an element that is called otherwise now, by whoever must still name it as it was. */
  renamed?(from: string, to: string): void;
  /** Base of the names of extensions that hold what R4 has no element for. */
  extensionBase: string;
}

/**
 * A difference between another version and R4: how an object of that version becomes one of R4, and
 * where it can be said, how one of R4 becomes one of that version. A rule that is of one way says
 * nothing on the other, and what has no place there is told.
 */
export interface Rule {
  (node: Node): void;
  back?: (node: Node) => void;
}

/** A rule of both ways. */
export function bothWays(there: (node: Node) => void, back: (node: Node) => void): Rule {
  return Object.assign((node: Node) => there(node), { back });
}

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
  return bothWays(moved(from, to), moved(to, from));
}

function moved(from: string, to: string): (node: Node) => void {
  return (node) => {
    for (const mark of ['', '_']) {
      const value = take(node, `${mark}${from}`);
      if (value === undefined) continue;
      node.renamed?.(from, to);
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
  return bothWays(
    ({ members }) => {
      const code = members[name];
      if (typeof code === 'string') members[name] = { coding: [{ system, code }] };
    },
    (node) => {
      const [coding, ...others] = objectsOf(objectsOf(node.members[name])[0]?.['coding']);
      if (coding === undefined || typeof coding['code'] !== 'string') return;
      const isTheirs = coding['system'] === undefined || coding['system'] === system;
      const text = objectsOf(node.members[name])[0]?.['text'];
      if (!isTheirs) node.lose(name, 'value-unknown');
      if (others.length > 0) node.lose(`${name}.coding`, 'only-first');
      if (text !== undefined) node.lose(`${name}.text`, 'no-place');
      if (isTheirs) node.members[name] = coding['code'];
      else take(node, name);
    },
  );
}

/** Codes that are called otherwise; those not named stay as they are. */
export function codes(
  name: string,
  map: Readonly<Record<string, string>>,
  backMap: Readonly<Record<string, string>> = {},
): Rule {
  const mapped = (node: Node, by: Readonly<Record<string, string>>): string | undefined => {
    const code = node.members[name];
    if (typeof code !== 'string' || !Object.hasOwn(by, code)) return undefined;
    node.members[name] = by[code] as string;
    return code;
  };
  return bothWays(
    (node) => void mapped(node, map),
    (node) => {
      const before = mapped(node, backMap);
      const now = node.members[name] as string;
      // A code that would not come back the same says less than it did.
      if (before !== undefined && (map[now] ?? now) !== before) node.lose(name, 'value-unknown');
    },
  );
}

/** Elements that HL7's maps between versions keep as extensions. */
export function keep(name: string, type: string, suffix = name): Rule {
  return bothWays(
    (node) => {
      for (const value of listOf(take(node, name))) addExtension(node, suffix, type, value);
    },
    (node) => {
      const kept = takeExtensions(node, suffix, type);
      if (kept.length > 0) node.members[name] = kept.length === 1 ? (kept[0] as Json) : kept;
    },
  );
}

/** What the extensions of a name held, which are taken out. */
export function takeExtensions(node: Node, name: string, type: string): Json[] {
  const url = `${node.extensionBase}${node.path}.${name}`;
  const all = listOf(node.members['extension']);
  const isKept = (each: Json): boolean => isJsonObject(each) && each['url'] === url;
  const kept = all.filter(isKept).flatMap((each) => (each as JsonObject)[`value${type}`] ?? []);
  if (kept.length === 0) return kept;
  const others = all.filter((each) => !isKept(each));
  if (others.length > 0) node.members['extension'] = others;
  else delete node.members['extension'];
  return kept;
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
  const back = (node: Node): void => {
    const value = node.members[name];
    if (value === undefined || value === null) return;
    const wrapped = listOf(value).map((each): Json => ({ [inner]: each }));
    node.members[name] = Array.isArray(value) ? wrapped : (wrapped[0] as Json);
  };
  const there = (node: Node): void => {
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
  return bothWays(there, back);
}

/** `notDone: true` is a status. */
export function denied(flag: string, status = 'not-done', before?: string): Rule {
  return bothWays(
    (node) => {
      const value = take(node, flag);
      if (value === true || value === 'true') node.members['status'] = status;
    },
    (node) => {
      if (node.members['status'] !== status || before === undefined) return;
      node.members[flag] = true;
      node.members['status'] = before;
    },
  );
}

/** A choice that lost its choice: `whoReference` and `whoUri` are `who`, which goes back to the first. */
export function joined(name: string, first: string, ...others: string[]): Rule[] {
  return [move(first, name), ...others.map((each): Rule => moved(each, name))];
}

/**
 * An address that is a reference now, marked as what it was (HL7's maps of STU3: extension `BaseType`), so
 * that it becomes one again.
 */
export function addressed(name: string): Rule {
  const address = `${name}Uri`;
  return bothWays(
    (node) => {
      const uri = take(node, address);
      if (typeof uri !== 'string') return;
      const extension = [{ url: baseType(node), valueString: 'uri' }];
      node.members[name] = { reference: uri, extension };
    },
    (node) => {
      const value = node.members[name];
      if (!isJsonObject(value)) return;
      const isMarked = objectsOf(value['extension']).some(({ url }) => url === baseType(node));
      const { reference } = value;
      if (!isMarked || typeof reference !== 'string') return;
      delete node.members[name];
      node.renamed?.(name, address);
      node.members[address] = reference;
    },
  );
}

function baseType({ extensionBase }: Node): string {
  return extensionBase.replace(/extension-$/, 'BaseType');
}

/** A text that became notes. */
export function noted(name: string): Rule {
  return bothWays(notesFrom(name), (node) => {
    const notes = objectsOf(take(node, 'note'));
    const words = notes.flatMap(({ text }) => (typeof text === 'string' ? [text] : []));
    if (words.length > 0) node.members[name] = words.join('\n');
    if (words.length > 1) node.lose('note', 'value-unknown');
    for (const part of new Set(notes.flatMap((note) => Object.keys(note)))) {
      if (part !== 'text') node.lose(`note.${part}`, 'no-place');
    }
  });
}

function notesFrom(name: string): (node: Node) => void {
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

/**
 * A choice that R4 has as two elements: `reason[x]` is `reasonCode` or `reasonReference`. Where R4 has
 * both, the concept goes back, and the reference is told.
 */
export function reasonChoice(name = 'reason'): Rule {
  const [concepts, references] = [`${name}CodeableConcept`, `${name}Reference`];
  return bothWays(
    (node) => {
      moved(concepts, 'reasonCode')(node);
      if (references !== 'reasonReference') moved(references, 'reasonReference')(node);
    },
    (node) => {
      if (listOf(node.members['reasonCode']).length === 0) {
        if (references !== 'reasonReference') moved('reasonReference', references)(node);
        return;
      }
      moved('reasonCode', concepts)(node);
      if (take(node, 'reasonReference') !== undefined) node.lose('reasonReference', 'no-place');
    },
  );
}

/** What R4 asks for and the other version takes for granted: `intent` of an order. */
export function implied(name: string, value: string): Rule {
  return bothWays(
    ({ members }) => {
      members[name] ??= value;
    },
    (node) => {
      if (node.members[name] === value) take(node, name);
    },
  );
}

/** The types that values of extensions do not have yet in a version, as those that it has. */
export function extensionValues(types: Readonly<Record<string, string>>): Rule {
  return bothWays(
    () => {},
    (node) => {
      for (const [now, then] of Object.entries(types)) {
        const value = take(node, `value${now}`);
        if (value !== undefined) node.members[`value${then}`] = value;
      }
    },
  );
}

/** The version that a definition is of. */
export function fhirVersion(theirs: string): Rule {
  const set =
    (version: string) =>
    ({ members }: Node): void => {
      if (members['fhirVersion'] !== undefined) members['fhirVersion'] = version;
    };
  return bothWays(set('4.0.1'), set(theirs));
}

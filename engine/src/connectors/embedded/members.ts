const quote = 0x22;
const backslash = 0x5c;

/** Names of members that are looked for, told from most others without making text of those. */
export class MemberNames {
  /** By length, first and last byte. */
  readonly #names = new Map<number, readonly Name[]>();
  readonly #within: ReadonlyMap<string, MemberNames>;

  /** `within`: of these only such members are looked for, where they are objects or lists of them. */
  constructor(names: readonly string[], within: ReadonlyMap<string, MemberNames> = new Map()) {
    this.#within = within;
    for (const name of new Set(names)) {
      const sign = signOf(name.length, name.charCodeAt(0), name.charCodeAt(name.length - 1));
      const found = { name, bytes: Buffer.from(name, 'latin1') };
      this.#names.set(sign, [...(this.#names.get(sign) ?? []), found]);
    }
  }

  within(name: string): MemberNames | undefined {
    return this.#within.get(name);
  }

  /** The name that stands in `bytes`; undefined when it is not looked for. */
  find(bytes: Buffer, from: number, end: number): string | undefined {
    const names = this.#names.get(signOf(end - from, bytes[from] ?? 0, bytes[end - 1] ?? 0));
    if (names === undefined) return undefined;
    for (const one of names) if (standsAt(one.bytes, bytes, from)) return one.name;
    return undefined;
  }
}

interface Name {
  name: string;
  bytes: Buffer;
}

function standsAt(name: Buffer, bytes: Buffer, from: number): boolean {
  for (let at = 1; at < name.length; at++) if (bytes[from + at] !== name[at]) return false;
  return true;
}

function signOf(length: number, first: number, last: number): number {
  return length * 65_536 + first * 256 + last;
}

/**
 * Members that were found, in the order in which they stand. A few names, compared one after the other:
 * a map for each object would cost more than all else that is done for it.
 */
export class Members {
  readonly #names: string[] = [];
  readonly #values: unknown[] = [];

  add(name: string, value: unknown): void {
    this.#names.push(name);
    this.#values.push(value);
  }

  /** As for `JSON.parse`, of members with one name the last counts. */
  get(name: string): unknown {
    return this.#values[this.#names.lastIndexOf(name)];
  }

  entries(): [name: string, value: unknown][] {
    return this.#names.map((name, at) => [name, this.#values[at]]);
  }
}

/**
 * Some members of the object that stands between two places, in canonical JSON (`base/json.ts`: no
 * space between tokens), without making text or values of the others: for an index entry that is
 * half of the cost of `JSON.parse`. Members of which only some members are looked for are themselves
 * such a map, or a list with one for each object. What is skipped is not checked.
 * @returns undefined when the bytes are not such an object.
 */
export function membersOf(
  bytes: Buffer,
  wanted: MemberNames,
  from = 0,
  to = bytes.length,
): Members | undefined {
  const found = new Members();
  if (bytes[from] !== 0x7b) return undefined;
  let at = from + 1;
  while (bytes[at] === quote) {
    const keyEnd = stringEnd(bytes, at);
    if (bytes[keyEnd] !== 0x3a) return undefined;
    const end = valueEnd(bytes, keyEnd + 1);
    const name = wanted.find(bytes, at + 1, keyEnd - 1);
    if (name !== undefined) {
      const within = wanted.within(name);
      const value = within
        ? looked(bytes, within, keyEnd + 1, end)
        : parsed(bytes, keyEnd + 1, end);
      found.add(name, value);
    }
    at = end + 1;
    if (bytes[end] === 0x7d) return at === to ? found : undefined;
    if (bytes[end] !== 0x2c) return undefined;
  }
  return undefined;
}

/** A value of which only some members are looked for. */
function looked(bytes: Buffer, within: MemberNames, from: number, to: number): unknown {
  if (bytes[from] === 0x7b) return membersOf(bytes, within, from, to);
  if (bytes[from] !== 0x5b) return parsed(bytes, from, to);
  const items: unknown[] = [];
  for (let at = from + 1; at < to - 1;) {
    const end = valueEnd(bytes, at);
    items.push(looked(bytes, within, at, end));
    at = end + 1;
  }
  return items;
}

/** Most values wanted are short texts in ASCII without an escape, which need no parser. */
function parsed(bytes: Buffer, from: number, end: number): unknown {
  if (bytes[from] === quote && isPlain(bytes, from + 1, end - 1)) {
    return bytes.toString('latin1', from + 1, end - 1);
  }
  try {
    return JSON.parse(bytes.toString('utf8', from, end));
  } catch {
    return undefined;
  }
}

function isPlain(bytes: Buffer, from: number, end: number): boolean {
  for (let at = from; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte >= 0x80 || byte === backslash) return false;
  }
  return true;
}

/** The place after the closing quote. Past the end there are no bytes, which ends the loop. */
function stringEnd(bytes: Buffer, from: number): number {
  for (let at = from + 1; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === backslash) at++;
    else if (byte === quote) return at + 1;
  }
  return bytes.length;
}

/** The place after the value that starts at `from`. */
function valueEnd(bytes: Buffer, from: number): number {
  const { length } = bytes;
  let depth = 0;
  let at = from;
  while (at < length) {
    const byte = bytes[at] as number;
    if (byte === quote) {
      // `stringEnd`, written out: most bytes of a resource stand in strings.
      for (at++; at < length; at++) {
        const inside = bytes[at] as number;
        if (inside === quote) break;
        if (inside === backslash) at++;
      }
      at = at < length ? at + 1 : length;
      if (depth === 0) return at;
    } else if (byte === 0x7b || byte === 0x5b) {
      depth++;
      at++;
    } else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 0) return at;
      depth--;
      at++;
      if (depth === 0) return at;
    } else if (byte === 0x2c && depth === 0) return at;
    else at++;
  }
  return at;
}

/**
 * Names of elements and attributes as one string each: a document says the same few hundred over and
 * over, and two strings that are one compare at once.
 */

const slots = Array.from<string | undefined>({ length: 1024 });

/** Longer names are not kept: no document that is one has them. */
const longestKept = 64;

/** What a character may be in a name: its first, or another one. */
const inside = 1;
const first = 2;
const kinds = new Uint8Array(0x80);
for (const character of '-.0123456789') kinds[character.charCodeAt(0)] = inside;
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_:') {
  kinds[character.charCodeAt(0)] = inside | first;
}

/** The name that stands there; '' where none does. */
export function nameAt(text: string, start: number): string {
  let code = text.charCodeAt(start);
  if (!(code >= 0x80 || ((kinds[code] ?? 0) & first) !== 0)) return '';
  let hash = 0;
  let end = start;
  do {
    hash = (Math.imul(hash, 31) + code) | 0;
    code = text.charCodeAt(++end);
  } while (code >= 0x80 || ((kinds[code] ?? 0) & inside) !== 0);
  const length = end - start;
  const slot = hash & (slots.length - 1);
  const known = slots[slot];
  if (known !== undefined && known.length === length && text.startsWith(known, start)) return known;
  const name = text.slice(start, end);
  if (length > longestKept) return name;
  // A property's name is interned by the engine, and holds on to no document.
  const [own = name] = Object.keys({ [name]: 0 });
  slots[slot] = own;
  return own;
}

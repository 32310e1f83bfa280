/** `encode`, `decode`, `escape` and `unescape` (FHIRPath N1 §5.6.12 and following). */

/** Bytes of the text in UTF-8, written in the code; `undefined` for a code that is not known. */
export function encodeText(text: string, code: string): string | undefined {
  const bytes = new TextEncoder().encode(text);
  if (code === 'hex') {
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }
  if (code !== 'base64' && code !== 'urlbase64') return undefined;
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return code === 'base64' ? base64 : base64.replaceAll('+', '-').replaceAll('/', '_');
}

/** `undefined` for text that is not in the code. */
export function decodeText(text: string, code: string): string | undefined {
  const bytes = code === 'hex' ? fromHex(text) : fromBase64(text, code);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
}

function fromHex(text: string): Uint8Array | undefined {
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(text)) return undefined;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function fromBase64(text: string, code: string): Uint8Array | undefined {
  if (code !== 'base64' && code !== 'urlbase64') return undefined;
  const plain = code === 'base64' ? text : text.replaceAll('-', '+').replaceAll('_', '/');
  try {
    return Uint8Array.from(atob(plain), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

const htmlEscapes: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

const htmlNames: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
};

export function escapeText(text: string, code: string): string | undefined {
  if (code === 'json') return JSON.stringify(text).slice(1, -1);
  if (code !== 'html') return undefined;
  return text.replace(/[&<>"']/g, (character) => htmlEscapes.get(character) ?? character);
}

export function unescapeText(text: string, code: string): string | undefined {
  if (code === 'html') {
    return text.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (all, decimal, hex, name) =>
      decodedEntity(all, decimal as string, hex as string, name as string),
    );
  }
  return code === 'json' ? text.replace(jsonEscape, decodedEscape) : undefined;
}

const jsonEscape = /\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))/g;
const jsonEscapes: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

function decodedEscape(_: string, hex: string | undefined, letter: string): string {
  if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
  return jsonEscapes[letter] ?? letter;
}

function decodedEntity(all: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return htmlNames[name] ?? all;
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : all;
}

import { deepestJson, parseJson, type Json } from './json.ts';

/**
 * Numbers that a double does not give back as they were written: trailing zeros, exponents, many
 * digits, the sign of zero, and what JavaScript writes with an exponent. Inside a string the pattern
 * may find what is no number, which costs time and nothing else.
 */
const delicate =
  /[:[,]\s*-?(?:\d+\.\d*0(?![\d.])|\d+(?:\.\d+)?[eE]|[\d.]{16}|0\.00000|0(?=\s*[,}\]])(?<=-0))/;

/**
 * JSON as `parseJson` gives and refuses it, but numbers that a double holds with all their digits are
 * doubles, and a text that has no other is parsed by the platform, some times as fast.
 * @throws JsonSyntaxError with the offset, never with the text
 */
export function parseQuickly(text: string): Json | number {
  if (!delicate.test(text)) {
    try {
      const value = JSON.parse(text) as Json;
      if (keysIn(value, 0) === colonsBehindQuotes(text)) return value;
    } catch {
      // What is wrong is told by the other reader, without the text.
    }
  }
  return parseJson(text);
}

/** A number behind a key or in a list; perhaps inside a string, which costs time and nothing else. */
const anyNumber = /^-?\d|":-?\d|[[,]-?\d/;

/**
 * JSON as `parseJson` gives it, of a text that `canonicalJson` wrote: no key stands in it twice. One
 * without numbers, as most resources are, is parsed by the platform.
 */
export function parseCanonical(text: string): Json {
  return anyNumber.test(text) ? parseJson(text) : (JSON.parse(text) as Json);
}

/**
 * How often a colon stands behind a quote: once for each key, and inside strings perhaps more often.
 * So where a value has as many keys as that, none was written twice.
 */
function colonsBehindQuotes(text: string): number {
  let count = 0;
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) {
    let before = at - 1;
    while (isSpace(text.charCodeAt(before))) before--;
    if (text.charCodeAt(before) === quote) count++;
  }
  return count;
}

const quote = 0x22;

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Keys of all objects in a value; not a number where it is nested deeper than JSON may be here. */
function keysIn(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth >= deepestJson) return Number.NaN;
  let count = 0;
  if (Array.isArray(value)) {
    for (const each of value as unknown[]) count += keysIn(each, depth + 1);
    return count;
  }
  for (const key in value) count += 1 + keysIn((value as Record<string, unknown>)[key], depth + 1);
  return count;
}

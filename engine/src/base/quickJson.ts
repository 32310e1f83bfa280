import { parseJson, type Json } from './json.ts';

/**
 * Numbers that a double does not give back as they were written: trailing zeros, exponents, many
 * digits, the sign of zero, and what JavaScript writes with an exponent. Inside a string the pattern
 * may find what is no number, which costs time and nothing else.
 */
const delicate =
  /[:[,]\s*-?(?:\d+\.\d*0(?![\d.])|\d+(?:\.\d+)?[eE]|[\d.]{16}|0\.00000|0(?=\s*[,}\]])(?<=-0))/;

/**
 * JSON as `parseJson` gives it, but numbers that a double holds with all their digits are doubles,
 * and a text that has no other is parsed by the platform, some times as fast. There a repeated key
 * counts as its last.
 * @throws JsonSyntaxError with the offset, never with the text
 */
export function parseQuickly(text: string): Json | number {
  if (!delicate.test(text)) {
    try {
      return JSON.parse(text) as Json;
    } catch {
      // What is wrong is told by the other reader, without the text.
    }
  }
  return parseJson(text);
}

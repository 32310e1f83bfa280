import { Buffer } from 'node:buffer';
import { ExpressionError } from '../../fhirpath/expressionError.ts';
import { parseExpression } from '../../fhirpath/parser.ts';

/** R4 §2.24.0.1 string: at most 1 MB, something in it, and no control characters but three. */
export function isText(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > mostCharacters) return false;
  if (value.length <= shortText) return isShortText(value);
  return /\S/.test(value) && !control.test(value);
}

/** Up to here a look at each character is quicker than an expression. */
const shortText = 48;

function isShortText(value: string): boolean {
  let hasPrint = false;
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code >= 0x80) hasPrint ||= !/\s/.test(value.charAt(at));
    else if (code > 0x20) hasPrint = true;
    else if (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return false;
  }
  return hasPrint;
}

/** R4 §2.24.0.1 uri: no blanks. */
export function hasBlank(value: string): boolean {
  if (value.length > shortText * 2) return /\s/.test(value);
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code === 0x20 || (code >= 0x09 && code <= 0x0d)) return true;
    if (code >= 0x80) return /\s/.test(value);
  }
  return false;
}

/** R4 §2.24.0.1 code: words with one blank between, and none around. */
export function isCode(value: unknown): boolean {
  if (typeof value !== 'string' || value === '') return false;
  if (!hasBlank(value)) return true;
  return /^[^\s]+(?: [^\s]+)*$/.test(value);
}

/** R4 §2.24.0.1 id. */
export function isId(value: unknown): boolean {
  if (typeof value !== 'string' || value === '' || value.length > 64) return false;
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    const isLetter = (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a);
    const isDigit = code >= 0x30 && code <= 0x39;
    if (!isLetter && !isDigit && code !== 0x2d && code !== 0x2e) return false;
  }
  return true;
}

const mostCharacters = 1024 * 1024;
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;

/**
 * RFC 4648 §4, blanks between allowed. The decoder passes over what is none of its characters, so
 * that a text of the right length is right if it yields as many bytes as it should; that is ten
 * times as quick as to look at each character here.
 */
export function isBase64(value: unknown): boolean {
  if (typeof value !== 'string' || value === '') return false;
  const bare = /\s/.test(value) ? value.replaceAll(/\s+/g, '') : value;
  const isUrlSafe = bare.includes('-') || bare.includes('_');
  const bytes = base64Length(bare);
  return bytes !== undefined && !isUrlSafe && Buffer.from(bare, 'base64').length === bytes;
}

/** Bytes that a base64 text of that length stands for, if it is one. */
export function base64Length(bare: string): number | undefined {
  if (bare.length === 0 || bare.length % 4 !== 0) return undefined;
  const padding = bare.endsWith('==') ? 2 : bare.endsWith('=') ? 1 : 0;
  return (bare.length / 4) * 3 - padding;
}

/** Whether a text is FHIRPath, whatever its names mean. */
export function isExpression(value: string): boolean {
  try {
    parseExpression(value);
    return true;
  } catch (error) {
    if (error instanceof ExpressionError) return false;
    throw error;
  }
}

import { Buffer } from 'node:buffer';
import { ExpressionError } from '../../fhirpath/expressionError.ts';
import { parseExpression } from '../../fhirpath/parser.ts';

/** R4 §2.24.0.1 string: at most 1 MB, something in it, and no control characters but three. */
export function isText(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    value.length <= mostCharacters &&
    /\S/.test(value) &&
    !control.test(value)
  );
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

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

/** RFC 4648 §4, blanks between allowed; linear in its length. */
export function isBase64(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const bare = /\s/.test(value) ? value.replaceAll(/\s+/g, '') : value;
  return bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare) && bare !== '';
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

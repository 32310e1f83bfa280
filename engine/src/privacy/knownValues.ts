import type { Found } from './forms.ts';
import { wordBits, wordBitsOf } from './gazetteer.ts';
import type { IdentifierKind } from './identifier.ts';
import { fold, type Token } from './tokens.ts';

/** A value that the record itself holds in a field, to be searched in its notes. */
export interface KnownValue {
  kind: IdentifierKind;
  value: string;
}

/**
 * Places where the record's own values stand, whatever their case, marks and signs between. Parts
 * of a name count alone: `Núñez` in `Ms. NUNEZ states`; one that is also a common word only where it
 * is written as a name.
 */
export function findKnown(
  text: string,
  tokens: readonly Token[],
  known: readonly KnownValue[],
): Found[] {
  const found: Found[] = [];
  const words = new Map<string, IdentifierKind>();
  for (const { kind, value } of known) {
    if (kind === 'person' || kind === 'location') {
      for (const part of partsOf(value)) words.set(part, kind);
    } else found.push(...findSigns(text, kind, value));
  }
  for (const { start, end, folded, text: written } of tokens) {
    const kind = words.get(folded);
    if (kind === undefined) continue;
    const common = (wordBitsOf(folded) & wordBits.word) !== 0;
    if (common && written === written.toLowerCase()) continue;
    found.push({ kind, start, end, by: 'record', strength: 'strong' });
  }
  return found;
}

function partsOf(value: string): string[] {
  return (value.match(/\p{L}[\p{L}\p{M}]*(?:['’]\p{L}[\p{L}\p{M}]*)*/gu) ?? [])
    .map(fold)
    .filter((part) => part.length > 1);
}

/** A value sign by sign, with other separators between its letters and digits. */
function findSigns(text: string, kind: IdentifierKind, value: string): Found[] {
  const signs = value.match(/[\p{L}\d]+/gu);
  if (!signs || signs.join('').length < 4) return [];
  const body =
    kind === 'date' || kind === 'address'
      ? signs.join('[^\\p{L}\\d]{1,3}')
      : Array.from(signs.join('')).join('[-. ()/]{0,2}');
  const pattern = new RegExp(`(?<![\\p{L}\\d])${body}(?![\\p{L}\\d])`, 'giu');
  return Array.from(text.matchAll(pattern), (match): Found => {
    const start = match.index;
    return { kind, start, end: start + match[0].length, by: 'record', strength: 'strong' };
  });
}

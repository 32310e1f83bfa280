import type { Found } from './forms.ts';

/** Telephone and fax numbers, and numbers of which only the model or the words around can tell. */
export function findNumbers(text: string): Found[] {
  const found: Found[] = [];
  for (const match of text.matchAll(runs)) {
    const [run] = match;
    const digits = run.replace(extension, '').replaceAll(/\D/g, '').length;
    if (digits < 6 || digits > 19) continue;
    const start = match.index;
    const end = start + run.length;
    const before = text.slice(Math.max(0, start - 40), start);
    const behind = text.slice(end, end + 20);
    const phone = phoneStrength(run, digits, before, behind);
    const foreign = /^0\d{1,4}[ .-]/.test(run);
    if (phone) found.push({ kind: 'phone', start, end, by: 'form', strength: phone, foreign });
    else found.push({ kind: 'id', start, end, by: 'form', strength: 'weak' });
  }
  for (const match of text.matchAll(mixed)) {
    const [run] = match;
    if (run.replaceAll(/\D/g, '').length < 4) continue;
    const start = match.index;
    found.push({ kind: 'id', start, end: start + run.length, by: 'form', strength: 'weak' });
  }
  return found;
}

/** Digits with the signs that people put between them; an extension behind. */
const runs =
  /(?<![\p{L}\d$€£#/+]|\d[.,:-])(?:\+ ?|00)?\(?\+?\d[\d().\-/ ]{4,22}\d(?:\s?(?:x|ext\.?|extension)\s?\d{1,6})?(?![\p{L}\d%]|[.,/-]\d)/giu;
const extension = /\s?(?:x|ext\.?|extension)\s?\d{1,6}$/i;
const mixed =
  /(?<![\p{L}\d@._-])(?=[A-Z\d-]*\d[A-Z\d-]*\d)(?=[A-Z\d-]*[A-Z])[A-Z\d][A-Z\d-]{5,20}(?![\p{L}\d@_-])/gu;

const words =
  /(?:phones?|tele(?:phone)?|tel|telefon|tél|fax|cell|mobile|mobil|call(?:ed|s|ing)?(?: \p{L}+){0,3}|ring|text(?:ed)?|dial|pager|beeper|contact|reach(?:ed)?(?: \p{L}+){0,3}|hotline|home|work|office|ph|ext)(?:\s+(?:number|no\.?|nr|is|at|on|me|us|him|her|them))*[\s:.#(=-]*$/iu;
const behindWords = /^[\s,()-]{0,3}(?:office|fax|mobile|cell|home|work|direct|phone|main|tel)\b/i;

function phoneStrength(
  run: string,
  digits: number,
  before: string,
  behind: string,
): Found['strength'] | undefined {
  if (digits > 15 || /^\d{1,2}[/-]\d{1,2}[/-]\d{2,4}$/.test(run)) return undefined;
  if (digits > 6 && (words.test(before) || behindWords.test(behind))) return 'strong';
  if (/^\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?!\d)/.test(run) && digits < 11) return 'strong';
  if (/^(?:\+|00)/.test(run) && digits > 8) return 'strong';
  if (/^1[ .-]?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}/.test(run)) return 'strong';
  if (extension.test(run) && digits > 6) return 'strong';
  // A zero in front, or groups: a number of another country, unless the model knows better.
  if (digits > 6 && digits < 14 && /[ ().-]/.test(run)) return 'weak';
  return /^0?\d{9,10}$/.test(run) ? 'weak' : undefined;
}

import { wordBits, wordBitsOf } from './gazetteer.ts';
import { beginOf, goesOnOf, kindOfLabel } from './tagger.ts';
import type { Token } from './tokens.ts';

/** Whether it is a word that every reader of English knows. */
export function isCommon({ folded }: Token): boolean {
  return folded.length === 1 || (wordBitsOf(folded) & wordBits.word) !== 0;
}

/** Whether it stands in names: `van`, `de la`, `Jr.`. */
export function isParticle({ folded }: Token): boolean {
  return particles.has(folded);
}

const particles = new Set(
  'van von der den de del della da di dos das du la le el al bin ibn ben ter ten af av zu zur y i e st o mac and jr sr ii iii iv md dds phd'.split(
    ' ',
  ),
);

/**
 * The labels of a model, mended by what names are: no name goes over the end of a line or over a
 * colon, a common word in small letters is no part of a name that has capitals, and a word that is
 * nothing but a given name, or a country, is one even where the model saw none.
 */
export function withNames(
  tokens: readonly Token[],
  labels: Uint8Array,
  cased: boolean,
): Uint8Array {
  const mended = Uint8Array.from(labels);
  for (const [at, token] of tokens.entries()) {
    const kind = kindOfLabel(mended[at]!);
    if (kind === 'person' || kind === 'organisation') {
      if (endsName(token, cased)) mended[at] = 0;
      else if (continues(mended[at]!) && mended[at - 1] === 0) mended[at] = beginOf(kind);
    } else if (kind === undefined && cased && isCapital(token)) {
      mended[at] = nameLabel(token, mended[at - 1] ?? 0);
    }
  }
  return mended;
}

/** Whether capitals say something: there are some, and not every word has one. */
export function isCased(tokens: readonly Token[]): boolean {
  const words = tokens.filter(({ kind }) => kind === 'word');
  const capitals = words.filter(isCapital).length;
  return capitals > 0 && capitals < words.length;
}

/** Whether its first letter is a capital. */
export function isCapital({ text }: Token): boolean {
  return text[0] !== text[0]?.toLowerCase();
}

function endsName(token: Token, cased: boolean): boolean {
  if (token.kind === 'break' || token.text === ':') return true;
  if (token.kind !== 'word' || !cased || isCapital(token)) return false;
  return isCommon(token) && !particles.has(token.folded);
}

function continues(label: number): boolean {
  return label > 0 && label % 2 === 0;
}

function nameLabel(token: Token, before: number): number {
  if (token.kind !== 'word' || token.folded.length < 3) return 0;
  if (token.text === token.text.toUpperCase()) return 0;
  const bits = wordBitsOf(token.folded);
  if ((bits & (wordBits.word | wordBits.streetType)) !== 0) return 0;
  if ((bits & wordBits.country) !== 0) {
    return (bits & wordBits.given) === 0 ? beginOf('location') : 0;
  }
  const name =
    (bits & wordBits.given) !== 0 ||
    ((bits & wordBits.family) !== 0 && (bits & wordBits.city) === 0);
  if (!name) return 0;
  return kindOfLabel(before) === 'person' ? goesOnOf('person') : beginOf('person');
}

/** One token of a text, by UTF-16 places: a word, a run of digits, one sign, or one line break. */
export interface Token {
  start: number;
  end: number;
  text: string;
  /** As the gazetteer holds words: lower case, marks taken off. */
  folded: string;
  kind: 'word' | 'number' | 'sign' | 'break';
}

const pieces =
  /\r\n|\n|\p{L}[\p{L}\p{M}]*(?:['’](?!(?:s|m|d|t|re|ve|ll)(?!\p{L}))\p{L}[\p{L}\p{M}]*)*|['’](?:s|m|d|t|re|ve|ll)(?!\p{L})|\p{Nd}+|[^\s]/giu;

/** The tokens of a text; blanks other than line breaks are none. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(pieces)) {
    const piece = match[0];
    const kind = kindOf(piece);
    const folded = kind === 'word' ? fold(piece) : piece;
    tokens.push({ start: match.index, end: match.index + piece.length, text: piece, folded, kind });
  }
  return tokens;
}

function kindOf(piece: string): Token['kind'] {
  const code = piece.charCodeAt(0);
  if (piece.length > 1 && (code === 39 || code === 0x2019)) return 'sign';
  if (code === 10 || code === 13) return 'break';
  if (code < 128) {
    if (code >= 48 && code <= 57) return 'number';
    return (code | 32) >= 97 && (code | 32) <= 122 ? 'word' : 'sign';
  }
  if (/^\p{L}/u.test(piece)) return 'word';
  return /^\p{Nd}/u.test(piece) ? 'number' : 'sign';
}

/** Letters that do not fall apart into a letter and a mark. */
const whole: Readonly<Record<string, string>> = {
  ł: 'l',
  ø: 'o',
  đ: 'd',
  ı: 'i',
  ß: 'ss',
  æ: 'ae',
  '’': "'",
};
const wholePattern = /[łøđıßæ’]/g;
const plain = /^[a-z]+$/;

/** A word without case and without marks: `Núñez` and `NUNEZ` are `nunez`. */
export function fold(word: string): string {
  const lower = word.toLowerCase();
  if (plain.test(lower)) return lower;
  return lower
    .replaceAll(wholePattern, (letter) => whole[letter] ?? letter)
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '');
}

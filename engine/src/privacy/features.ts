import { wordBits, wordBitsOf } from './gazetteer.ts';
import type { Token } from './tokens.ts';

/** Places in the table of weights: 2^18. */
export const featureBits = 18;

/** How many features each token has. */
export const featureCount = 40;

/** What is seen of one token apart from its neighbours, each as a 32-bit hash. */
export interface Seen {
  word: number;
  /** `Xx`, `X.`, `d4`: case and length class. */
  shape: number;
  prefix: number;
  suffix: number;
  ending: number;
  lists: number;
  /** The word where it is a frequent one, otherwise its shape and lists. */
  coarse: number;
}

const nothing: Seen = {
  word: 1,
  shape: 1,
  prefix: 1,
  suffix: 1,
  ending: 1,
  lists: 1,
  coarse: 1,
};

/** What `hidden` does: the token is seen as if nobody had met it before (used in training only). */
export interface Hiding {
  word: boolean;
  lists: boolean;
}

export function seen(token: Token, hidden?: Hiding): Seen {
  const { folded, kind, text } = token;
  const shape = hashOf(shapeOf(token));
  if (kind !== 'word') {
    const word = hashOf(kind === 'number' ? digitsOf(text) : kind === 'break' ? '\n' : text);
    return { ...nothing, word, shape, lists: shape, coarse: word };
  }
  const bits = hidden?.lists ? 0 : wordBitsOf(folded);
  const lists = mix(bits + 77, 5);
  const unseen = hidden?.word === true;
  const word = unseen ? mix(shape, 3) : hashOf(folded);
  const usual = (bits & wordBits.word) !== 0 && !unseen;
  return {
    word,
    shape,
    prefix: unseen ? 7 : hashOf(folded.slice(0, 3)),
    suffix: hashOf(folded.slice(-3)),
    ending: hashOf(folded.slice(-2)),
    lists,
    coarse: usual ? word : mix(lists, shape),
  };
}

/**
 * Fill `into` with the places of one token's features. `before` and `beforeLast` are the labels
 * given to the two tokens in front.
 */
export function featuresAt(
  sight: readonly Seen[],
  at: number,
  before: number,
  beforeLast: number,
  into: Int32Array,
): void {
  const own = sight[at] as Seen;
  const last = sight[at - 1] ?? nothing;
  const last2 = sight[at - 2] ?? nothing;
  const last3 = sight[at - 3] ?? nothing;
  const next = sight[at + 1] ?? nothing;
  const next2 = sight[at + 2] ?? nothing;
  const next3 = sight[at + 3] ?? nothing;
  let place = 0;
  const put = (value: number): void => {
    into[place] = mix(value, ++place) >>> (32 - featureBits);
  };
  put(0);
  put(own.word);
  put(own.shape);
  put(own.prefix);
  put(own.suffix);
  put(own.ending);
  put(own.lists);
  put(mix(own.lists, own.shape));
  put(mix(own.lists, before));
  put(before);
  put(mix(before, beforeLast));
  put(mix(own.word, before));
  put(mix(own.shape, before));
  put(last.word);
  put(last.coarse);
  put(mix(last.lists, last.shape));
  put(last2.word);
  put(mix(last2.lists, last2.shape));
  put(next.word);
  put(next.coarse);
  put(mix(next.lists, next.shape));
  put(next2.word);
  put(mix(next2.lists, next2.shape));
  put(mix(last.word, mix(own.lists, own.shape)));
  put(mix(next.word, mix(own.lists, own.shape)));
  put(mix(last.coarse, own.shape));
  put(mix(next.coarse, own.shape));
  put(mix(mix(last.coarse, next.coarse), own.shape));
  put(mix(mix(last2.word, last.word), own.shape));
  put(mix(mix(next.word, next2.word), own.shape));
  put(mix(mix(own.lists, next.lists), mix(own.shape, next.shape)));
  put(mix(mix(own.lists, last.lists), mix(own.shape, last.shape)));
  put(mix(mix(last3.coarse, last2.coarse), last.coarse));
  put(mix(mix(next.coarse, next2.coarse), next3.coarse));
  put(last3.word);
  put(next3.word);
  put(mix(mix(last.shape, own.shape), mix(next.shape, next2.shape)));
  put(mix(mix(before, own.lists), next.lists));
  put(mix(mix(before, own.shape), mix(next.coarse, 11)));
  put(mix(mix(last2.coarse, last.coarse), mix(own.lists, own.shape)));
}

/** Case and length: what a word looks like to somebody who cannot read it. */
function shapeOf({ kind, text }: Token): string {
  if (kind === 'break') return 'n';
  if (kind === 'number') return text.length > 6 ? 'd+' : `d${text.length}`;
  if (kind === 'sign') return text;
  const lower = text.toLowerCase();
  if (text === lower) return text === text.toUpperCase() ? 'c' : text.length < 3 ? 'x' : 'xx';
  if (text.length === 1) return 'X';
  if (text === text.toUpperCase()) return text.length < 4 ? 'XX' : 'XXXX';
  return text.slice(1) === lower.slice(1) ? (text.length < 4 ? 'Xx' : 'Xxxx') : 'xXx';
}

/** Years and lengths; the digits themselves say nothing that should be learned. */
function digitsOf(text: string): string {
  if (text.length === 4) return /^(?:19|20)/.test(text) ? 'year' : '4';
  if (text.length < 3) return Number(text) <= 12 ? 'm' : Number(text) <= 31 ? 'd' : '2';
  return String(Math.min(text.length, 17));
}

export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash;
}

function mix(left: number, right: number): number {
  let hash = Math.imul(left ^ Math.imul(right, 0x9e3779b1), 0x85ebca6b);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0xc2b2ae35) ^ (hash >>> 13);
}

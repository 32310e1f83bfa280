import type { Random } from '../../engine/src/base/random.ts';
import { chance, pick } from './draw.ts';

/**
 * Words of a list, and with probability `invented` words that only look like them: letter after
 * letter as three letters follow each other in the list. A tagger that meets only listed names in
 * training learns the lists and nothing else.
 */
export function inventor(random: Random, words: readonly string[], invented: number): () => string {
  const followers = new Map<string, string[]>();
  for (const word of words) {
    const framed = `^^^${word}$`;
    for (let at = 3; at < framed.length; at++) {
      const before = framed.slice(at - 3, at);
      const list = followers.get(before);
      const letter = framed[at] as string;
      if (list) list.push(letter);
      else followers.set(before, [letter]);
    }
  }
  const invent = (): string => {
    let word = '^^^';
    while (word.length < 15) {
      const letter = pick(random, followers.get(word.slice(-3)) as string[]);
      if (letter === '$') break;
      word += letter;
    }
    return word.slice(3);
  };
  return () => {
    if (!chance(random, invented)) return pick(random, words);
    const word = invent();
    return word.length < 3 ? pick(random, words) : word;
  };
}

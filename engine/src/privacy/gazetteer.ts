import lists from './model/gazetteer.json' with { type: 'json' };

/** What a word may be, as bits; a word can be several (`may` is a word and a given name). */
export const wordBits = {
  given: 1,
  family: 2,
  city: 4,
  country: 8,
  streetType: 16,
  word: 32,
} as const;

let known: ReadonlyMap<string, number> | undefined;

/** The bits of a folded word; 0 for one that no list holds. */
export function wordBitsOf(folded: string): number {
  known ??= readLists();
  return known.get(folded) ?? 0;
}

/** The words of one list, in order. */
export function listed(name: keyof typeof wordBits): string[] {
  return lists[name].split(' ');
}

function readLists(): Map<string, number> {
  const bits = new Map<string, number>();
  for (const name of Object.keys(wordBits) as (keyof typeof wordBits)[]) {
    for (const word of listed(name)) bits.set(word, (bits.get(word) ?? 0) | wordBits[name]);
  }
  return bits;
}

import type { Random } from '../../engine/src/base/random.ts';

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.integer(from.length)] as T;
}

export function chance(random: Random, probability: number): boolean {
  return random.next() < probability;
}

export function digits(random: Random, length: number): string {
  const first = String(1 + random.integer(9));
  return first + Array.from({ length: length - 1 }, () => random.integer(10)).join('');
}

/** `anna` as `Anna`, `o'neill` as `O'Neill`. */
export function titled(word: string): string {
  return word.replaceAll(
    /(^|['\s-])(\p{L})/gu,
    (_, before: string, first: string) => before + first.toUpperCase(),
  );
}

/** `#` is any digit, `@` any capital, `?` a digit or nothing. */
export function filled(random: Random, pattern: string): string {
  return pattern.replaceAll(/[#@?]/g, (sign) => {
    if (sign === '#') return String(random.integer(10));
    if (sign === '@') return String.fromCharCode(65 + random.integer(26));
    return chance(random, 0.5) ? String(random.integer(10)) : '';
  });
}

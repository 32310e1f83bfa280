import { readFileSync } from 'node:fs';

/** Whoever guesses tries what is made of this many parts that everybody uses, and more of them seldom. */
const mostParts = 3;
const shortestRun = 3;

/** What fingers do on a keyboard, and what is counted out; each is tried backwards too. */
const walks = [
  '1234567890',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiop',
  'qwertzuiop',
  'azertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  '1qaz',
  '2wsx',
  '3edc',
  '4rfv',
  '5tgb',
  '6yhn',
  '7ujm',
  '1q2w3e4r5t6y7u8i9o0p',
  'q1w2e3r4t5y6u7i8o9p0',
  'q2w3e4r5t6y7u8i9o0p',
  '1qa2ws3ed4rf5tg6yh7uj',
  'qazwsxedcrfvtgbyhnujm',
].flatMap((walk) => [walk, walk.split('').toReversed().join('')]);

const written: Readonly<Record<string, string>> = {
  '@': 'a',
  $: 's',
  '!': 'i',
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '5': 's',
  '7': 't',
};

let words: ReadonlySet<string> | undefined;

/**
 * Whether a password of the length that is asked for is one that is tried first (ASVS 5, 6.2.4): made of
 * at most three passwords of the 3,000 commonest, walks over the keyboard, repeats or numbers, however
 * they are joined, capitalised and spelt (`P@ssw0rd`). No list of long passwords would hold as many.
 */
export function isCommonPassword(password: string): boolean {
  const plain = password.normalize('NFKC').toLowerCase();
  const spelt = plain.replace(/[@$!01357]/g, (sign) => written[sign] ?? sign);
  return [plain, spelt].some((text) => isMadeOfFew(text.replace(/[^\p{L}\p{N}]/gu, '')));
}

function isMadeOfFew(text: string): boolean {
  if (/^(.{1,8}?)\1+$/u.test(text)) return true;
  /** The fewest parts that make the text up to each place. */
  const parts = new Uint16Array(text.length + 1).fill(0xff_ff);
  parts[0] = 0;
  for (let start = 0; start < text.length; start++) {
    const before = parts[start] as number;
    if (before >= mostParts) continue;
    for (let end = start + 1; end <= text.length; end++) {
      if ((parts[end] as number) <= before + 1 || !isPart(text.slice(start, end))) continue;
      parts[end] = before + 1;
    }
  }
  return (parts[text.length] as number) <= mostParts;
}

function isPart(text: string): boolean {
  if (/^\p{N}+$/u.test(text) || /^(.)\1*$/u.test(text)) return true;
  if (text.length >= shortestRun && walks.some((walk) => walk.includes(text))) return true;
  return commonest().has(text);
}

/** In order of how often they are used: from the frequency list of zxcvbn (MIT, Dan Wheeler and Dropbox). */
function commonest(): ReadonlySet<string> {
  const file = new URL('commonPasswords.txt', import.meta.url);
  return (words ??= new Set(readFileSync(file, 'utf8').trim().split(' ')));
}

/** The characters that part a text of one interchange; they are what its ISA has at fixed places. */
export interface Delimiters {
  element: string;
  component: string;
  /** Absent before 00402, and where ISA11 is a letter, digit or space as it was then. */
  repetition: string | undefined;
  terminator: string;
}

/** Characters of an ISA with its terminator. */
export const headerLength = 106;

/** Where the element separator stands in an ISA: before each of its 16 elements (X12.5). */
const separators = [3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103];

/** A character that parts is neither a letter, a digit nor a space. */
const isWord = (character: string): boolean => /^[A-Za-z0-9 ]$/.test(character);

/**
 * The delimiters that an ISA names. Undefined when its elements do not stand at their places or two
 * delimiters are the same: then nothing after it can be parted without doubt.
 */
export function delimitersOf(header: string): Delimiters | undefined {
  if (header.length < headerLength || !header.startsWith('ISA')) return undefined;
  const element = header[3] as string;
  if (isWord(element) || separators.some((at) => header[at] !== element)) return undefined;
  for (let next = 0; next < separators.length; next++) {
    const from = (separators[next] as number) + 1;
    const to = separators[next + 1] ?? 105;
    if (header.slice(from, to).includes(element)) return undefined;
  }
  const component = header[104] as string;
  const terminator = header[105] as string;
  const eleventh = header[82] as string;
  const repetition = isWord(eleventh) || header.slice(84, 89) < '00402' ? undefined : eleventh;
  const all = [element, component, terminator, ...(repetition === undefined ? [] : [repetition])];
  if (new Set(all).size < all.length || all.slice(1).some(isWord)) return undefined;
  return { element, component, repetition, terminator };
}

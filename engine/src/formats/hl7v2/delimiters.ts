/**
 * The characters that part a message (HL7 v2 chapter 2.5.4): a header segment says them itself, so
 * any of them may differ from message to message.
 */
export interface Delimiters {
  field: string;
  component: string;
  repetition: string;
  /** Empty when the header names none: then nothing is escaped. */
  escape: string;
  /** Empty when the header names none: then components have no parts. */
  subcomponent: string;
  /** Marks a value cut short (since v2.7); empty when the header names none. */
  truncation: string;
}

export const usualDelimiters: Delimiters = {
  field: '|',
  component: '^',
  repetition: '~',
  escape: '\\',
  subcomponent: '&',
  truncation: '',
};

/** By field separator and MSH-2, one object for all messages that name the same. */
const known = new Map<string, Delimiters>([['|^~\\&', usualDelimiters]]);
const alphanumeric = /[A-Za-z0-9\s]/;

/** Whether a character can stand between fields; `''` is none. */
export function canPart(character: string): boolean {
  return character !== '' && !alphanumeric.test(character);
}

/**
 * Delimiters of a header segment (`MSH`, `FHS` or `BHS`), given from its first character.
 * Undefined when what stands there cannot part anything: letters, or one character for two things.
 */
export function delimitersOf(header: string): Delimiters | undefined {
  const field = header.charAt(3);
  const end = header.indexOf(field, 4);
  const marks = header.slice(4, end < 0 ? Math.min(header.length, 9) : end).trimEnd();
  const key = field + marks;
  const cached = known.get(key);
  if (cached !== undefined) return cached;
  const all = key.split('');
  if (field === '' || marks === '' || marks.length > 5) return undefined;
  if (new Set(all).size !== all.length || all.some((mark) => alphanumeric.test(mark))) {
    return undefined;
  }
  const [component = '', repetition = '', escape = '', subcomponent = '', truncation = ''] = marks;
  const found = { field, component, repetition, escape, subcomponent, truncation };
  // Bounded: a hostile feed could name other marks in every message.
  if (known.size < 64) known.set(key, found);
  return found;
}

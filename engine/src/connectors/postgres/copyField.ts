/**
 * Fields of a row in PostgreSQL's COPY text format (manual, COPY, "Text Format"): parted by tabs,
 * with backslash escapes.
 */
const tab = 0x09;

/** Text of the column at `index` of the row between two offsets; it must not be NULL. */
export function fieldText(bytes: Buffer, start: number, end: number, index: number): string {
  let at = start;
  for (let column = 0; column < index; column++) at = bytes.indexOf(tab, at) + 1;
  const text = bytes.toString('utf8', at, fieldEnd(bytes, at, end));
  return text.includes('\\') ? unescape(text) : text;
}

/** Offset of the tab after the field that starts at `start`, or of the row's end. */
function fieldEnd(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== tab) at++;
  return at;
}

const letters: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** PostgreSQL writes letter escapes only; a backslash before anything else stands for that. */
function unescape(text: string): string {
  return text.replace(/\\(.)/gs, (_, letter: string) => letters[letter] ?? letter);
}

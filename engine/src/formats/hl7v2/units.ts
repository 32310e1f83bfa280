/** The characters of a message as numbers: quicker to look through than its text. */
export type Units = Uint8Array | Uint16Array;

/**
 * Fields of a segment, repetitions of a field and parts of a value that are told apart: what comes
 * after so many stays in the last of them.
 */
export const mostParts = 20_000;

const quote = 0x22;

/** Where the parts of a piece of the text start; each ends one character before the next. */
export function startsOf(units: Units, start: number, end: number, mark: number): number[] {
  const starts = [start];
  for (let at = start; at < end; at++) {
    if (units[at] === mark && starts.push(at + 1) === mostParts) break;
  }
  return starts;
}

/** The first place of a mark in a piece of the text, or the piece's end. */
export function markOrEnd(units: Units, start: number, end: number, mark: number): number {
  let at = start;
  while (at < end && units[at] !== mark) at++;
  return at;
}

/** Whether a mark is in a piece of the text. */
export function holds(units: Units, start: number, end: number, mark: number): boolean {
  return markOrEnd(units, start, end, mark) < end;
}

/** `""`: the sender says that there is no value, or no longer one. */
export function isNullAt(units: Units, start: number, end: number): boolean {
  return end - start === 2 && units[start] === quote && units[start + 1] === quote;
}

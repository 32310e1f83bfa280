import { isUtf8 } from 'node:buffer';
import { encodeCopyRow } from '../../formats/copyText.ts';

/** What SQLite holds in a field of a row. */
export type Value = null | bigint | number | string | Uint8Array;

/** A value as text, without loss: all digits of a number, bytes as `\x` and hex. */
export function textOf(value: Value): string | null {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return realText(value);
  return `\\x${Buffer.from(value).toString('hex')}`;
}

/** The shortest digits that give the number back; a whole one keeps its point, as SQLite prints it. */
function realText(value: number): string {
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/**
 * Whether text may have been damaged on its way: the driver puts U+FFFD for what is no UTF-8, and
 * does not say so.
 */
export function isDoubtful(row: readonly Value[]): boolean {
  return row.some((value) => typeof value === 'string' && value.includes('\ufffd'));
}

/**
 * A row as COPY text in which fields of text are the bytes that the database holds, whatever they
 * are: readers will see that they are no UTF-8 and hold the record.
 */
export function encodeBytes(row: readonly Value[], bytes: readonly Value[]): string | Buffer {
  const fields = row.map((value, at) => {
    const held = bytes[at];
    const raw = typeof value === 'string' && held instanceof Uint8Array ? held : undefined;
    return raw === undefined ? textOf(value) : Buffer.from(raw).toString('latin1');
  });
  const isText = bytes.every((held, at) => {
    return typeof row[at] !== 'string' || !(held instanceof Uint8Array) || isUtf8(held);
  });
  return isText ? encodeCopyRow(row.map(textOf)) : Buffer.from(encodeCopyRow(fields), 'latin1');
}

import { isUtf8 } from 'node:buffer';
import { encodeCopyRow } from '../../formats/copyText.ts';
import type { TableLayout } from './catalogue.ts';
import { isBinary } from './columnType.ts';
import type { Field } from './session.ts';

/** How a field becomes text. */
type Form = 'text' | 'bytes' | 'instant';

export function formsOf({ dataTypes }: TableLayout): Form[] {
  return dataTypes.map((type) => {
    if (isBinary(type)) return 'bytes';
    return type === 'timestamp' ? 'instant' : 'text';
  });
}

/** A field as text, without loss: bytes as `\x` and hex, an instant with the zone it is printed in. */
export function fieldText(field: Field, form: Form): string | null {
  if (field === null) return null;
  if (form === 'bytes') return `\\x${field.toString('hex')}`;
  const text = field.toString('utf8');
  return form === 'instant' ? `${text}+00` : text;
}

/** A row as COPY text; as bytes when some of its text is no UTF-8, for readers to see and hold it. */
export function encodeRow(row: readonly Field[], forms: readonly Form[]): string | Buffer {
  const texts = row.map((field, at) => fieldText(field, forms[at] as Form));
  const isDoubtful = texts.some((text) => text?.includes('\ufffd'));
  if (!isDoubtful || row.every((field) => field === null || isUtf8(field))) {
    return encodeCopyRow(texts);
  }
  const bytes = row.map((field, at) =>
    field !== null && forms[at] === 'text' ? field.toString('latin1') : (texts[at] ?? null),
  );
  return Buffer.from(encodeCopyRow(bytes), 'latin1');
}

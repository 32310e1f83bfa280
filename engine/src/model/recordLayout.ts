import type { RecordMediaType } from './record.ts';

/**
 * Character sets of one byte a character, by their WHATWG names; all hold ASCII as it is, so text in
 * them can be converted wherever it was cut.
 */
export const singleByteCharsets = [
  'windows-1250',
  'windows-1251',
  'windows-1252',
  'windows-1253',
  'windows-1254',
  'windows-1257',
  'iso-8859-2',
  'iso-8859-5',
  'iso-8859-7',
  'iso-8859-15',
] as const;

/** Character sets that lines can be read in. */
export const lineCharsets = ['utf-8', 'utf-16le', 'utf-16be', ...singleByteCharsets] as const;

export type LineCharset = (typeof lineCharsets)[number];

/** Lines whose fields are parted by a text (RFC 4180 and its many relatives). */
export interface DelimitedLayout {
  kind: 'delimited';
  charset: LineCharset;
  delimiter: string;
  /** The character around a field that holds what would otherwise end it; empty: there is none. */
  quote: string;
  /** How a quote stands inside such a field: twice, or after a backslash. */
  escape: 'doubled' | 'backslash';
  /** The text that, without quotes, means NULL. */
  nullIs: string;
}

/** Lines whose fields stand at fixed places, counted in characters. */
export interface FixedWidthLayout {
  kind: 'fixed-width';
  charset: LineCharset;
  /** Start and end (exclusive) of each field. */
  fields: readonly (readonly [start: number, end: number])[];
  /** A line that ends early: its other fields are blank, or it is held. */
  shortLines: 'blank' | 'hold';
}

/** What must be known to read the fields of a record that is a line of a file. */
export type LineLayout = DelimitedLayout | FixedWidthLayout;

/** The media type that says all of a layout, so that kept records need nothing else to be read. */
export function mediaTypeOf(layout: LineLayout): RecordMediaType {
  const { charset } = layout;
  if (layout.kind === 'delimited') {
    const { delimiter, quote, escape, nullIs } = layout;
    return `text/csv;${parameters({ charset, delimiter, quote, escape, nullIs })}`;
  }
  const fields = layout.fields.map((field) => field.join('-')).join(',');
  const { shortLines } = layout;
  return `text/x-fixed-width;${parameters({ charset, fields, shortLines })}`;
}

/** The layout that a media type says; undefined when it is not one of lines. */
export function layoutOf(mediaType: RecordMediaType): LineLayout | undefined {
  const [type, ...rest] = mediaType.split(';');
  const values = new Map(
    rest.map((part) => {
      const [name = '', value = ''] = part.split('=');
      return [name, decodeURIComponent(value)];
    }),
  );
  const value = (name: string): string => values.get(name) ?? '';
  const charset = value('charset') as LineCharset;
  if (type === 'text/csv') {
    return {
      kind: 'delimited',
      charset,
      delimiter: value('delimiter'),
      quote: value('quote'),
      escape: value('escape') as DelimitedLayout['escape'],
      nullIs: value('nullIs'),
    };
  }
  if (type !== 'text/x-fixed-width') return undefined;
  const fields = value('fields').split(',').map(fieldOf);
  const shortLines = value('shortLines') as FixedWidthLayout['shortLines'];
  return { kind: 'fixed-width', charset, fields, shortLines };
}

function parameters(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join(';');
}

function fieldOf(text: string): [number, number] {
  const [start, end] = text.split('-').map(Number);
  return [start ?? 0, end ?? 0];
}

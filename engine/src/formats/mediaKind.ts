/** What is not known by its first bytes. */
export const unknownMedia = 'application/octet-stream';

/** So many bytes from the start of a file tell its kind. */
export const tellingBytes = 132;

/** Where the marks of a kind stand, and what they are (latin-1). */
type Mark = readonly [start: number, text: string];

/**
 * Kinds of file that document shares hold, by their first bytes ("magic numbers"). Nothing further in
 * is looked at: a stranger's bytes are not parsed.
 */
const kinds: readonly (readonly [media: string, ...marks: Mark[]])[] = [
  ['application/pdf', [0, '%PDF-']],
  ['image/tiff', [0, 'II*\0']],
  ['image/tiff', [0, 'MM\0*']],
  ['image/tiff', [0, 'II+\0']],
  ['image/tiff', [0, 'MM\0+']],
  ['text/rtf', [0, '{\\rtf']],
  ['image/jpeg', [0, '\xff\xd8\xff']],
  ['image/png', [0, '\x89PNG\r\n\x1a\n']],
  ['image/gif', [0, 'GIF87a']],
  ['image/gif', [0, 'GIF89a']],
  ['image/webp', [0, 'RIFF'], [8, 'WEBP']],
  ['image/bmp', [0, 'BM'], [6, '\0\0\0\0']],
  ['image/jp2', [0, '\0\0\0\x0cjP  \r\n\x87\n']],
  ['audio/wav', [0, 'RIFF'], [8, 'WAVE']],
  ['audio/mpeg', [0, 'ID3']],
  ['video/mp4', [4, 'ftyp']],
  ['application/dicom', [128, 'DICM']],
  ['application/zip', [0, 'PK\x03\x04']],
  ['application/gzip', [0, '\x1f\x8b\x08']],
  ['application/x-ole-storage', [0, '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1']],
  ['application/xml', [0, '<?xml ']],
  ['application/xml', [0, '\xef\xbb\xbf<?xml ']],
];

/** Media type by the first {@link tellingBytes} bytes. */
export function mediaKindOf(start: Uint8Array): string {
  const head = start.subarray(0, tellingBytes);
  const text = Buffer.from(head).toString('latin1');
  const found = kinds.find(([, ...marks]) =>
    marks.every(([at, mark]) => text.startsWith(mark, at)),
  );
  return found?.[0] ?? unknownMedia;
}

import { parseCda } from '../../formats/cda.ts';
import { convertCda } from '../../mapping/library/ccda/convert.ts';
import type { ConvertedDocument, ConvertReader, ReaderSettings } from './reader.ts';

/** A clinical document is read whole: longer than any that is one, scans inside it too. */
const mostBytes = 256 * 1024 * 1024;

/** Clinical documents: C-CDA R1.1 and R2.1, C32, and their fragments, one to a file. */
export const ccdaReader: ConvertReader = {
  summary: 'C-CDA documents, one to a file',
  files: /\.(xml|cda|ccda|ccd)$/i,
  async *read(chunks, settings) {
    const parts: Buffer[] = [];
    let length = 0;
    for await (const chunk of chunks) {
      length += chunk.length;
      if (length <= mostBytes) parts.push(chunk);
      else parts.length = 0;
    }
    // A file without a byte is told as one.
    if (length === 0) return;
    yield length > mostBytes
      ? { ...nothing, refused: 'cda-too-large' }
      : document(Buffer.concat(parts), settings);
  },
};

const nothing = { offset: 0, resources: [], unread: [], issues: [] };

function document(bytes: Buffer, settings: ReaderSettings): ConvertedDocument {
  const roots = parseCda(bytes);
  if ('code' in roots) return { ...nothing, offset: roots.offset, refused: roots.code };
  const { resources, unread, issues, refused } = convertCda(roots, { bytes }, settings);
  const told = { offset: 0, resources, unread, issues };
  return refused === undefined ? told : { ...told, refused };
}

import { parseCda } from '../../formats/cda.ts';
import { digestOf } from './hl7v2Feed.ts';
import { unreadable, type FeedFormat, type FeedPiece } from './feedFormat.ts';

/** A document is read whole: longer than any that is one, scans inside it too. */
const mostBytes = 256 * 1024 * 1024;

/** Streams by the LOINC code of the document; one of another code is a stream of its own. */
const kinds: Readonly<Record<string, string>> = {
  '34133-9': 'CCD',
  '18842-5': 'DischargeSummary',
  '34117-2': 'HistoryAndPhysical',
  '11488-4': 'Consultation',
  '11504-8': 'OperativeNote',
  '28570-0': 'ProcedureNote',
  '11506-3': 'ProgressNote',
  '57133-1': 'Referral',
  '18761-7': 'Transfer',
  '52521-2': 'CarePlan',
};

/** C-CDA: a document to a file; a stream for each kind of document. */
export const ccdaFeed: FeedFormat = {
  streams: 'kind of document',
  mediaType: 'application/cda+xml',
  key: [
    { name: 'root', place: 'ClinicalDocument/id@root' },
    { name: 'extension', place: 'ClinicalDocument/id@extension' },
    { name: 'digest', place: 'SHA-256' },
  ],
  async *cut(chunks) {
    const parts: Buffer[] = [];
    let length = 0;
    for await (const chunk of chunks) {
      length += chunk.length;
      if (length <= mostBytes) parts.push(chunk);
      // Of what is too long its beginning is kept, to be looked at.
      else parts.length = Math.min(parts.length, 1);
    }
    const bytes = Buffer.concat(parts);
    if (bytes.length > 0) yield pieceOf(bytes, length > mostBytes);
  },
};

function pieceOf(bytes: Buffer, cut: boolean): FeedPiece {
  const roots = cut ? undefined : parseCda(bytes);
  const root = Array.isArray(roots) ? roots[0] : undefined;
  if (root?.name !== 'ClinicalDocument') {
    return { stream: unreadable, key: [], bytes, offset: 0 };
  }
  const code = root.child('code')?.peek('code') ?? '';
  const id = root.child('id');
  const key = [id?.peek('root') ?? '', id?.peek('extension') ?? '', digestOf(bytes)];
  return { stream: streamOf(code), key, bytes, offset: 0 };
}

function streamOf(code: string): string {
  const named = /^[A-Za-z0-9-]{1,20}$/.test(code) ? `document-${code}` : 'document';
  return kinds[code] ?? named;
}

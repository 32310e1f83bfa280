import { guideOf } from '../../formats/x12/guides.ts';
import {
  TransactionSplitter,
  type TransactionPiece,
} from '../../formats/x12/transactionSplitter.ts';
import { unreadable, type FeedFormat, type FeedPiece } from './feedFormat.ts';
import { digestOf } from './hl7v2Feed.ts';

/** X12: files of interchanges; a record is a transaction, a stream for each transaction set. */
export const x12Feed: FeedFormat = {
  streams: 'transaction set',
  mediaType: 'application/edi-x12',
  key: [
    { name: 'sender', place: 'ISA06' },
    { name: 'interchange', place: 'ISA13' },
    { name: 'group', place: 'GS06' },
    { name: 'transaction', place: 'ST02' },
    { name: 'digest', place: 'SHA-256' },
  ],
  async *cut(chunks) {
    const splitter = new TransactionSplitter();
    for await (const chunk of chunks) yield* splitter.push(chunk).map(pieceOf);
    yield* splitter.finish().map(pieceOf);
  },
};

function pieceOf({ kind, bytes, offset, control, set, guide }: TransactionPiece): FeedPiece {
  const stream = guideOf(set, guide)?.kind ?? set;
  if (kind === 'stray' || !/^[0-9A-Z]{2,6}$/.test(stream)) {
    return { stream: unreadable, key: [], bytes, offset };
  }
  return { stream, key: [...control, digestOf(bytes)], bytes, offset };
}

import type { RecordMediaType } from '../../model/record.ts';
import type { Column } from '../../model/stream.ts';

/** A message, document or transaction as it stands in its file. */
export interface FeedPiece {
  /** Message type, kind of document or transaction set; {@link unreadable} for what is none. */
  stream: string;
  /** Values of the format's key columns, in their order; of no use where it is unreadable. */
  key: readonly string[];
  /** Exactly as read. */
  bytes: Buffer;
  /** Where it starts in its file. */
  offset: number;
}

/** A language that feeds are written in: how a file is cut, and what the pieces are. */
export interface FeedFormat {
  /** What a stream is called in messages: `message type`. */
  streams: string;
  mediaType: RecordMediaType;
  /** Names of the columns that identify a piece, and where each stands in it. */
  key: readonly { name: string; place: string }[];
  /** Pieces of one file in their order, as its bytes come. Nothing is thrown for what they hold. */
  cut(chunks: AsyncIterable<Buffer>): AsyncIterable<FeedPiece>;
}

/** The stream of everything that belongs to no other: strays, cut pieces, files of another kind. */
export const unreadable = 'unreadable';

/** The record itself. */
const content: Column = { name: 'content', sourceType: 'bytes', type: 'binary', nullable: false };

/** Columns of the streams of a format: those of the key, and the record itself. */
export function feedColumns({ key }: FeedFormat, stream: string): Column[] {
  const named = stream === unreadable ? placeKey : key;
  return [
    ...named.map(({ name, place }): Column => {
      return { name, sourceType: place, type: 'text', nullable: false };
    }),
    content,
  ];
}

/** What tells unreadable pieces apart: nothing but where they stand. */
const placeKey = [
  { name: 'file', place: 'path' },
  { name: 'offset', place: 'bytes' },
];

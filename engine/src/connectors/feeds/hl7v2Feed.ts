import { createHash } from 'node:crypto';
import { BatchCount } from '../../formats/hl7v2/batchCount.ts';
import { FrameSplitter, type Frame } from '../../formats/hl7v2/frames.ts';
import {
  headerOf,
  identityOf,
  messageType,
  type MessageHeader,
} from '../../formats/hl7v2/header.ts';
import { unreadable, type FeedFormat, type FeedPiece } from './feedFormat.ts';

/** HL7 v2: files of one message or many, with batches around them or without; a stream for each type. */
export const hl7v2Feed: FeedFormat = {
  streams: 'message type',
  mediaType: 'x-application/hl7-v2+er7',
  key: [
    { name: 'application', place: 'MSH-3' },
    { name: 'facility', place: 'MSH-4' },
    { name: 'control', place: 'MSH-10' },
    { name: 'time', place: 'MSH-7' },
    { name: 'digest', place: 'SHA-256' },
  ],
  async *cut(chunks) {
    const splitter = new FrameSplitter();
    const count = new BatchCount();
    for await (const chunk of chunks) yield* pieces(splitter.push(chunk), count);
    yield* pieces(splitter.finish(), count);
    if (count.unended !== undefined) yield pieceOf(count.unended);
  },
};

function* pieces(frames: readonly Frame[], count: BatchCount): Generator<FeedPiece> {
  for (const frame of frames) {
    // What stands around messages says nothing of them, but that some are missing.
    if (count.differs(frame) || frame.kind !== 'envelope') yield pieceOf(frame);
  }
}

function pieceOf({ kind, cut, bytes, offset }: Frame): FeedPiece {
  const header = kind === 'message' && !cut ? headerOf(bytes) : undefined;
  const stream = header && messageType(header);
  if (header === undefined || stream === undefined) {
    return { stream: unreadable, key: [], bytes, offset };
  }
  return { stream, key: messageKeyOf(header, bytes), bytes, offset };
}

/** The key of a message, as {@link hl7v2Feed} names its parts. */
export function messageKeyOf(header: MessageHeader, bytes: Buffer): string[] {
  return [...identityOf(header), digestOf(bytes)];
}

/**
 * Control ids are used again, by senders that were restarted or badly set up: with its digest a key
 * is that of one message, and two with one key are the same message sent twice.
 */
export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

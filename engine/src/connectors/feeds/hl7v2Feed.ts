import { createHash } from 'node:crypto';
import { FrameSplitter, type Frame } from '../../formats/hl7v2/frames.ts';
import { messageHeaderOf } from '../../formats/hl7v2/messageHeader.ts';
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
    for await (const chunk of chunks) yield* pieces(splitter.push(chunk));
    yield* pieces(splitter.finish());
  },
};

function* pieces(frames: readonly Frame[]): Generator<FeedPiece> {
  // What stands around messages says nothing of them: counts and names of files.
  for (const frame of frames) if (frame.kind !== 'envelope') yield pieceOf(frame);
}

function pieceOf({ kind, cut, bytes, offset }: Frame): FeedPiece {
  const header = kind === 'message' && !cut ? messageHeaderOf(bytes) : undefined;
  if (header === undefined || header.type === '') {
    return { stream: unreadable, key: [], bytes, offset };
  }
  const { type, application, facility, control, time } = header;
  return {
    stream: type,
    key: [application, facility, control, time, digestOf(bytes)],
    bytes,
    offset,
  };
}

/**
 * Control ids are used again, by senders that were restarted or badly set up: with its digest a key
 * is that of one message, and two with one key are the same message sent twice.
 */
export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}

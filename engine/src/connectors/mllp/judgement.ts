import type { Refusal } from '../../formats/hl7v2/acknowledgement.ts';
import { headerOf, messageType, type MessageHeader } from '../../formats/hl7v2/header.ts';
import type { FrameProblem, MllpFrame } from '../../formats/hl7v2/mllpFrames.ts';
import { unreadable } from '../feeds/feedFormat.ts';

/** Codes of what is refused. */
export type RefusalCode =
  | FrameProblem
  | 'message-unreadable'
  | 'message-several'
  | 'delimiters-unusable'
  | 'message-type-missing'
  | 'control-id-missing';

/** What is made of a frame before anything is kept. */
export interface Judgement {
  /** Undefined where the bytes begin with none. */
  header: MessageHeader | undefined;
  /** Message type, or {@link unreadable}. */
  stream: string;
  refused?: { code: RefusalCode; refusal: Refusal };
}

/**
 * Whether a frame can be taken: it is one whole message, has a type, and an id by which it can be
 * acknowledged. What stands in its other fields is for those who read it.
 */
export function judge({ bytes, problem }: MllpFrame): Judgement {
  const header = headerOf(bytes);
  const type = header === undefined ? undefined : messageType(header);
  const code = problem ?? codeOf(header, type, bytes);
  if (code === undefined) return { header, stream: type ?? unreadable };
  return { header, stream: unreadable, refused: { code, refusal: refusals[code] } };
}

function codeOf(
  header: MessageHeader | undefined,
  type: string | undefined,
  bytes: Buffer,
): RefusalCode | undefined {
  if (header === undefined) return 'message-unreadable';
  if (!header.isUsable) return 'delimiters-unusable';
  if (type === undefined) return 'message-type-missing';
  if (!header.segment.valued(10)) return 'control-id-missing';
  return isSeveral(bytes) ? 'message-several' : undefined;
}

const anotherHeader = Buffer.from('MSH');

/** One frame is one message: of a second one nobody would be told. */
function isSeveral(bytes: Buffer): boolean {
  let at = bytes.indexOf(anotherHeader, 5);
  while (at >= 0 && bytes[at - 1] !== 0x0d && bytes[at - 1] !== 0x0a) {
    at = bytes.indexOf(anotherHeader, at + 1);
  }
  return at >= 0;
}

const sequence = { kind: 'reject', condition: 100 } as const;

const refusals: Readonly<Record<RefusalCode, Refusal>> = {
  'stray-bytes': { ...sequence, text: 'bytes between frames' },
  'frame-start-missing': { ...sequence, text: 'the frame does not begin with 0x0B' },
  'frame-end-missing': { ...sequence, text: 'the frame does not end with 0x1C 0x0D' },
  'frame-too-long': { kind: 'reject', condition: 207, text: 'longer than this listener takes' },
  'message-unreadable': { ...sequence, text: 'the frame does not begin with an MSH segment' },
  'message-several': { ...sequence, text: 'more than one message in a frame' },
  'delimiters-unusable': { ...sequence, field: 2, text: 'MSH-1 and MSH-2 part nothing' },
  'message-type-missing': {
    kind: 'error',
    condition: 101,
    field: 9,
    text: 'MSH-9 names no message type',
  },
  'control-id-missing': { kind: 'error', condition: 101, field: 10, text: 'MSH-10 is empty' },
};

import { BatchCount } from '../../formats/hl7v2/batchCount.ts';
import { FrameSplitter } from '../../formats/hl7v2/frames.ts';
import type { Frame } from '../../formats/hl7v2/frames.ts';
import { parseMessage } from '../../formats/hl7v2/message.ts';
import { convertMessage } from '../../mapping/library/hl7v2/convert.ts';
import type { ConvertedDocument, ConvertReader, ReaderSettings } from './reader.ts';

/** HL7 v2: one message or many, with or without a batch around them. */
export const hl7v2Reader: ConvertReader = {
  summary: 'HL7 v2 messages and batches',
  files: /\.(hl7|hl7v2|msg|txt|dat|bat)$/i,
  async *read(chunks, settings) {
    const splitter = new FrameSplitter();
    const count = new BatchCount();
    for await (const chunk of chunks) {
      for (const frame of splitter.push(chunk)) yield* documents(frame, settings, count);
    }
    for (const frame of splitter.finish()) yield* documents(frame, settings, count);
    const { unended } = count;
    if (unended === undefined) return;
    const nothing = { offset: unended.offset, resources: [], unread: [], issues: [] };
    yield { ...nothing, refused: 'hl7v2-batch-unended' };
  },
};

function* documents(
  frame: Frame,
  settings: ReaderSettings,
  count: BatchCount,
): Generator<ConvertedDocument> {
  const nothing = { offset: frame.offset, resources: [], unread: [], issues: [] };
  if (count.differs(frame)) yield { ...nothing, refused: 'hl7v2-batch-count' };
  if (frame.kind === 'envelope') return;
  if (frame.kind === 'stray') yield { ...nothing, refused: 'hl7v2-no-message' };
  else if (frame.cut) yield { ...nothing, refused: 'hl7v2-message-too-long' };
  else {
    const message = parseMessage(frame.bytes);
    if (message === undefined) yield { ...nothing, refused: 'hl7v2-unreadable' };
    else {
      const { resources, unread, issues } = convertMessage(message, settings);
      const problems = message.problems.map((code) => ({ code, path: 'MSH' }));
      yield { offset: frame.offset, resources, unread, issues: [...problems, ...issues] };
    }
  }
}

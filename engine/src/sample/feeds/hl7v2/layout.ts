import { writeSegments, type WrittenField } from '../../../formats/hl7v2/writer.ts';
import { civil } from '../../calendar.ts';
import type { FeedTruth } from '../feed.ts';
import { date, segment } from './message.ts';
import type { Sender } from './senders.ts';

/** A message on its way into a file. */
export interface Piece {
  bytes: Buffer;
  day: number;
  truth: FeedTruth;
}

/** How the messages of a sender stand in a file. */
export function layOut(sender: Sender, pieces: readonly Piece[]): Buffer[] {
  switch (sender.layout) {
    case 'blocks':
      return pieces.flatMap(({ bytes }) => [startBlock, bytes, endBlock]);
    case 'lines':
      return pieces.map(({ bytes }) => {
        const lines = bytes.toString('latin1').replaceAll('\r', '\r\n');
        return Buffer.from(`${lines}\r\n`, 'latin1');
      });
    case 'batches':
      return inBatches(sender, pieces);
  }
}

const startBlock = Buffer.from([0x0b]);
const endBlock = Buffer.from([0x1c, 0x0d]);

/** A batch for each month. */
function inBatches(sender: Sender, pieces: readonly Piece[]): Buffer[] {
  const months = Map.groupBy(pieces, ({ day }) => {
    const { year, month } = civil(day);
    return year * 12 + month;
  });
  const batches = [...months.values()].flatMap((batch) => [
    envelope(sender, 'BHS', headerOf(sender, batch)),
    ...batch.map(({ bytes }) => bytes),
    envelope(sender, 'BTS', { 1: String(batch.length) }),
  ]);
  return [
    envelope(sender, 'FHS', headerOf(sender, pieces)),
    ...batches,
    envelope(sender, 'FTS', { 1: String(months.size) }),
  ];
}

function headerOf(sender: Sender, pieces: readonly Piece[]): Record<number, WrittenField> {
  const last = pieces.at(-1)?.day ?? 0;
  return { 3: sender.application, 4: 'RIVERSIDE', 5: 'ARCHIVE', 6: 'RIVERSIDE', 7: date(last) };
}

function envelope(sender: Sender, name: string, fields: Record<number, WrittenField>): Buffer {
  return writeSegments([segment(name, fields)], { marks: sender.marks });
}

import { writeAcknowledgement } from '../../formats/x12/acknowledgement.ts';
import type { AcknowledgementSettings } from '../../formats/x12/acknowledgement.ts';
import type { Group, X12Event } from '../../formats/x12/envelope.ts';
import { X12Reader } from '../../formats/x12/reader.ts';
import { X12Converter } from '../../mapping/library/x12/convert.ts';
import type { ConvertedDocument, ConvertReader, ReaderSettings } from './reader.ts';

/** X12: one interchange or many, whatever transaction sets are in them. */
export const x12Reader: ConvertReader = {
  summary: 'X12 interchanges: 837, 835, 834, 270/271, 276/277, 277CA, 278',
  files: /\.(x12|edi|txt|dat|837[pid]?|835|834|27[0-8]|277ca|999|997)$/i,
  acknowledges: true,
  async *read(chunks, settings) {
    const reader = new X12Reader({ acknowledge: settings.acknowledge !== undefined });
    const converter = new X12Converter(settings);
    const answers = new Answers(settings);
    for await (const chunk of chunks) {
      for (const event of reader.push(chunk)) {
        yield* converter.convert(event);
        yield* answers.to(event);
      }
    }
    for (const event of reader.finish()) {
      yield* converter.convert(event);
      yield* answers.to(event);
    }
  },
};

/** A 999 for every group of an interchange; acknowledgements themselves are not acknowledged. */
class Answers {
  readonly #at: Date | undefined;
  #groups: Group[] = [];
  #written = 0;

  constructor({ acknowledge }: ReaderSettings) {
    this.#at = acknowledge;
  }

  *to(event: X12Event): Generator<ConvertedDocument> {
    if (this.#at === undefined) return;
    if (event.kind === 'group' && event.group.header.peek(1).trim() !== 'FA') {
      this.#groups.push(event.group);
    }
    if (event.kind !== 'interchange') return;
    const { interchange } = event;
    const acknowledgement = writeAcknowledgement(
      interchange,
      this.#groups,
      settingsAt(this.#at, this.#written++),
    );
    this.#groups = [];
    const { offset } = interchange.header;
    yield { offset, resources: [], unread: [], issues: [], acknowledgement };
  }
}

/** Date and time in UTC; numbers of an interchange count up from the second it was written in. */
function settingsAt(at: Date, written: number): AcknowledgementSettings {
  const digits = at.toISOString().replace(/\D/g, '');
  const control = String((Math.floor(at.getTime() / 1000) + written) % 1_000_000_000);
  return { date: digits.slice(0, 8), time: digits.slice(8, 12), control };
}

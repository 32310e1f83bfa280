import { X12Reader } from '../../formats/x12/reader.ts';
import { X12Converter } from '../../mapping/library/x12/convert.ts';
import type { ConvertReader } from './reader.ts';

/** X12: one interchange or many, whatever transaction sets are in them. */
export const x12Reader: ConvertReader = {
  summary: 'X12 interchanges: 837, 835, 834, 270/271, 276/277, 277CA, 278',
  files: /\.(x12|edi|txt|dat|837[pid]?|835|834|27[0-8]|277ca|999|997)$/i,
  async *read(chunks, settings) {
    const reader = new X12Reader();
    const converter = new X12Converter(settings);
    for await (const chunk of chunks) {
      for (const event of reader.push(chunk)) yield* converter.convert(event);
    }
    for (const event of reader.finish()) yield* converter.convert(event);
  },
};

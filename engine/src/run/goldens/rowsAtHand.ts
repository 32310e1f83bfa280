import { encodeCopyRow } from '../../formats/copyText.ts';
import { joinKeys } from '../../formats/joinKeys.ts';
import { packRecords } from '../../formats/packRecords.ts';
import { keySeparator, type RecordBatch } from '../../model/record.ts';
import type { Join, Related, RelatedRecord } from '../../model/related.ts';
import type { Stream } from '../../model/stream.ts';
import { itemAt } from '../../staging/packedItems.ts';

/** Values by column; a column that is left out is NULL, as one that holds `null` is. */
export type GivenRow = Readonly<Record<string, string | null>>;

/** Rows as a source would give them. A stream without a key knows them by their place. */
export function batchOf(stream: Stream, rows: readonly GivenRow[]): RecordBatch {
  const records = rows.map((row) =>
    encodeCopyRow(stream.columns.map(({ name }) => row[name] ?? null)),
  );
  return packRecords(
    stream.name,
    records,
    rows.map((row, at) => keyOf(stream, row, at)),
  );
}

function keyOf({ key }: Stream, row: GivenRow, at: number): string {
  if (key.length === 0) return `row ${at + 1}`;
  return key.map((name) => row[name] ?? '').join(keySeparator);
}

/** Answers every join from rows at hand; the first batch is the one that is mapped. */
export class RowsAtHand implements Related {
  readonly #streams: ReadonlyMap<string, Stream>;
  readonly #batches: readonly RecordBatch[];

  constructor(streams: ReadonlyMap<string, Stream>, batches: readonly RecordBatch[]) {
    this.#streams = streams;
    this.#batches = batches;
  }

  placeOf(ordinal: number): RelatedRecord['place'] {
    return { slice: '1', number: 0, ordinal };
  }

  records(join: Join, key: string): RelatedRecord[] {
    const names = this.#streams.get(join.stream)?.columns.map(({ name }) => name) ?? [];
    return this.#batches.flatMap((batch, number) => {
      if (batch.stream !== join.stream) return [];
      return joinKeys(batch, names, join.columns).flatMap((own, ordinal): RelatedRecord[] => {
        if (own !== key) return [];
        const place = { slice: '1', number, ordinal };
        const { mediaType } = batch;
        const bytes = itemAt(batch, ordinal);
        return [{ place, key: batch.keys[ordinal] as string, mediaType, bytes }];
      });
    });
  }
}

import { sha256 } from '../base/digest.ts';
import { encodeCopyRow } from '../formats/copyText.ts';
import { joinKeys } from '../formats/joinKeys.ts';
import { packRecords } from '../formats/packRecords.ts';
import type { RecordBatch } from '../model/record.ts';
import type { Join, RelatedRecord } from '../model/related.ts';
import type { SourceSettings } from '../model/sourceSettings.ts';
import type { ColumnType, Stream } from '../model/stream.ts';
import { readCodeMap } from '../terminology/codeMap.ts';
import type { CodeMap } from '../terminology/codeMap.ts';
import type { FindRelated } from './mapWhole.ts';
import type { Identities } from './reference.ts';

/** Identities without a project key, for tests: ids are short and tell what they are made of. */
export const plainIdentities: Identities = {
  identify: (stream, key) => sha256(`${stream}\n${key}`),
  stableId: (tag, resource) => `${resource.replace(/\W/g, '-')}-${tag.toString('hex', 0, 4)}`,
};

/** `pt_id` is a text column, `qty:decimal` one of that type; the first column is the key. */
export function streamOf(name: string, ...columns: string[]): Stream {
  const typed = columns.map((column) => {
    const [columnName = '', type = 'text'] = column.split(':');
    return { name: columnName, sourceType: type, type: type as ColumnType, nullable: true };
  });
  return { name, columns: typed, key: [typed[0]?.name ?? ''] };
}

export function batchOf(stream: string, ...rows: (string | null)[][]): RecordBatch {
  return packRecords(stream, rows.map(encodeCopyRow));
}

/** Code maps from their rows: `source,target,display,system,equivalence`, cut short at will. */
export function codeMapsOf(maps: Record<string, string[]>): ReadonlyMap<string, CodeMap> {
  const header = 'source,target,display,system,equivalence,status';
  const approve = (row: string): string =>
    [...row.split(','), '', '', '', ''].slice(0, 5).concat('approved').join();
  return new Map(
    Object.entries(maps).map(([name, rows]) => {
      const text = [header, ...rows.map(approve)].join('\n');
      const { map, problems } = readCodeMap(name, `codes/${name}.csv`, text);
      if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join());
      return [name, map];
    }),
  );
}

export const clinicSettings: ReadonlyMap<string, SourceSettings> = new Map([
  ['clinic', { timeZone: 'America/Chicago', centuryPivot: 2026, emptyIs: 'null' as const }],
]);

/** Finds related records among batches of other streams, as a run does among what it has staged. */
export function finderOver(
  streams: readonly Stream[],
  batches: readonly RecordBatch[],
): FindRelated {
  return async (wanted) =>
    new Map(
      [...wanted].map(([name, { join, keys }]) => [
        name,
        new Map([...keys].map((key) => [key, recordsWith(streams, batches, join, key)])),
      ]),
    );
}

function recordsWith(
  streams: readonly Stream[],
  batches: readonly RecordBatch[],
  join: Join,
  key: string,
): RelatedRecord[] {
  const columns = streams.find(({ name }) => name === join.stream)?.columns ?? [];
  return batches.flatMap((batch, number) => {
    if (batch.stream !== join.stream) return [];
    const keys = joinKeys(
      batch,
      columns.map(({ name }) => name),
      join.columns,
    );
    return [...keys.keys()]
      .filter((ordinal) => keys[ordinal] === key)
      .map((ordinal) => ({
        place: { slice: '1', number, ordinal },
        key: batch.keys[ordinal] as string,
        mediaType: batch.mediaType,
        bytes: batch.bytes.subarray(batch.offsets[ordinal], batch.offsets[ordinal + 1]),
      }));
  });
}

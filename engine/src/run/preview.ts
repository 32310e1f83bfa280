import { HandoverError, exitCodes } from '../base/errors.ts';
import { joinKeys } from '../formats/joinKeys.ts';
import { openRowReader } from '../formats/rowReader.ts';
import { mapWhole, type FindRelated } from '../mapping/mapWhole.ts';
import type { CompiledMapping } from '../mapping/mapper.ts';
import type { RecordOutcome } from '../model/draft.ts';
import type { Issue } from '../model/issue.ts';
import { lineOf, type RecordBatch } from '../model/record.ts';
import type { RelatedRecord } from '../model/related.ts';
import type { Source } from '../model/source.ts';
import type { Stream } from '../model/stream.ts';
import { itemAt, packItems } from '../staging/packedItems.ts';
import type { InventoryStream } from './phases/assess.ts';

/** One source item beside what the mapping makes of it: values of a patient. */
export interface PreviewItem {
  key: string;
  /** Line in the source's file, if it is read from one. */
  line?: number;
  /** Columns as read; null: NULL. */
  row: Readonly<Record<string, string | null>>;
  outcome: RecordOutcome;
  /** Bodies as they would be kept. */
  drafts: { type: string; id: string; references: readonly string[]; body: string }[];
  issues: Issue[];
  /** Columns that hold something here and that no rule reads. */
  unread: string[];
}

export interface PreviewRequest {
  stream: InventoryStream;
  /** Only items whose `columns` together hold this text; else those that the source gives first. */
  where?: { columns: readonly string[]; key: string };
  /** How many at most. */
  limit: number;
  /** Told after each batch: items looked through so far. */
  progress?: (looked: number) => void;
  /** Told each row of other streams that lookups and children reach. */
  reached?: (stream: InventoryStream, row: PreviewItem['row']) => void;
}

/**
 * Map a few items straight from their source, as a run would, writing nothing. What their lookups
 * reach is read from the source too. A source that cannot search is read through until enough is found.
 */
export async function previewMapping(
  sources: ReadonlyMap<string, Source>,
  streams: readonly InventoryStream[],
  mapping: CompiledMapping,
  { stream, where, limit, progress, reached }: PreviewRequest,
  signal: AbortSignal,
): Promise<PreviewItem[]> {
  const wanted = where && { columns: where.columns, keys: new Set([where.key]) };
  const items: PreviewItem[] = [];
  const find = sourceFinder(sources, streams, signal, reached);
  for await (const batch of search(sources, stream, wanted, limit, progress, signal)) {
    const few = chosen(batch, [...batch.keys.keys()].slice(0, limit - items.length));
    items.push(...(await previewBatch(mapping, stream, few, find)));
    if (items.length >= limit) break;
  }
  return items;
}

/** Streams without their counts where the source can tell them so: counting takes long. */
export async function describeSources(
  sources: ReadonlyMap<string, Source>,
): Promise<InventoryStream[]> {
  const found: InventoryStream[] = [];
  for (const [source, one] of sources) {
    const streams = await (one.describe?.() ?? one.streams());
    for (const stream of streams)
      found.push({ ...stream, name: `${source}.${stream.name}`, source });
  }
  return found;
}

interface Wanted {
  columns: readonly string[];
  keys: ReadonlySet<string>;
}

/** Records of a stream, or those that are wanted; at most `records` in a batch. */
async function* search(
  sources: ReadonlyMap<string, Source>,
  stream: InventoryStream,
  wanted: Wanted | undefined,
  records: number,
  progress: ((looked: number) => void) | undefined,
  signal: AbortSignal,
): AsyncGenerator<RecordBatch> {
  const source = sources.get(stream.source);
  if (source === undefined) throw new RangeError('a stream belongs to no source that is open');
  const own: Stream = { ...stream, name: stream.name.slice(stream.source.length + 1) };
  const names = stream.columns.map(({ name }) => name);
  let looked = 0;
  for (const slice of await source.slices({ ...own, count: own.count ?? 1 }, 1)) {
    const limits = { records: wanted ? 5_000 : records, bytes: 16 * 1024 * 1024 };
    const request = { stream: own, slice, ...limits, ...(wanted && { where: wanted }) };
    for await (const batch of source.read(request, signal)) {
      looked += batch.keys.length;
      progress?.(looked);
      const named = { ...batch, stream: stream.name };
      if (wanted === undefined) yield named;
      else {
        const keys = joinKeys(named, names, wanted.columns);
        const found = keys.flatMap((key, at) => (wanted.keys.has(key ?? '') ? [at] : []));
        if (found.length > 0) yield chosen(named, found);
      }
    }
  }
}

/** Some records of a batch. */
function chosen(batch: RecordBatch, ordinals: readonly number[]): RecordBatch {
  const lines = ordinals.flatMap((ordinal, at): [number, number][] => {
    const line = lineOf(batch.lines, ordinal);
    return line === undefined ? [] : [[at, line]];
  });
  const { lines: _, ...rest } = batch;
  return {
    ...rest,
    ...packItems(ordinals.map((at) => itemAt(batch, at))),
    keys: ordinals.map((at) => batch.keys[at] as string),
    ...(lines.length > 0 && { lines }),
  };
}

/** Lookups answered by the sources themselves. */
function sourceFinder(
  sources: ReadonlyMap<string, Source>,
  streams: readonly InventoryStream[],
  signal: AbortSignal,
  reached: PreviewRequest['reached'],
): FindRelated {
  return async (wanted) => {
    const answers = new Map<string, Map<string, RelatedRecord[]>>();
    for (const [name, { join, keys }] of wanted) {
      const stream = streams.find((one) => one.name === join.stream);
      if (stream === undefined) continue;
      const found = new Map<string, RelatedRecord[]>();
      answers.set(name, found);
      const names = stream.columns.map((column) => column.name);
      let number = 0;
      const those = { columns: join.columns, keys };
      for await (const batch of search(sources, stream, those, 5_000, undefined, signal)) {
        if (reached) for (const row of rowsOf(stream, batch)) reached(stream, row);
        for (const [ordinal, key] of joinKeys(batch, names, join.columns).entries()) {
          if (key === undefined) continue;
          const place = { slice: '1', number, ordinal };
          const record = { place, key: batch.keys[ordinal] as string, mediaType: batch.mediaType };
          found.set(key, [...(found.get(key) ?? []), { ...record, bytes: itemAt(batch, ordinal) }]);
        }
        number++;
      }
    }
    return answers;
  };
}

async function previewBatch(
  mapping: CompiledMapping,
  stream: Stream,
  batch: RecordBatch,
  find: FindRelated,
): Promise<PreviewItem[]> {
  const mapped = await mapWhole(mapping, batch, find);
  const rows = rowsOf(stream, batch);
  const touched = new Set([...mapping.columnsRead, ...stream.key]);
  return batch.keys.map((key, ordinal) => {
    const row = rows[ordinal] ?? {};
    const line = lineOf(batch.lines, ordinal);
    return {
      key,
      ...(line !== undefined && { line }),
      row,
      outcome: mapped.outcomes[ordinal] as RecordOutcome,
      drafts: mapped.drafts
        .filter(({ from }) => from.includes(ordinal))
        .map(({ type, id, references, body }) => ({ type, id, references, body })),
      issues: mapped.issues
        .filter((issue) => issue.ordinal === ordinal)
        .map(({ severity, code, path }) => ({ severity, code, path })),
      unread: Object.entries(row).flatMap(([name, value]) =>
        touched.has(name) || (value ?? '') === '' ? [] : [name],
      ),
    };
  });
}

function rowsOf(stream: Stream, batch: RecordBatch): Record<string, string | null>[] {
  const reader = openRowReader(
    batch.mediaType,
    stream.columns.map(() => true),
  );
  if (reader === undefined) return [];
  reader.open(batch);
  return batch.keys.map((_, ordinal) => {
    const row: (string | null | undefined)[] = stream.columns.map(() => undefined);
    reader.read(ordinal, row);
    return Object.fromEntries(stream.columns.map(({ name }, at) => [name, row[at] ?? null]));
  });
}

/** @throws HandoverError `column-unknown` (exit 2) */
export function requireColumn(stream: Stream, column: string): void {
  const names = stream.columns.map(({ name }) => name);
  if (names.includes(column)) return;
  throw new HandoverError('column-unknown', `${stream.name} has no column "${column}".`, {
    exitCode: exitCodes.usage,
    next: `Its columns are: ${names.join(', ')}.`,
  });
}

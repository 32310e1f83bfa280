import type { Draft } from '../../../model/draft.ts';
import { lineOf, type RecordBatch } from '../../../model/record.ts';
import { joinName, type Join } from '../../../model/related.ts';
import { mapWhole } from '../../../mapping/mapWhole.ts';
import type { CompiledMapping, PackedMappedBatch } from '../../../mapping/mapper.ts';
import { errorPaths } from '../../../run/phases/map.ts';
import { holdRecords } from '../../../run/repeatedKeys.ts';
import { itemAt } from '../../../staging/packedItems.ts';
import type { NewFile } from '../newFile.ts';
import type { ConvertReport } from '../report.ts';
import type { NumberedBatch, RowStore } from './rowStore.ts';
import type { TableFile } from './tableFiles.ts';

export interface MappedTable {
  table: TableFile;
  mapping: CompiledMapping;
}

interface Services {
  store: RowStore;
  target: NewFile;
  report: ConvertReport;
  as: 'bundles' | 'resources';
}

/** Of a batch; the same in both passes, as the places of rows are made of it. */
const limits = { records: 500, bytes: 8 * 1024 * 1024 };

/**
 * Tables to FHIR, in two passes: keys that are repeated and rows that lookups reach are known before
 * anything is mapped, as in a run.
 */
export class TableConversion {
  readonly #services: Services;
  readonly #stop = new AbortController();
  readonly #opened = new Set<TableFile>();

  constructor(services: Services) {
    this.#services = services;
  }

  /** @param reached Tables that lookups lead to and that become nothing themselves. */
  async run(mapped: readonly MappedTable[], reached: readonly TableFile[]): Promise<void> {
    const { store } = this.#services;
    const joins = new Map(
      mapped.flatMap(({ mapping }) => mapping.joins.map((join) => [joinName(join), join])),
    );
    for (const table of [...mapped.map((one) => one.table), ...reached]) {
      await this.#look(
        table,
        [...joins.values()].filter(({ stream }) => stream === table.stream.name),
      );
    }
    store.settle();
    const children = new Set(
      mapped.flatMap(({ mapping }) => (mapping.foldedInto === undefined ? [] : mapping.stream)),
    );
    for (const one of mapped) await this.#map(one, children);
  }

  async close(): Promise<void> {
    for (const { source } of this.#opened) await source.close();
  }

  async #look(table: TableFile, joins: readonly Join[]): Promise<void> {
    await table.source.open(this.#stop.signal);
    this.#opened.add(table);
    const columns = table.stream.columns.map(({ name }) => name);
    for await (const batch of this.#batches(table)) this.#services.store.add(batch, columns, joins);
  }

  async *#batches({ source, own, stream }: TableFile): AsyncGenerator<NumberedBatch> {
    let number = 0;
    for (const slice of await source.slices(own, 1)) {
      for await (const batch of source.read({ stream: own, slice, ...limits }, this.#stop.signal)) {
        const records: RecordBatch = { ...batch, stream: stream.name };
        yield { stream: stream.name, number: number++, records };
      }
    }
  }

  async #map({ table, mapping }: MappedTable, children: ReadonlySet<string>): Promise<void> {
    const { target, report, as } = this.#services;
    for await (const batch of this.#batches(table)) {
      const mapped = await this.#mapBatch(batch, mapping, children);
      await target.writeAll(linesOf(mapped, as));
      tell(report, { table, mapping }, batch, mapped);
    }
  }

  async #mapBatch(
    batch: NumberedBatch,
    mapping: CompiledMapping,
    children: ReadonlySet<string>,
  ): Promise<PackedMappedBatch> {
    const { store } = this.#services;
    const { number, records } = batch;
    const placeOf = (ordinal: number): { slice: string; number: number; ordinal: number } => ({
      slice: '1',
      number,
      ordinal,
    });
    const made = await mapWhole(mapping, records, store.find, placeOf);
    const standing = holdRecords(made, store.repeated(batch));
    const mapped =
      mapping.foldedInto === undefined
        ? standing
        : holdRecords(standing, store.fates(batch, standing));
    store.keepFolds(mapped, children);
    return mapped;
  }
}

function tell(
  report: ConvertReport,
  { table: { name, own }, mapping: { columnsAt } }: MappedTable,
  { records }: NumberedBatch,
  mapped: PackedMappedBatch,
): void {
  const { outcomes, drafts, unread, issues } = mapped;
  report.rows(outcomes.length, drafts.length);
  for (const [column, rows] of unread) report.leave(`${own.name}.${column}`, rows);
  for (const issue of issues) report.note(issue);
  const paths = errorPaths(mapped);
  for (const [ordinal, outcome] of outcomes.entries()) {
    if (outcome.state === 'mapped') continue;
    if (outcome.state === 'excluded') report.exclude(outcome.reason);
    else {
      const path = paths.get(ordinal) ?? '';
      const columns = [...(columnsAt?.get(path) ?? [])];
      const line = lineOf(records.lines, ordinal) ?? 0;
      const place = { line, ...(path !== '' && { path }), ...(columns.length > 0 && { columns }) };
      report.refuse(name, place, outcome.reason);
    }
  }
}

/** A line for each resource, or for all that came of the same rows. */
function* linesOf(
  { drafts, bodies }: PackedMappedBatch,
  as: 'bundles' | 'resources',
): Generator<string | Uint8Array> {
  for (let at = 0; at < drafts.length;) {
    const from = (drafts[at] as Draft).from.join();
    if (as === 'bundles') yield '{"resourceType":"Bundle","type":"collection","entry":[';
    for (const first = at; at < drafts.length && drafts[at]?.from.join() === from; at++) {
      if (as === 'bundles') yield at === first ? '{"resource":' : ',{"resource":';
      yield itemAt(bodies, at);
      yield as === 'bundles' ? '}' : '\n';
    }
    if (as === 'bundles') yield ']}\n';
  }
}

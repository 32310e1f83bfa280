import { HandoverError, exitCodes } from '../../base/errors.ts';
import { sha256Hex } from '../../base/digest.ts';
import { enterStream, recordDispositions, type Disposition } from '../../ledger/streams.ts';
import type { Source } from '../../model/source.ts';
import type { Column, Stream } from '../../model/stream.ts';
import type { Database } from '../../store/database.ts';
import type { PlanDocument } from '../plan/schema.ts';

/** A stream of a source under its name in the run (`clinic.pt_demog`). */
export interface InventoryStream extends Stream {
  source: string;
}

/** Everything there is in the sources, named by the plan or not. */
export async function inventory(sources: ReadonlyMap<string, Source>): Promise<InventoryStream[]> {
  const found: InventoryStream[] = [];
  for (const [source, connection] of sources) {
    for (const stream of await connection.streams()) {
      found.push({ ...stream, name: `${source}.${stream.name}`, source });
    }
  }
  return found;
}

/** What assess needs to know of a compiled mapping. */
export interface MappedStream {
  columnsRead: readonly string[];
  /** What stays behind by a word of the plan. */
  leaves?: { columns: readonly string[]; reason: string };
  /** Streams that its references lead to. */
  refersTo: readonly string[];
}

/**
 * A decision for every stream and every populated column: moved (a mapping, a fact or the key reads
 * it), or what the plan's dispositions say; `undecided` where nobody decided, which is red.
 */
export async function decideDispositions(
  streams: readonly InventoryStream[],
  mapped: ReadonlyMap<string, MappedStream>,
  declared: PlanDocument['dispositions'],
  populated: (stream: InventoryStream) => Promise<ReadonlyMap<string, number> | undefined>,
  receivables: Pick<Disposition, 'owner' | 'approver'>,
): Promise<Disposition[]> {
  const decisions: Disposition[] = [];
  for (const stream of streams) {
    const mapping = mapped.get(stream.name);
    const named = declared.find((one) => one.stream === stream.name && one.columns === undefined);
    if (mapping === undefined) {
      const counted = stream.count === undefined ? {} : { populated: stream.count };
      decisions.push({ ...decision(stream.name, '', named), ...counted });
      continue;
    }
    const { leaves, columnsRead } = mapping;
    const left = leaves && notMoved(leaves.reason, receivables);
    const whole = columnsRead.length === 0 ? (left ?? moved) : moved;
    decisions.push({ ...whole, stream: stream.name, item: '' });
    const counts = await populated(stream);
    for (const column of stream.columns) {
      const decided =
        left && leaves?.columns.includes(column.name)
          ? { ...left, stream: stream.name, item: column.name }
          : decideColumn(stream, column, mapping, declared);
      const count = counts?.get(column.name) ?? 0;
      if (decided.fate === 'undecided' && counts !== undefined && count === 0) continue;
      decisions.push({ ...decided, ...(counts && { populated: count }) });
    }
  }
  return decisions;
}

const moved = { fate: 'moved', reason: '', owner: '', approver: '' } as const;

function notMoved(
  reason: string,
  { owner, approver }: Pick<Disposition, 'owner' | 'approver'>,
): Omit<Disposition, 'stream' | 'item' | 'populated'> {
  return { fate: 'not moved', reason, owner, approver };
}

function decideColumn(
  stream: Stream,
  column: Column,
  mapping: MappedStream,
  declared: PlanDocument['dispositions'],
): Disposition {
  const place = { stream: stream.name, item: column.name };
  if ([...mapping.columnsRead, ...stream.key].includes(column.name)) return { ...moved, ...place };
  const found = declared.find(
    (one) => one.stream === stream.name && one.columns?.includes(column.name),
  );
  return decision(stream.name, column.name, found);
}

function decision(
  stream: string,
  item: string,
  declared: PlanDocument['dispositions'][number] | undefined,
): Disposition {
  if (declared === undefined) {
    return { stream, item, fate: 'undecided', reason: '', owner: '', approver: '' };
  }
  const { fate, reason, owner, approver } = declared;
  return { stream, item, fate, reason, owner, approver };
}

/** Enter the streams that move, in the order in which they will be loaded, and every decision. */
export async function enterAssessment(
  database: Database,
  run: string,
  streams: readonly InventoryStream[],
  order: readonly string[],
  targets: readonly string[],
  decisions: readonly Disposition[],
): Promise<void> {
  await database.transaction(async (transaction) => {
    for (const [position, name] of order.entries()) {
      const stream = streams.find((one) => one.name === name) as InventoryStream;
      const schemaDigest = schemaDigestOf(stream);
      await enterStream(transaction, run, { ...stream, position, schemaDigest }, targets);
    }
    await recordDispositions(transaction, run, decisions);
  });
}

/** Digest of columns, types and key: a source whose schema changes under a run pauses it (R16). */
export function schemaDigestOf(stream: Pick<Stream, 'columns' | 'key'>): string {
  const columns = stream.columns.map(({ name, sourceType }) => [name, sourceType]);
  return sha256Hex(JSON.stringify([columns, stream.key]));
}

/** @throws HandoverError `disposition-missing` (exit 3) when something has no decision. */
export function requireDecisions(decisions: readonly Disposition[]): void {
  const undecided = decisions.filter(({ fate }) => fate === 'undecided');
  if (undecided.length === 0) return;
  throw new HandoverError(
    'disposition-missing',
    `${undecided.length} items of the source have no decision; nothing was written.`,
    {
      exitCode: exitCodes.planInvalid,
      next: 'Map each item or give it a disposition in handover.yaml; `handover status` lists them.',
    },
  );
}

/**
 * Order streams so that each comes after those it refers to, where circles allow; otherwise by name.
 * What a circle leaves open is settled at the end of `load`.
 */
export function loadOrder(mapped: ReadonlyMap<string, MappedStream>): string[] {
  const order: string[] = [];
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const other of [...(mapped.get(name)?.refersTo ?? [])].toSorted()) {
      if (mapped.has(other)) visit(other);
    }
    order.push(name);
  };
  for (const name of [...mapped.keys()].toSorted()) visit(name);
  return order;
}

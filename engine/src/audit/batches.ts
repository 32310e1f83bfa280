import { encodeBase32 } from '../base/base32.ts';
import type { Queries } from '../store/session.ts';
import type { AuditEvent, BatchPlace, KeptEvent } from './auditEvent.ts';

/** The items of a batch, patient by patient; those about none stand at the end. */
export interface BatchItems {
  count: number;
  /** Tokens of the patients, 16 bytes each. */
  patients: Buffer;
  /** How many items each of them has, u32 LE. */
  counts: Buffer;
  /** Tokens of the items' ids, 16 bytes each; empty where `root` stands for them. */
  ids: Buffer;
  /** Resource types that occur, and for each item one byte: its place in that list. */
  types: readonly string[];
  typeOf: Buffer;
  /** Root of the batch's entries in the ledger, where those are the items; else empty. */
  root: Buffer;
}

/** What one batch of a run read, wrote or takes away: one event of the log, however many patients it has. */
export interface AuditBatch extends Pick<AuditEvent, 'instant' | 'outcome'>, BatchAt {
  action: 'extract' | 'load' | 'delete';
  items: BatchItems;
}

/** Where a batch of a source or target stands in its run. */
export interface BatchAt extends Pick<BatchPlace, 'run' | 'system' | 'slice' | 'number'> {
  stream: string;
}

/** The packed columns of a batch, as they are read. */
export interface BatchRow {
  event: string;
  system: string;
  count: number;
  patients: Buffer;
  counts: Buffer;
  ids: Buffer;
  types: string[];
  typeOf: Buffer;
}

export const batchColumns = `event, system, count, patients, counts, ids, types, type_of as "typeOf"`;

/** What went on record first of what a run brought to a target, or took out of it, as one batch. */
export async function batchAt(
  reader: Queries,
  { run, system, stream, slice, number }: BatchAt,
): Promise<BatchItems | undefined> {
  const { rows } = await reader.query<BatchItems>(
    `select b.count, b.patients, b.counts, b.ids, b.types, b.type_of as "typeOf", b.root
       from audit.batch b join audit.event e using (event)
      where b.run = $1 and b.system = $2 and e.resource_type = $3 and b.slice = $4
        and b.number = $5
      order by event limit 1`,
    [run, system, stream, slice, number],
  );
  return rows[0];
}

/** What a batch holds of one patient. */
export interface PatientItems {
  /** Stable id. */
  patient: string | undefined;
  /** `Type/id`, in the order of the batch. */
  items: string[];
}

const tokenBytes = 16;

/**
 * A batch patient by patient, and at the end what is about none, where there is any.
 * @param wanted tokens, in hexadecimal: of these patients alone.
 */
export function* patientsOfBatch(
  row: BatchRow,
  wanted?: ReadonlySet<string>,
): Generator<PatientItems> {
  let first = 0;
  for (let at = 0; at * tokenBytes < row.patients.length; at++) {
    const count = row.counts.readUInt32LE(at * 4);
    const token = row.patients.subarray(at * tokenBytes, (at + 1) * tokenBytes);
    if (wanted === undefined || wanted.has(token.toString('hex'))) {
      yield { patient: encodeBase32(token), items: itemNames(row, first, count) };
    }
    first += count;
  }
  if (wanted === undefined && first * tokenBytes < row.ids.length) {
    yield { patient: undefined, items: itemNames(row, first, row.count - first) };
  }
}

function itemNames({ ids, types, typeOf }: BatchRow, first: number, count: number): string[] {
  return Array.from({ length: count }, (_, at) => {
    const id = ids.subarray((first + at) * tokenBytes, (first + at + 1) * tokenBytes);
    return `${types[typeOf[first + at] ?? 0]}/${encodeBase32(id)}`;
  });
}

/** The event of a batch as one event for each patient of it; of a batch that names none it is one. */
export function* eventsOfBatch<E extends KeptEvent>(
  event: E,
  row: BatchRow,
  wanted?: ReadonlySet<string>,
): Generator<E> {
  const { system } = row;
  if (row.ids.length === 0) {
    if (wanted === undefined) yield { ...event, system };
    return;
  }
  for (const { patient, items } of patientsOfBatch(row, wanted)) {
    const types = new Set(items.map((name) => name.slice(0, name.indexOf('/'))));
    yield { ...event, system, patient, resourceType: [...types].join(' '), resourceIds: items };
  }
}

import { GrowingTree } from '../base/merkleTree.ts';
import type { Queries, ReadTransaction } from '../store/session.ts';
import { leafText, type BatchPlace, type KeptEvent } from './auditEvent.ts';
import { openNote, parseCheckpoint, type TreeHead } from './signedNote.ts';
import { eventLeaf, type TreeRow } from './tree.ts';

/** What is wrong with a log, and where: the place of an event, or the size of a checkpoint. */
export interface AuditFault {
  fault:
    | 'altered' // an event is not what its leaf was made of
    | 'missing' // a place without an event
    | 'added' // an event without a place that is younger than the tree
    | 'rewritten' // a signed head is not the head of the tree at its size
    | 'truncated' // a signed head is of a larger tree
    | 'head-differs' // the tree's kept state is not that of its events
    | 'checkpoint-forged'; // a note that this log's key did not sign
  at: number;
}

export interface AuditVerdict {
  events: number;
  root: string;
  checkpoints: number;
  /** Recorded before the log became a tree: nothing vouches for them. */
  unplaced: number;
  faults: AuditFault[];
}

export interface AuditWitness {
  origin: string;
  /** The log's Ed25519 public key, 32 bytes. */
  publicKey: Uint8Array;
  /** Signed notes that were kept elsewhere. */
  anchors: readonly string[];
}

/** Whether a note is a head of this log, signed with its key. */
export function isHeadOf(note: string, { origin, publicKey }: AuditWitness): boolean {
  return parseCheckpoint(openNote(note, origin, publicKey) ?? '', origin) !== undefined;
}

/**
 * Recompute every leaf and the tree from the events, and hold it against every signed head: those in
 * the database, which an intruder may have cut together with the events, and those kept elsewhere.
 */
export async function verifyAuditLog(
  reader: ReadTransaction,
  { origin, publicKey, anchors }: AuditWitness,
): Promise<AuditVerdict> {
  const faults: AuditFault[] = [];
  const { rows } = await reader.query<{ note: string }>(
    'select note from audit.checkpoint order by size',
  );
  const heads: TreeHead[] = [];
  for (const note of [...rows.map((row) => row.note), ...anchors]) {
    const head = parseCheckpoint(openNote(note, origin, publicKey) ?? '', origin);
    if (head === undefined) faults.push({ fault: 'checkpoint-forged', at: heads.length });
    else heads.push(head);
  }
  heads.sort((a, b) => a.size - b.size);
  const tree = new GrowingTree();
  let next = 0;
  const judgeHeads = (): void => {
    for (; next < heads.length && (heads[next] as TreeHead).size <= tree.size; next++) {
      const { size, root } = heads[next] as TreeHead;
      if (!root.equals(tree.root())) faults.push({ fault: 'rewritten', at: size });
    }
  };
  judgeHeads();
  for await (const page of placedEvents(reader)) {
    for (const row of page) {
      if (Number(row.place) !== tree.size) {
        faults.push({ fault: 'missing', at: tree.size });
        return { ...(await counts(reader)), ...headOf(tree), checkpoints: heads.length, faults };
      }
      const leaf = eventLeaf(row.salt, leafText(eventOf(row), row.batch ?? undefined));
      if (!leaf.equals(row.leaf)) faults.push({ fault: 'altered', at: tree.size });
      tree.append(leaf);
      judgeHeads();
    }
  }
  for (const { size } of heads.slice(next)) faults.push({ fault: 'truncated', at: size });
  await judgeKeptHead(reader, tree, faults);
  for (const at of await addedEvents(reader)) faults.push({ fault: 'added', at });
  return { ...(await counts(reader)), ...headOf(tree), checkpoints: heads.length, faults };
}

function headOf(tree: GrowingTree): { events: number; root: string } {
  return { events: tree.size, root: tree.root().toString('base64') };
}

interface EventRow {
  place: string;
  salt: Buffer;
  leaf: Buffer;
  instant: string;
  actor: string;
  action: string;
  resource_type: string;
  resource_ids: string[];
  patient: string | null;
  outcome: string;
  batch: BatchPlace | null;
}

/** Events read at a time. */
const pageEvents = 10_000;

/** Pages in the order of the log; the next one is under way while the present one is judged. */
async function* placedEvents(reader: Queries): AsyncGenerator<EventRow[]> {
  let coming: Promise<EventRow[]> | undefined = placedPage(reader, 0);
  while (coming !== undefined) {
    const rows: EventRow[] = await coming;
    const last = rows.at(-1);
    coming =
      last === undefined || rows.length < pageEvents
        ? undefined
        : placedPage(reader, Number(last.place) + 1);
    // Whoever leaves early never asks for it.
    coming?.catch(() => undefined);
    if (last !== undefined) yield rows;
  }
}

async function placedPage(reader: Queries, from: number): Promise<EventRow[]> {
  const { rows } = await reader.query<EventRow>(
    `select place, salt, leaf, actor, action, resource_type, resource_ids, patient, outcome,
            to_char(instant at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as instant,
            case when b.event is not null then ${batchPlace} end as batch
       from (select * from audit.event where place >= $1 order by place limit ${pageEvents}) e
       left join audit.batch b using (event) order by place`,
    [from],
  );
  return rows;
}

/** Of what a batch holds, digests are enough, and they are as quickly taken where it lies. */
const batchPlace = `jsonb_build_object(
  'run', b.run, 'system', b.system, 'slice', b.slice, 'number', b.number, 'count', b.count,
  'types', b.types, 'root', encode(b.root, 'hex'),
  'digests', array[encode(sha256(b.patients), 'hex'), encode(sha256(b.counts), 'hex'),
                   encode(sha256(b.ids), 'hex'), encode(sha256(b.type_of), 'hex')])`;

function eventOf(row: EventRow): KeptEvent {
  return {
    instant: row.instant,
    actor: row.actor,
    action: row.action,
    resourceType: row.resource_type,
    resourceIds: row.resource_ids,
    patient: row.patient ?? undefined,
    outcome: row.outcome,
  };
}

async function judgeKeptHead(
  reader: Queries,
  tree: GrowingTree,
  faults: AuditFault[],
): Promise<void> {
  const { rows } = await reader.query<TreeRow>('select size, roots from audit.tree');
  const [kept] = rows;
  const same = kept && Number(kept.size) === tree.size && kept.roots.equals(tree.roots);
  if (!same) faults.push({ fault: 'head-differs', at: Number(kept?.size ?? 0) });
}

/** Events without a place that were recorded after the first one that has one. */
async function addedEvents(reader: Queries): Promise<number[]> {
  const { rows } = await reader.query<{ event: string }>(
    `select event from audit.event where place is null
        and event > (select min(event) from audit.event where place is not null)
      order by event limit 100`,
  );
  return rows.map(({ event }) => Number(event));
}

async function counts(reader: Queries): Promise<{ unplaced: number }> {
  const { rows } = await reader.query<{ count: string }>(
    'select count(*) from audit.event where place is null',
  );
  return { unplaced: Number(rows[0]?.count) };
}

/** The leaf hashes of the log, in order: they show nobody, and a tree can be grown from them. */
export async function leafHashes(reader: Queries): Promise<Buffer[]> {
  const { rows } = await reader.query<{ leaf: Buffer }>(
    'select leaf from audit.event where place is not null order by place',
  );
  return rows.map(({ leaf }) => leaf);
}

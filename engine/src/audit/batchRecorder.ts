import { sha256 } from '../base/digest.ts';
import { failureOf, HandoverError } from '../base/errors.ts';
import type { Transaction } from '../store/session.ts';
import { keptEvent, leafText, type BatchPlace } from './auditEvent.ts';
import { batchAt, type AuditBatch, type BatchAt } from './batches.ts';
import { eventLeaf, growTree, saltBytes, signHead, type AuditServices } from './tree.ts';

/** Enters batches of a run into the log, in the transaction that makes them true. */
export interface BatchRecorder {
  /**
   * Whatever is thrown: nothing of the transaction may be committed.
   * @throws HandoverError `audit-unavailable` where trying again does not help.
   */
  record(transaction: Transaction, batch: AuditBatch): Promise<void>;
  /** Of what went to a target as one batch, that it is about to be taken back. */
  recordTakenBack(transaction: Transaction, at: BatchAt, instant: Date): Promise<void>;
}

/** A head is signed with the first batch and then about so often. */
const signEveryMs = 1_000;

export function batchRecorder(services: AuditServices): BatchRecorder {
  let signedMs = Number.NEGATIVE_INFINITY;
  const record: BatchRecorder['record'] = async (transaction, batch) => {
    const nowMs = services.clock.monotonicMs();
    const sign = nowMs - signedMs >= signEveryMs;
    if (sign) signedMs = nowMs;
    await appendBatch(transaction, services, batch, sign).catch(tellUnavailable);
  };
  return {
    record,
    async recordTakenBack(transaction, at, instant) {
      const items = await batchAt(transaction, at);
      // A version that did not put its loads on record yet wrote it.
      if (items === undefined) return;
      const taken = { action: 'delete', outcome: 'attempted', instant, items } as const;
      await record(transaction, { ...at, ...taken });
    },
  };
}

function tellUnavailable(error: unknown): never {
  if (!(error instanceof HandoverError) || failureOf(error) !== 'permanent') throw error;
  throw new HandoverError('audit-unavailable', 'the audit log cannot be written', {
    next: 'Nothing of the batch was written. Check the control database; then `handover resume`.',
    cause: error,
  });
}

/** Add a batch to the log and to its tree and, if asked, sign the tree's new head. */
async function appendBatch(
  transaction: Transaction,
  services: AuditServices,
  { items, run, system, slice, number, stream, ...batch }: AuditBatch,
  sign: boolean,
): Promise<void> {
  const { count, patients, counts, ids, types, typeOf, root } = items;
  const digests = [patients, counts, ids, typeOf].map((part) => sha256(part).toString('hex'));
  const hex = root.toString('hex');
  const place: BatchPlace = { run, system, slice, number, count, types, digests, root: hex };
  const event = keptEvent({
    ...batch,
    actor: actorOf(run),
    resourceType: stream,
    resourceIds: [],
    patient: undefined,
  });
  const salt = services.random.bytes(saltBytes);
  const leaf = eventLeaf(salt, leafText(event, place));
  const tree = await growTree(transaction, [leaf]);
  await transaction.query(append, [
    event.instant,
    event.actor,
    event.action,
    stream,
    event.outcome,
    tree.size - 1,
    salt,
    leaf,
    run,
    system,
    slice,
    number,
    count,
    root,
    patients,
    counts,
    ids,
    types,
    typeOf,
  ]);
  if (sign) await signHead(transaction, services, tree);
}

/** A run acts by itself, whoever began it. */
function actorOf(run: string): string {
  return `run ${run}`;
}

const append = `
  with appended as (
    insert into audit.event
      (instant, actor, action, resource_type, resource_ids, outcome, place, salt, leaf)
    values ($1, $2, $3, $4, '{}', $5, $6, $7, $8) returning event)
  insert into audit.batch
    (event, run, system, slice, number, count, root, patients, counts, ids, types, type_of)
  select event, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19 from appended`;

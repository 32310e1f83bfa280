import type { Clock } from '../base/clock.ts';
import { GrowingTree, leafHash } from '../base/merkleTree.ts';
import type { Random } from '../base/random.ts';
import type { SigningKey } from '../keys/signingKey.ts';
import type { Transaction } from '../store/session.ts';
import { keptEvent, leafText, type AuditEvent, type KeptEvent } from './auditEvent.ts';
import { checkpointText, signedNote } from './signedNote.ts';

/** What the audit log of a project is written and signed with. */
export interface AuditServices {
  clock: Clock;
  random: Random;
  /** The origin and key that checkpoints of this log are signed under. */
  origin: string;
  signer: SigningKey;
}

const saltBytes = 16;

/** Add events to the log and to its tree and, if asked, sign the tree's new head, all in `transaction`. */
export async function appendEvents(
  transaction: Transaction,
  services: AuditServices,
  events: readonly AuditEvent[],
  sign: boolean,
): Promise<void> {
  const tree = await heldTree(transaction);
  const appended = events.map((event) => placed(tree, keptEvent(event), services.random));
  await transaction.query(append, [JSON.stringify(appended), tree.size, tree.roots]);
  if (sign) await signHead(transaction, services, tree);
}

/** @returns the signed note, which is kept in the log too. */
export async function signPresentHead(
  transaction: Transaction,
  services: Pick<AuditServices, 'origin' | 'signer'>,
): Promise<string> {
  return signHead(transaction, services, await heldTree(transaction));
}

async function signHead(
  transaction: Transaction,
  { origin, signer }: Pick<AuditServices, 'origin' | 'signer'>,
  tree: GrowingTree,
): Promise<string> {
  const head = { size: tree.size, root: tree.root() };
  const note = signedNote(checkpointText(origin, head), origin, signer);
  await transaction.query(
    'insert into audit.checkpoint (size, note) values ($1, $2) on conflict do nothing',
    [tree.size, note],
  );
  return note;
}

export interface TreeRow {
  size: string;
  roots: Buffer;
}

/** The tree as far as it has grown; nobody else can append until the transaction ends. */
async function heldTree(transaction: Transaction): Promise<GrowingTree> {
  const { rows } = await transaction.query<TreeRow>(
    'select size, roots from audit.tree for update',
  );
  const [row] = rows;
  return row === undefined ? new GrowingTree() : new GrowingTree(Number(row.size), row.roots);
}

/** The event as a row; the tree has its leaf. */
function placed(tree: GrowingTree, event: KeptEvent, random: Random): object {
  const place = tree.size;
  const salt = random.bytes(saltBytes);
  const leaf = eventLeaf(salt, event);
  tree.append(leaf);
  return {
    instant: event.instant,
    actor: event.actor,
    action: event.action,
    resource_type: event.resourceType,
    resource_ids: event.resourceIds,
    patient: event.patient ?? null,
    outcome: event.outcome,
    place,
    salt: salt.toString('hex'),
    leaf: leaf.toString('hex'),
  };
}

/** RFC 6962 leaf over the salt and the event's text: who is not given the salt learns nothing from it. */
export function eventLeaf(salt: Uint8Array, event: KeptEvent): Buffer {
  return leafHash(Buffer.concat([salt, Buffer.from(leafText(event))]));
}

const append = `
  with appended as (
    insert into audit.event
      (instant, actor, action, resource_type, resource_ids, patient, outcome, place, salt, leaf)
    select instant, actor, action, resource_type, resource_ids, patient, outcome, place,
           decode(salt, 'hex'), decode(leaf, 'hex')
      from json_to_recordset($1::json) as event (instant timestamptz, actor text, action text,
        resource_type text, resource_ids text[], patient text, outcome text, place bigint,
        salt text, leaf text)
     order by place)
  update audit.tree set size = $2, roots = $3`;

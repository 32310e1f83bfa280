import type { Clock } from '../base/clock.ts';
import { GrowingTree, leafHash } from '../base/merkleTree.ts';
import type { Random } from '../base/random.ts';
import type { SigningKey } from '../keys/signingKey.ts';
import type { Transaction } from '../store/session.ts';
import { keptEvent, leafText, type AuditEvent } from './auditEvent.ts';
import { checkpointText, signedNote } from './signedNote.ts';

/** What the audit log of a project is written and signed with. */
export interface AuditServices {
  clock: Clock;
  random: Random;
  /** The origin and key that checkpoints of this log are signed under. */
  origin: string;
  signer: SigningKey;
}

export const saltBytes = 16;

/** Add events to the log and to its tree and, if asked, sign the tree's new head, all in `transaction`. */
export async function appendEvents(
  transaction: Transaction,
  services: AuditServices,
  events: readonly AuditEvent[],
  sign: boolean,
): Promise<void> {
  const kept = events.map(keptEvent);
  const salts = services.random.bytes(events.length * saltBytes);
  const leaves = kept.map((event, at) =>
    eventLeaf(salts.subarray(at * saltBytes, (at + 1) * saltBytes), leafText(event)),
  );
  const tree = await growTree(transaction, leaves);
  await transaction.query(append, [
    kept.map(({ instant }) => instant),
    kept.map(({ actor }) => actor),
    kept.map(({ action }) => action),
    kept.map(({ resourceType }) => resourceType),
    kept.map(({ resourceIds }) => arrayLiteral(resourceIds)),
    kept.map(({ patient }) => patient ?? null),
    kept.map(({ outcome }) => outcome),
    salts,
    Buffer.concat(leaves),
    tree.size - leaves.length,
  ]);
  if (sign) await signHead(transaction, services, tree);
}

/** Append leaves to the tree; nobody else can until the transaction ends. */
export async function growTree(
  transaction: Transaction,
  leaves: readonly Buffer[],
): Promise<GrowingTree> {
  const tree = await heldTree(transaction);
  for (const leaf of leaves) tree.append(leaf);
  await transaction.query('update audit.tree set size = $1, roots = $2', [tree.size, tree.roots]);
  return tree;
}

/** @returns the signed note, which is kept in the log too. */
export async function signPresentHead(
  transaction: Transaction,
  services: Pick<AuditServices, 'origin' | 'signer'>,
): Promise<string> {
  return signHead(transaction, services, await heldTree(transaction));
}

export async function signHead(
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

/** An array as PostgreSQL writes one inside of another's element. */
function arrayLiteral(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

/** RFC 6962 leaf over the salt and the event's text: who is not given the salt learns nothing from it. */
export function eventLeaf(salt: Uint8Array, text: string): Buffer {
  return leafHash(Buffer.concat([salt, Buffer.from(text)]));
}

/** Salts and leaves come packed: one value costs less to read than one for each event. */
const append = `
  insert into audit.event
    (instant, actor, action, resource_type, resource_ids, patient, outcome, place, salt, leaf)
  select instant, actor, action, resource_type, resource_ids::text[], patient, outcome,
         $10 + ordinal - 1, substr($8::bytea, (ordinal * 16 - 15)::int, 16),
         substr($9::bytea, (ordinal * 32 - 31)::int, 32)
    from unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                $7::text[])
         with ordinality as event (instant, actor, action, resource_type, resource_ids, patient,
                                   outcome, ordinal)
   order by ordinal`;

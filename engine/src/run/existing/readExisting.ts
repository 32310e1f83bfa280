import { uuid7 } from '../../base/id.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import { commitBatchAlone } from '../../ledger/commitBatch.ts';
import { emptyPage, packTypes, type EntryPage } from '../../ledger/entries.ts';
import { existingId, keepExisting } from '../../ledger/existingResources.ts';
import { draftedTokens } from '../../ledger/pages.ts';
import type { Claim } from '../../ledger/slices.ts';
import type { TokenCounts } from '../../ledger/tokenCounts.ts';
import type { BatchKey } from '../../ledger/workUnit.ts';
import type { LinkedType } from '../../model/person.ts';
import type { Stored, Target, TargetId } from '../../model/target.ts';
import { withoutAdded } from '../../linkage/persons/charts.ts';
import { packItems } from '../../staging/packedItems.ts';
import type { Database } from '../../store/database.ts';
import { packDrafts } from '../drafts.ts';
import { idToken, idTokens } from '../idToken.ts';
import { additionsElsewhere, type Addition } from '../linkage/chartedRows.ts';
import type { Parcels } from '../parcels.ts';
import type { LinkagePlan } from '../plan/linkage.ts';
import type { Attempts, StopSignal, WorkEnd } from '../phases/work.ts';
import { exchanged, existingTypes, referredIn } from './exchangedIds.ts';

export interface ExistingServices extends Attempts {
  database: Database;
  parcels: Parcels;
  key: ProjectKey;
  revision: string;
  /** The targets that have something of their own. */
  existing: ReadonlyMap<string, Target>;
  /** `kinds`: the types that are read. */
  linkage: LinkagePlan;
}

type PresentBody = Extract<Stored, { state: 'present' }> & { body: Buffer };

/**
 * Read what a target has of its own of the kinds that are linked, type by type, into sealed parcels, under the
 * stable ids that stand for them. What this project has made there at any time is not among them, and what runs
 * that stand have added to others is left out: it is theirs as they would have it without us.
 */
export async function readExisting(
  services: ExistingServices,
  claim: Claim,
  stop: StopSignal,
): Promise<WorkEnd> {
  const { key: projectKey, database } = services;
  const { target: name } = claim.key;
  const target = services.existing.get(name);
  if (target?.everything === undefined)
    throw new RangeError('the target does not tell what it has');
  const made = await draftedTokens(database, existingTypes);
  const added = await additionsElsewhere(database, projectKey, claim.key.run);
  const context = existingCursorContext(claim.key.run, claim.key.target);
  const { kinds } = services.linkage;
  const before = claim.cursor && projectKey.open(claim.cursor, context).toString('utf8');
  const [reached = '', after] = before === undefined ? [] : splitOnce(before);
  let place = claim;
  for (const type of kinds.slice(Math.max(0, kinds.indexOf(reached as LinkedType)))) {
    const from = type === reached ? after : undefined;
    for await (const { resources, cursor } of target.everything(type, from, stop.abort)) {
      const theirs = resources.filter(
        (one): one is PresentBody =>
          one.state === 'present' && one.body !== undefined && !isMade(made, one.id),
      );
      const sealed = projectKey.seal(Buffer.from(`${type} ${cursor}`), context);
      if (!(await keepPage(services, place, { made, added }, theirs, sealed))) return 'lost';
      place = { ...place, position: place.position + 1 };
      if (stop.stopped()) return 'stopped';
    }
  }
  return (await keepPage(services, place, { made, added }, [], undefined)) ? 'done' : 'lost';
}

/** What this project has done at the target so far. */
interface Ours {
  made: TokenCounts;
  /** By stable id of a chart of the target's own. */
  added: ReadonlyMap<string, readonly Addition[]>;
}

/** A cursor goes behind the type that it is of. */
function splitOnce(text: string): [type: string, cursor: string] {
  const space = text.indexOf(' ');
  return [text.slice(0, space), text.slice(space + 1)];
}

/** @param cursor undefined: nothing follows. */
async function keepPage(
  services: ExistingServices,
  claim: Claim,
  { made, added }: Ours,
  theirs: readonly PresentBody[],
  cursor: Buffer | undefined,
): Promise<boolean> {
  const { database, key: projectKey, clock, random } = services;
  const { run, target } = claim.key;
  const key: BatchKey = { ...claim.key, number: claim.position };
  const attempt = uuid7(clock, random);
  const ourId = (id: TargetId): string => existingId(projectKey, target, id);
  const referred = [...new Set(theirs.flatMap(({ body }) => referredIn(body)))]
    .map(idIn)
    .filter(({ id }) => !isMade(made, id));
  const names = new Map(
    referred.map((one) => [`${one.type}/${one.id}`, `${one.type}/${ourId(one)}`]),
  );
  const ids = theirs.map(ourId);
  const drafts = {
    types: theirs.map(({ type }) => type),
    ids,
    from: theirs.map(() => []),
    references: theirs.map(() => []),
    bodies: packItems(
      theirs.map(({ body }, at) => {
        const ours = added.get(ids[at] as string);
        const read = exchanged(body, names, ids[at]);
        return ours ? Buffer.from(withoutAdded(read.toString('utf8'), ours)) : read;
      }),
    ),
  };
  const parcel =
    theirs.length > 0
      ? await services.parcels.keep(key, attempt, 'drafts', packDrafts(drafts))
      : undefined;
  return commitBatchAlone(
    database,
    {
      key,
      attempt,
      fence: claim.fence,
      revision: services.revision,
      counts: { existing: theirs.length },
      ...(parcel && { entries: pageOf(services, theirs, ids) }),
      parcels: parcel ? [parcel] : [],
      exceptions: [],
      balance: [],
      ...(cursor && { cursor }),
      last: cursor === undefined,
    },
    (transaction) =>
      keepExisting(transaction, { key: projectKey, target, run }, [...theirs, ...referred]),
  );
}

function pageOf(
  { random }: ExistingServices,
  theirs: readonly PresentBody[],
  ids: readonly string[],
): EntryPage {
  const versions = Buffer.alloc(theirs.length * 4);
  for (const [at, { version }] of theirs.entries()) versions.writeUInt32LE(version, at * 4);
  return {
    ...emptyPage,
    count: theirs.length,
    tokens: idTokens(ids),
    ...packTypes(theirs.map(({ type }) => type)),
    digests: Buffer.concat(theirs.map(({ digest }) => Buffer.from(digest, 'hex'))),
    salts: random.bytes(theirs.length * 16),
    versions,
  };
}

/** Whether a run of this project ever made a draft with this id. */
function isMade(made: TokenCounts, id: string): boolean {
  return made.of(idToken(id), 0) > 0;
}

function idIn(name: string): TargetId {
  const slash = name.indexOf('/');
  return { type: name.slice(0, slash), id: name.slice(slash + 1) };
}

/** What the cursor of a target's own resources is bound to. */
export function existingCursorContext(run: string, target: string): string {
  return `existing cursor ${run} ${target}`;
}

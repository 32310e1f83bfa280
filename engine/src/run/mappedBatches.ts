import type { ParcelRow } from '../ledger/batches.ts';
import type { BatchKey } from '../ledger/workUnit.ts';
import type { CompiledMapping, PackedMappedBatch } from '../mapping/mapper.ts';
import { draftsOver, type DraftTexts } from '../mapping/packing.ts';
import type { Draft, MappedBatch } from '../model/draft.ts';
import { splitHeader, withHeader } from './packed.ts';
import type { Parcels } from './parcels.ts';

/** What is said of a batch beside the bodies of its drafts. */
interface MappedHeader extends DraftTexts, Pick<MappedBatch, 'outcomes' | 'issues'> {
  /** Digest of the mapping that made it. */
  mapping: string;
  unread: [path: string, count: number][];
  tally?: [rule: string, count: number][];
  own: string[];
  /** Drafts that go to the archive alone. */
  archived?: number[];
}

/** With the batch as read. */
const asRead = (key: BatchKey): BatchKey => ({ ...key, phase: 'extract', target: '' });

/**
 * Keep what the mapping of a standard made of a batch when its records told, so that `map` need not
 * make it again. The row returned is to be committed with the telling. Undefined: it does not keep.
 */
export async function keepMapped(
  parcels: Parcels,
  key: BatchKey,
  attempt: string,
  { digest }: CompiledMapping,
  mapped: PackedMappedBatch,
): Promise<ParcelRow | undefined> {
  const { drafts, bodies, outcomes, issues, unread, tally, told, contributions } = mapped;
  if (contributions.length > 0 || drafts.some(({ objects }) => objects)) return undefined;
  const archived = drafts.flatMap((draft, at) => (draft.archived ? [at] : []));
  const header: MappedHeader = {
    mapping: digest,
    types: drafts.map(({ type }) => type),
    ids: drafts.map(({ id }) => id),
    from: drafts.map(({ from }) => from),
    references: drafts.map(({ references }) => references),
    outcomes,
    issues,
    unread: [...unread],
    ...(tally && { tally: [...tally] }),
    own: [...(told?.own ?? [])],
    ...(archived.length > 0 && { archived }),
  };
  return parcels.keep(asRead(key), attempt, 'mapped', withHeader(header, bodies));
}

/**
 * What that mapping made of the batch, as far as drafts are made of it: when a record was written, and
 * what it takes back, is told already. Undefined where nothing was kept, or another mapping made it.
 */
export async function readMapped(
  parcels: Parcels,
  key: BatchKey,
  { digest }: CompiledMapping,
): Promise<PackedMappedBatch | undefined> {
  const items = await parcels.read(asRead(key), 'mapped');
  if (items === undefined) return undefined;
  const { header, items: bodies } = splitHeader<MappedHeader>(items);
  const { mapping, outcomes, issues, unread, tally, own, archived = [] } = header;
  if (mapping !== digest) return undefined;
  const drafts = draftsOver(header, bodies);
  for (const at of archived) drafts[at] = archivedDraft(drafts[at] as Draft);
  return {
    drafts,
    bodies,
    outcomes,
    issues,
    unread: new Map(unread),
    contributions: [],
    ...(tally && { tally: new Map(tally) }),
    told: { moments: [], own: new Set(own), takenBack: new Map() },
  };
}

function archivedDraft({ type, id, from, references, body }: Draft): Draft {
  return { type, id, from, references, body, archived: true };
}

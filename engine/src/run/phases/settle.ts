import { commitBatch } from '../../ledger/batches.ts';
import {
  listExceptions,
  resolveExceptions,
  type Exception,
  type Resolution,
} from '../../ledger/exceptions.ts';
import type { Claim } from '../../ledger/slices.ts';
import type { BatchKey } from '../../ledger/workUnit.ts';
import type { Target } from '../../model/target.ts';
import { unpackDrafts, type PackedDrafts } from '../drafts.ts';
import { itemAt, packItems } from '../../staging/packedItems.ts';
import type { Delivery } from './deliver.ts';
import { emptyLoadPage, enterDelivery } from './loadPage.ts';
import { presentAt } from './references.ts';
import { deliveryCodes } from '../../model/delivery.ts';
import type { EntryPage } from '../../ledger/entries.ts';
import type { StopSignal, WorkEnd } from './work.ts';
import { writeDrafts, type LoadServices, type Written } from './writeDrafts.ts';

/**
 * The slice of a stream in which `load` settles the drafts that wait for a referent; after each
 * replay there is one more, for what the replay brought.
 */
export function settleName(replays: number): string {
  return replays === 0 ? firstSettle : `${firstSettle}-${replays}`;
}

export function isSettle(slice: string): boolean {
  return slice === firstSettle || slice.startsWith(`${firstSettle}-`);
}

const firstSettle = 'settle';

interface WaitingDraft {
  exception: Exception;
  type: string;
  id: string;
  references: readonly string[];
  body: Buffer;
}

/**
 * Settle the drafts of one stream that wait for a referent, once every stream has been loaded: those
 * whose referents have come are written, cycles among them included; the others are held. After
 * this nothing waits.
 */
export async function settleSlice(
  services: LoadServices,
  claim: Claim,
  stop: StopSignal,
): Promise<WorkEnd> {
  const { run, target: name, stream } = claim.key;
  const waiting = await waitingDrafts(services, run, name);
  const resolved = await resolvable(services.targets.get(name) as Target, waiting, stop.abort);
  const own = waiting.filter((draft) => draft.exception.key.stream === stream);
  const { records } = services.limits;
  for (let at = 0, position = claim.position; ; at += records, position++) {
    const chunk = own.slice(at, at + records);
    const last = at + records >= own.length;
    const place = { ...claim, position };
    if (!(await settleChunk(services, place, chunk, resolved, last, stop))) return 'lost';
    if (last) return 'done';
    if (stop.stopped()) return 'stopped';
  }
}

/** Drafts of a run, of all streams, that wait for a referent at a target. */
export async function waitingDrafts(
  services: Pick<LoadServices, 'database' | 'parcels'>,
  run: string,
  target: string,
): Promise<WaitingDraft[]> {
  const listed = await listExceptions(services.database, run, {
    phase: 'load',
    kind: 'waiting',
    target,
  });
  const standing = listed.filter((exception) => exception.resolution === undefined);
  const parcels = new Map<string, PackedDrafts>();
  const waiting: WaitingDraft[] = [];
  for (const exception of standing) {
    const { stream, slice, number } = exception.key;
    const place = `${stream} ${slice} ${number}`;
    let drafts = parcels.get(place);
    if (drafts === undefined) {
      const key: BatchKey = { ...exception.key, phase: 'map', target: '' };
      const items = await services.parcels.read(key, 'drafts');
      if (items === undefined) continue;
      drafts = unpackDrafts(items);
      parcels.set(place, drafts);
    }
    waiting.push(waitingDraft(exception, drafts));
  }
  return waiting;
}

function waitingDraft(exception: Exception, drafts: PackedDrafts): WaitingDraft {
  const at = exception.ordinal;
  return {
    exception,
    type: drafts.types[at] as string,
    id: drafts.ids[at] as string,
    references: drafts.references[at] ?? [],
    body: itemAt(drafts.bodies, at),
  };
}

/**
 * The largest set of waiting drafts in which every reference leads to the target or to another draft
 * of the set: start with all of them, and take out what leads nowhere until nothing more falls.
 */
async function resolvable(
  target: Target,
  waiting: readonly WaitingDraft[],
  signal: AbortSignal,
): Promise<Set<string>> {
  const open = new Set(waiting.map(({ type, id }) => `${type}/${id}`));
  const outside = new Set(waiting.flatMap(({ references }) => references));
  const present = await presentAt(target, [...outside], signal);
  for (let fell = true; fell;) {
    fell = false;
    for (const { type, id, references } of waiting) {
      const name = `${type}/${id}`;
      const leads = references.every((one) => present.has(one) || open.has(one));
      if (leads || !open.delete(name)) continue;
      fell = true;
    }
  }
  return open;
}

async function settleChunk(
  services: LoadServices,
  claim: Claim,
  chunk: readonly WaitingDraft[],
  resolved: ReadonlySet<string>,
  last: boolean,
  stop: StopSignal,
): Promise<boolean> {
  const key: BatchKey = { ...claim.key, number: claim.position };
  const drafts = asDrafts(chunk);
  const ordinals = [...chunk.keys()].filter((at) =>
    resolved.has(`${drafts.types[at]}/${drafts.ids[at]}`),
  );
  const written = await writeDrafts(services, claim, key, drafts, ordinals, stop.abort);
  if (written === 'lost') return false;
  const page = settlePage(services, drafts, ordinals, written);
  const deliveries = new Map(ordinals.map((at, index) => [at, written.deliveries[index]]));
  const resolutions = chunk.map((draft, at) => resolution(draft, deliveries.get(at)));
  const loaded = resolutions.filter((one) => one.outcome === 'loaded').length;
  const held = chunk.length - loaded;
  return services.database.transaction(async (transaction) => {
    const committed = await commitBatch(transaction, {
      key,
      attempt: written.attempt,
      fence: claim.fence,
      revision: services.revision,
      counts: { loaded, quarantined: held, waiting: -chunk.length },
      entries: page,
      parcels: [],
      exceptions: [],
      balance: [
        {
          stream: key.stream,
          target: key.target,
          drafts: { loaded, quarantined: held, waiting: -chunk.length },
        },
      ],
      last,
    });
    if (committed) await resolveExceptions(transaction, key.run, resolutions);
    return committed;
  });
}

function asDrafts(chunk: readonly WaitingDraft[]): PackedDrafts {
  return {
    types: chunk.map((draft) => draft.type),
    ids: chunk.map((draft) => draft.id),
    from: chunk.map(() => []),
    references: chunk.map((draft) => draft.references),
    bodies: packItems(chunk.map((draft) => draft.body)),
  };
}

function settlePage(
  services: LoadServices,
  drafts: PackedDrafts,
  ordinals: readonly number[],
  written: Written,
): EntryPage {
  const page = emptyLoadPage(drafts, services.random);
  page.states.fill(deliveryCodes.refused);
  for (const [index, at] of ordinals.entries()) {
    enterDelivery(page, at, written.deliveries[index], written.before[index] ?? 0);
  }
  return page;
}

function resolution(draft: WaitingDraft, delivery: Delivery | undefined): Resolution {
  const exception = draft.exception.id;
  if (delivery?.state === 'delivered') {
    return { exception, outcome: 'loaded', code: '', version: delivery.version };
  }
  const code = delivery?.state === 'refused' ? delivery.code : 'reference-unresolved';
  return { exception, outcome: 'quarantined', code };
}

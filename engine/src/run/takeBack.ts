import { HandoverError, exitCodes } from '../base/errors.ts';
import type { BalanceChange } from '../ledger/balances.ts';
import { unpackContributions } from '../ledger/entries.ts';
import { exceptionsOf, resolveExceptions, type Exception } from '../ledger/exceptions.ts';
import { pageOf } from '../ledger/pages.ts';
import { supersede, supersededOf } from '../ledger/replays.ts';
import { enterTakenBack, takenBackOf } from '../ledger/takenBack.ts';
import type { BatchKey } from '../ledger/workUnit.ts';
import { deliveryCodes, isDelivered } from '../model/delivery.ts';
import type { Database } from '../store/database.ts';
import type { Transaction } from '../store/session.ts';

/** What leaves the balance where it stood, and the notes that say why. */
export class Taken {
  mapped = 0;
  quarantined = 0;
  excluded = 0;
  readonly drafts: BalanceChange[] = [];
  readonly #notes: ((transaction: Transaction) => Promise<void>)[] = [];

  /** Counts of the batch that takes them back. */
  counts(): Record<string, number> {
    const { mapped, quarantined, excluded } = this;
    return {
      read: 0,
      fromMapped: mapped,
      fromQuarantined: quarantined,
      ...(excluded > 0 && { fromExcluded: excluded }),
    };
  }

  /** Of the stream the records are of: they wait again. */
  balance(stream: string): BalanceChange[] {
    const { mapped, quarantined, excluded } = this;
    const waiting = mapped + quarantined + excluded;
    const records = {
      mapped: -mapped,
      quarantined: -quarantined,
      excluded: -excluded,
      waiting,
    };
    return [...this.drafts, { stream, records }];
  }

  note(act: (transaction: Transaction) => Promise<void>): void {
    this.#notes.push(act);
  }

  /** @throws HandoverError `replay-overtaken` (transient), taking the whole transaction back. */
  async commit(transaction: Transaction): Promise<void> {
    for (const act of this.#notes) await act(transaction);
  }
}

export interface TakeBackServices {
  database: Database;
  targets: readonly string[];
}

/**
 * Take records of one batch back, to be extracted again as batch `into`: each leaves the balance where
 * it stands, its exceptions are resolved as replayed, and the drafts made of it no longer stand.
 */
export async function takeBatchBack(
  { database, targets }: TakeBackServices,
  from: BatchKey,
  ordinals: ReadonlySet<number>,
  into: BatchKey,
  taken: Taken,
): Promise<void> {
  const map: BatchKey = { ...from, phase: 'map', target: '' };
  const held = (await exceptionsOf(database, map)).filter(({ ordinal }) => ordinals.has(ordinal));
  const excluded = held.filter(({ kind }) => kind === 'excluded').length;
  taken.excluded += excluded;
  taken.quarantined += held.length - excluded;
  taken.mapped += ordinals.size - held.length;
  resolveLater(taken, from.run, held);
  taken.note(async (transaction) => {
    // Seen here, behind the balance that whoever takes records of the stream back has to move first.
    const before = await takenBackOf(transaction, from.run, from);
    if ([...ordinals].some((ordinal) => before.has(ordinal))) throw overtaken();
    const places = [...ordinals].toSorted((left, right) => left - right);
    await enterTakenBack(transaction, { ...from, ordinals: places }, into);
  });
  const page = await pageOf(database, map);
  if (page === undefined) return;
  const gone = new Set(await supersededOf(database, map));
  // Charts that came beside their records' own have their places behind what was mapped.
  const beside = await pageOf(database, { ...map, phase: 'link' });
  const made = [page, ...(beside ? [beside] : [])].flatMap(({ contributions }) =>
    unpackContributions(contributions),
  );
  const old = made.flatMap((records, at) =>
    !gone.has(at) && records.some((ordinal) => ordinals.has(ordinal)) ? [at] : [],
  );
  if (old.length === 0) return;
  taken.note(async (transaction) => {
    if ((await supersede(transaction, map, old)) < old.length) throw overtaken();
  });
  const stood = new Set(old);
  const checked = await exceptionsOf(database, { ...map, phase: 'check' });
  const broken = checked.filter(({ ordinal }) => stood.has(ordinal));
  resolveLater(taken, from.run, broken);
  for (const target of targets) {
    await takeDraftsBack(database, { ...map, phase: 'load', target }, { stood, broken }, taken);
  }
}

/**
 * Move each old draft of a target from where it stands in the balance to `superseded`; `broken` are
 * those held at `check`.
 */
async function takeDraftsBack(
  database: Database,
  key: BatchKey,
  { stood, broken }: { stood: ReadonlySet<number>; broken: readonly Exception[] },
  taken: Taken,
): Promise<void> {
  const page = await pageOf(database, key);
  const loading = await exceptionsOf(database, key);
  const exceptions = new Map([...broken, ...loading].map((one) => [one.ordinal, one]));
  const drafts = { loaded: 0, merged: 0, quarantined: 0, excluded: 0, superseded: 0 };
  for (const at of stood) {
    const state = page?.states[at];
    if (state === deliveryCodes.excluded) continue;
    const settled = exceptions.get(at)?.resolution?.outcome === 'loaded';
    if (state === deliveryCodes.merged) drafts.merged--;
    else if (state === deliveryCodes.kept) drafts.excluded--;
    else drafts[settled || isDelivered(state) ? 'loaded' : 'quarantined']--;
    drafts.superseded++;
  }
  taken.drafts.push({ stream: key.stream, target: key.target, drafts });
  resolveLater(
    taken,
    key.run,
    loading.filter(({ ordinal }) => stood.has(ordinal)),
  );
}

function resolveLater(taken: Taken, run: string, exceptions: readonly Exception[]): void {
  const open = exceptions.filter(({ resolution }) => resolution === undefined);
  if (open.length === 0) return;
  taken.note(async (transaction) => {
    const resolved = await resolveExceptions(
      transaction,
      run,
      open.map(({ id }) => ({ exception: id, outcome: 'replayed', code: '' })),
    );
    if (resolved < open.length) throw overtaken();
  });
}

/** Thrown inside the transaction, which takes everything back. */
export function overtaken(): HandoverError {
  return new HandoverError(
    'replay-overtaken',
    'Another replay has taken the same items; none moved.',
    {
      failure: 'transient',
      exitCode: exitCodes.unavailable,
      next: 'Look at what is still held with `handover quarantine list`, then replay that.',
    },
  );
}

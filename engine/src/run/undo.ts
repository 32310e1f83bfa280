import type { BatchRecorder } from '../audit/batchRecorder.ts';
import type { Clock } from '../base/clock.ts';
import { HandoverError, exitCodes } from '../base/errors.ts';
import { conflictName, takenIn } from '../ledger/conflicts.ts';
import { emptyPage, typeAt } from '../ledger/entries.ts';
import { intendedIds, type IntendedIds } from '../ledger/intents.ts';
import { pageOf } from '../ledger/pages.ts';
import { setRunState } from '../ledger/runs.ts';
import { loadHolders } from '../ledger/slices.ts';
import { intentsToUndo, openingOf, recordUndone, type Undoable } from '../ledger/undo.ts';
import type { BatchKey } from '../ledger/workUnit.ts';
import { deliveryCodes } from '../model/delivery.ts';
import type { Stored, Target, Write } from '../model/target.ts';
import type { Database } from '../store/database.ts';
import { idAt, idToken } from './idToken.ts';
import type { Parcels } from './parcels.ts';
import { isRetire } from './phases/retire.ts';
import { beforeImages, versionsOf } from './phases/writeDrafts.ts';
import { judgeContent, takeBack, wayBackOf, writtenBodies, type WayBack } from './undoByVersion.ts';

export interface UndoServices {
  database: Database;
  targets: ReadonlyMap<string, Target>;
  parcels: Parcels;
  audit: BatchRecorder;
  clock: Clock;
  /** Names of targets that keep every version: what was written there is taken back by new ones. */
  byNewVersion?: ReadonlySet<string>;
  /** Whether what the target holds means the same as what was to be written. */
  same: (body: Buffer, stored: Stored) => boolean;
}

/** What an undo did, target by target. */
export interface UndoResult {
  target: string;
  reverted: number;
  /** The target's history still shows what was taken back. */
  historyKept: boolean;
}

/**
 * Take back everything a run wrote, newest first, exactly: what it created is gone, what it replaced
 * is the version that stood there. Allowed until the target is opened to its users. The run must be
 * cancelled, so that nobody begins to write any more.
 *
 * A run may have been killed between an intent and its batch: then the target is asked what it took.
 * Everything is checked before anything is changed: a resource that somebody else has written since
 * stops the undo with the ids (`foreign-change`, exit 8). An undo that was interrupted goes on where
 * it stopped.
 * @throws HandoverError `target-opened` (exit 4), `run-busy` (exit 7), `foreign-change` (exit 8).
 */
export async function undoRun(
  services: UndoServices,
  run: string,
  signal: AbortSignal,
): Promise<UndoResult[]> {
  const { database } = services;
  for (const name of services.targets.keys()) await refuseOpened(database, name);
  if ((await loadHolders(database, run)).length > 0) throw runBusy();
  for (const name of services.targets.keys()) await refuseForeign(services, run, name, signal);
  const results: UndoResult[] = [];
  for (const name of services.targets.keys()) {
    let reverted = 0;
    for (const undoable of await intentsToUndo(database, run, name)) {
      reverted += await undoIntent(services, undoable, signal);
    }
    results.push({ target: name, reverted, historyKept: keepsVersions(services, name) });
  }
  await database.transaction((transaction) => setRunState(transaction, run, 'undone'));
  return results;
}

function keepsVersions({ byNewVersion }: UndoServices, target: string): boolean {
  return byNewVersion?.has(target) === true;
}

/** Whether an undo was refused before it changed anything. */
export function isUndoRefusal(error: unknown): boolean {
  return error instanceof HandoverError && refusals.has(error.code);
}

const refusals: ReadonlySet<string> = new Set(['target-opened', 'run-busy', 'foreign-change']);

/** @throws HandoverError `target-opened` (exit 4). */
export async function refuseOpened(database: Database, target: string): Promise<void> {
  const opened = await openingOf(database, target);
  if (opened === undefined) return;
  throw new HandoverError(
    'target-opened',
    `Target "${target}" was opened to its users; from then on it is a legal record.`,
    {
      exitCode: exitCodes.gateNotMet,
      next: 'Correct what is wrong with a new run under a corrected mapping; nothing is deleted.',
    },
  );
}

/** A resource as a batch of ours wrote or removed it, or may have done so. */
export interface WrittenVersion {
  type: string;
  id: string;
  version: number;
  /** Set where only the content can tell whether the version is ours. */
  body?: Buffer | undefined;
  unsure: boolean;
  /** The version is a removal. */
  removal: boolean;
}

/** What an intent led to: a version for each resource that it created or replaced. */
function writtenBy(services: UndoServices, undoable: Undoable): Promise<WrittenVersion[]> {
  return undoable.committed
    ? committedVersions(services, undoable.key)
    : intendedVersions(services, undoable.key);
}

const changing: ReadonlySet<number> = new Set([
  deliveryCodes.created,
  deliveryCodes.updated,
  deliveryCodes.removed,
]);

async function committedVersions(
  { database }: UndoServices,
  key: BatchKey,
): Promise<WrittenVersion[]> {
  const page = await pageOf(database, key);
  const written: WrittenVersion[] = [];
  for (let at = 0; at < (page?.count ?? 0); at++) {
    const state = page?.states[at];
    if (state === undefined || !changing.has(state)) continue;
    written.push({
      type: typeAt(page!, at),
      id: idAt(page!.tokens, at),
      version: page!.versions.readUInt32LE(at * 4),
      unsure: false,
      removal: state === deliveryCodes.removed,
    });
  }
  return written;
}

/**
 * What an intent without a batch may have written: the version after the one that stood there. Where
 * nothing stood, the id alone says that it is ours, as nobody else can make it.
 */
async function intendedVersions(services: UndoServices, key: BatchKey): Promise<WrittenVersion[]> {
  const ids = (await intendedIds(services.database, key)) ?? (await mappedIds(services, key));
  const images = await beforeImages(services.parcels, key);
  const before = new Map(images.map((one) => [`${one.type}/${one.id}`, one.version]));
  const bodies = before.size === 0 ? new Map<string, Buffer>() : await writtenBodies(services, key);
  const written: WrittenVersion[] = [];
  for (let at = 0; at * 16 < ids.tokens.length; at++) {
    const type = typeAt(ids, at);
    const id = idAt(ids.tokens, at);
    const name = `${type}/${id}`;
    const stood = before.get(name) ?? 0;
    const unsure = stood > 0;
    const removal = isRetire(key.slice) && !bodies.has(name);
    written.push({ type, id, version: stood + 1, unsure, removal, body: bodies.get(name) });
  }
  return written;
}

/** All drafts of the batch: an intent that does not name its own is about some of them. */
async function mappedIds({ database }: UndoServices, key: BatchKey): Promise<IntendedIds> {
  return (await pageOf(database, { ...key, phase: 'map', target: '' })) ?? emptyPage;
}

/**
 * Whose the version at the target is: `ours` to take back, `earlier` than ours (we never wrote it, or
 * it was reverted already), or `later`, written by somebody else or by a newer batch of ours.
 */
function judge(
  { same }: UndoServices,
  written: WrittenVersion,
  stored: Stored,
  way: WayBack | undefined,
): 'ours' | 'earlier' | 'later' {
  if (way !== undefined) return judgeContent(way, written, stored, same);
  if (stored.state === 'absent' || stored.version < written.version) return 'earlier';
  if (stored.version > written.version) return 'later';
  if (!written.unsure) return 'ours';
  if (written.removal) return stored.state === 'removed' ? 'ours' : 'later';
  return written.body !== undefined && same(written.body, stored) ? 'ours' : 'later';
}

/** @throws HandoverError `foreign-change` with every resource that somebody else has written since. */
async function refuseForeign(
  services: UndoServices,
  run: string,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const target = services.targets.get(name) as Target;
  const later = new Set<string>();
  const ours = new Set<string>();
  const taken = await takenIn(services.database, run, name);
  const layers = new Layers(taken);
  for (const undoable of await intentsToUndo(services.database, run, name)) {
    const written = await writtenBy(services, undoable);
    const way = await wayBack(services, undoable.key);
    const stored = await target.fetch(written, 'body', signal);
    if (taken.size > 0) await layers.add(services, undoable.key, written);
    for (const [at, one] of written.entries()) {
      const now = stored[at] as Stored;
      if (now.state === 'absent') continue;
      const whose = judge(services, one, now, way);
      if (whose !== 'earlier') (whose === 'ours' ? ours : later).add(`${one.type}/${one.id}`);
    }
  }
  // A later version that another batch of the same run wrote (a replay, a re-map) is not foreign.
  const between = layers.between();
  const foreign = [...later].filter((one) => !ours.has(one) || between.has(one));
  if (foreign.length > 0) throw foreignChange(foreign);
}

/**
 * Of resources that this run wrote over what users had made of them, because somebody took the source's:
 * its versions. Where it had written one before the users did, theirs lies between.
 */
class Layers {
  readonly #taken: ReadonlySet<string>;
  readonly #layers = new Map<string, { version: number; over: number }[]>();

  constructor(taken: ReadonlySet<string>) {
    this.#taken = taken;
  }

  async add(
    { parcels }: UndoServices,
    key: BatchKey,
    written: readonly WrittenVersion[],
  ): Promise<void> {
    const own = written.filter(({ type, id }) => this.#taken.has(conflictName(type, idToken(id))));
    if (own.length === 0) return;
    const over = versionsOf(await beforeImages(parcels, key));
    for (const { type, id, version } of own) {
      const name = `${type}/${id}`;
      const layer = { version, over: over.get(name) ?? 0 };
      this.#layers.set(name, [...(this.#layers.get(name) ?? []), layer]);
    }
  }

  between(): Set<string> {
    const found = new Set<string>();
    for (const [name, layers] of this.#layers) {
      const rising = layers.toSorted((one, other) => one.version - other.version);
      const apart = rising.some((one, at) => at > 0 && one.over > (rising[at - 1]?.version ?? 0));
      if (apart) found.add(name);
    }
    return found;
  }
}

async function undoIntent(
  services: UndoServices,
  undoable: Undoable,
  signal: AbortSignal,
): Promise<number> {
  const { database, targets, audit, clock } = services;
  const target = targets.get(undoable.key.target) as Target;
  const written = await writtenBy(services, undoable);
  const stored = await target.fetch(written, 'body', signal);
  const way = await wayBack(services, undoable.key);
  const ours = written.flatMap((one, at) => {
    const now = stored[at] as Stored;
    const isOurs = isPart(now) || judge(services, one, now, way) === 'ours';
    return isOurs ? [{ one, now }] : [];
  });
  const { run, target: system, stream, slice, number } = undoable.key;
  const at = { run, system, stream, slice, number };
  await database.transaction((transaction) => audit.recordTakenBack(transaction, at, clock.now()));
  const done =
    way === undefined
      ? await revert(
          target,
          ours.map(({ one }) => one),
          signal,
        )
      : await takeBack(
          target,
          way,
          ours.map(({ now }) => now),
          signal,
        );
  if (!done) throw undoIncomplete();
  await database.transaction((transaction) => recordUndone(transaction, undoable.key, ours.length));
  return ours.length;
}

/** Left by a write of ours that broke off; nobody else makes such. */
function isPart(stored: Stored): boolean {
  return stored.state === 'absent' && stored.partly === true;
}

async function wayBack(services: UndoServices, key: BatchKey): Promise<WayBack | undefined> {
  return keepsVersions(services, key.target) ? wayBackOf(services, key) : undefined;
}

async function revert(
  target: Target,
  ours: readonly WrittenVersion[],
  signal: AbortSignal,
): Promise<boolean> {
  if (ours.length === 0) return true;
  const writes = ours.map(({ type, id, version }): Write => ({
    kind: 'revert',
    type,
    id,
    ifVersion: version,
  }));
  const receipts = await target.write(writes, signal);
  return receipts.every(({ state }) => state === 'delivered');
}

function runBusy(): HandoverError {
  return new HandoverError('run-busy', 'A worker is still writing for this run.', {
    failure: 'transient',
    exitCode: exitCodes.unavailable,
    next: 'Stop the workers of the run with Ctrl-C, or wait a minute; then undo again.',
  });
}

function foreignChange(resources: readonly string[]): HandoverError {
  const shown = resources.slice(0, 20).join(', ');
  const more = resources.length > 20 ? ` and ${resources.length - 20} more` : '';
  return new HandoverError(
    'foreign-change',
    `Somebody else has changed ${resources.length} resources since: ${shown}${more}. Nothing was undone.`,
    {
      exitCode: exitCodes.integrityBroken,
      next: 'Look at those resources at the target, take back or keep the changes there, then undo again.',
    },
  );
}

function undoIncomplete(): HandoverError {
  return new HandoverError(
    'undo-incomplete',
    'The target did not take back everything; what it took back is recorded.',
    {
      failure: 'transient',
      exitCode: exitCodes.unavailable,
      next: 'Check the target, then run the same `handover undo` again: it goes on where it stopped.',
    },
  );
}

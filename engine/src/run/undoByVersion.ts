import { itemAt } from '../staging/packedItems.ts';
import type { Database } from '../store/database.ts';
import { typeAt } from '../ledger/entries.ts';
import { intendedIds, type IntendedIds } from '../ledger/intents.ts';
import type { BatchKey } from '../ledger/workUnit.ts';
import type { Stored, Target, Write } from '../model/target.ts';
import { unpackDrafts, type DraftColumns } from './drafts.ts';
import { readLinkedDrafts } from './linkedDrafts.ts';
import { circlesOf, withoutReferences } from './looseReferences.ts';
import type { Parcels } from './parcels.ts';
import { idAt } from './idToken.ts';
import { formerImages } from './phases/formerImages.ts';
import { writeLevels } from './phases/references.ts';
import { isRetire } from './phases/retire.ts';
import { isSettle, waitingDrafts } from './phases/settle.ts';
import { beforeBodies } from './phases/writeDrafts.ts';

/** The way back at a target that keeps every version: what is needed of one batch. */
export interface WayBack {
  /** What was written, by `Type/id`. */
  bodies: ReadonlyMap<string, Buffer>;
  /** What stood there before, by `Type/id`; undefined where it had been removed. */
  before: ReadonlyMap<string, Buffer | undefined>;
  /** Drafts of the batch, for the order: what refers to others is removed before them. */
  columns: DraftColumns;
}

interface Keeping {
  database: Database;
  parcels: Parcels;
}

/** Open what a batch wrote and what it wrote over. */
export async function wayBackOf(services: Keeping, key: BatchKey): Promise<WayBack> {
  const before = await beforeBodies(services.parcels, key);
  const { bodies, columns } = await batchDrafts(services, key);
  return { before, bodies, columns };
}

/** What a batch wrote, or was to write, by `Type/id`; what it removes is not among it. */
export async function writtenBodies(
  services: Keeping,
  key: BatchKey,
): Promise<ReadonlyMap<string, Buffer>> {
  return (await batchDrafts(services, key)).bodies;
}

async function batchDrafts(
  services: Keeping,
  key: BatchKey,
): Promise<Pick<WayBack, 'bodies' | 'columns'>> {
  const { database, parcels } = services;
  if (isRetire(key.slice)) return { bodies: await putBack(services, key), columns: noDrafts };
  if (isSettle(key.slice)) {
    const waiting = await waitingDrafts({ database, parcels }, key.run, key.target);
    const bodies = new Map(waiting.map(({ type, id, body }) => [`${type}/${id}`, body]));
    const columns = {
      types: waiting.map(({ type }) => type),
      ids: waiting.map(({ id }) => id),
      from: [],
      references: waiting.map(({ references }) => references),
    };
    return { bodies, columns };
  }
  const items = await readLinkedDrafts(parcels, key);
  if (items === undefined) return { bodies: new Map(), columns: noDrafts };
  const drafts = unpackDrafts(items);
  const named = drafts.ids.map((id, at): [string, Buffer] => [
    `${drafts.types[at]}/${id}`,
    itemAt(drafts.bodies, at),
  ]);
  return { bodies: new Map(named), columns: drafts };
}

/** What a re-map put back that the run had written over, by `Type/id`. */
async function putBack(services: Keeping, key: BatchKey): Promise<Map<string, Buffer>> {
  const ids = await intendedIds(services.database, key);
  const resources = Array.from({ length: (ids?.tokens.length ?? 0) / 16 }, (_, at) => ({
    type: typeAt(ids as IntendedIds, at),
    id: idAt((ids as IntendedIds).tokens, at),
  }));
  return formerImages(services, key, resources);
}

const noDrafts: DraftColumns = { types: [], ids: [], from: [], references: [] };

type Same = (body: Buffer, stored: Stored) => boolean;

/**
 * Whose content the target holds. Versions alone cannot tell: every step back is a new one, and an
 * undo that was interrupted meets its own. So what stood there before counts as taken back, and what
 * we wrote counts as ours, under whatever version.
 */
export function judgeContent(
  way: WayBack,
  written: { type: string; id: string; version: number; unsure: boolean; removal: boolean },
  stored: Stored,
  same: Same,
): 'ours' | 'earlier' | 'later' {
  const name = `${written.type}/${written.id}`;
  const image = way.before.get(name);
  if (stored.state === 'absent') return 'earlier';
  if (written.removal) {
    if (stored.state === 'present')
      return image !== undefined && same(image, stored) ? 'earlier' : 'later';
    return stored.version < written.version ? 'earlier' : 'ours';
  }
  if (stored.state === 'removed') {
    return image === undefined || stored.version < written.version ? 'earlier' : 'later';
  }
  if (image !== undefined && same(image, stored)) return 'earlier';
  const body = way.bodies.get(name);
  if (body !== undefined && same(body, stored)) return 'ours';
  if (body !== undefined && isLoosened(way, name, body, stored, same)) return 'ours';
  if (stored.version < written.version) return 'earlier';
  return stored.version === written.version && !written.unsure ? 'ours' : 'later';
}

/** What an undo that was interrupted left of a circle: ours, without references to the others of it. */
function isLoosened(
  { columns }: WayBack,
  name: string,
  body: Buffer,
  stored: Stored,
  same: Same,
): boolean {
  const circle = circlesOf(columns).get(name);
  const loose = circle && withoutReferences(body, circle);
  return loose !== undefined && same(loose, stored);
}

/**
 * Take these resources back: what was replaced is put back first, then what was created is removed,
 * what refers to others before them.
 * @returns false when the target did not do all of it.
 */
export async function takeBack(
  target: Target,
  way: WayBack,
  ours: readonly Stored[],
  signal: AbortSignal,
): Promise<boolean> {
  const writes = new Map<string, Write>();
  for (const stored of ours) {
    const { type, id } = stored;
    if (stored.state === 'absent') {
      if (stored.partly) writes.set(`${type}/${id}`, { kind: 'remove', type, id });
      continue;
    }
    const { version: ifVersion } = stored;
    const before = way.before.get(`${type}/${id}`);
    // Gone, and nothing to put back.
    if (stored.state === 'removed' && before === undefined) continue;
    const revert = { kind: 'revert', type, id, ifVersion } as const;
    writes.set(`${type}/${id}`, before === undefined ? revert : { ...revert, before });
  }
  for (const names of inOrder(way, [...writes.keys()])) {
    const level = names.map((name) => writes.get(name) as Write);
    const left = await writeAll(target, level, signal);
    if (left.length === 0) continue;
    const loose = await loosen(target, way, left, signal);
    if (loose === undefined) return false;
    if ((await writeAll(target, loose, signal)).length > 0) return false;
  }
  return true;
}

/**
 * What a target refuses while another still refers to it may go once that other is gone.
 * @returns those that were refused to the last.
 */
async function writeAll(
  target: Target,
  writes: readonly Write[],
  signal: AbortSignal,
): Promise<readonly Write[]> {
  let left = writes;
  while (left.length > 0) {
    const receipts = await target.write(left, signal);
    const refused = left.filter((_, at) => receipts[at]?.state !== 'delivered');
    if (refused.length === left.length) return refused;
    left = refused;
  }
  return left;
}

/**
 * Resources that refer to each other in a circle cannot go one by one where a server looks after
 * references and knows no transactions: they lose what binds them by a new version first.
 * @returns how they are removed then; undefined when there is no such circle among them.
 */
async function loosen(
  target: Target,
  { bodies, columns }: WayBack,
  left: readonly Write[],
  signal: AbortSignal,
): Promise<Write[] | undefined> {
  const circles = circlesOf(columns);
  const puts = left.flatMap((write): Write[] => {
    const name = `${write.type}/${write.id}`;
    const [circle, body] = [circles.get(name), bodies.get(name)];
    if (circle === undefined || body === undefined || write.kind !== 'revert') return [];
    const loose = write.before === undefined ? withoutReferences(body, circle) : undefined;
    const { type, id, ifVersion } = write;
    return loose === undefined ? [] : [{ kind: 'put', type, id, ifVersion, body: loose }];
  });
  if (puts.length === 0) return undefined;
  const versions = new Map<string, number>();
  for (const receipt of await target.write(puts, signal)) {
    if (receipt.state !== 'delivered') continue;
    versions.set(`${receipt.type}/${receipt.id}`, receipt.version);
  }
  return left.map((write) => {
    const ifVersion = versions.get(`${write.type}/${write.id}`);
    return ifVersion === undefined ? write : { ...write, ifVersion };
  });
}

function inOrder({ before, columns }: WayBack, names: readonly string[]): string[][] {
  const left = new Set(names.filter((name) => before.get(name) === undefined));
  const first = names.filter((name) => !left.has(name));
  const name = (at: number): string => `${columns.types[at]}/${columns.ids[at]}`;
  const places = [...columns.ids.keys()].filter((at) => left.has(name(at)));
  const levels = writeLevels(columns, places).toReversed();
  const ordered = levels.map((level) => [...new Set(level.map(name))]);
  for (const one of ordered.flat()) left.delete(one);
  return [first, ...ordered, [...left]].filter((group) => group.length > 0);
}

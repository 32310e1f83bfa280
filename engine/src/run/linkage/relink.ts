import { supersededOf } from '../../ledger/replays.ts';
import { countOneMore, findRun, type Run } from '../../ledger/runs.ts';
import { existingRecords } from '../../ledger/persons.ts';
import { slicesOf } from '../../ledger/slices.ts';
import type { BatchKey } from '../../ledger/workUnit.ts';
import { isItem } from '../../model/person.ts';
import { unpackDrafts } from '../drafts.ts';
import type { LinkagePlan } from '../plan/linkage.ts';
import { enterRecall, recordsToRecall, type Recalled, type RecallServices } from '../recall.ts';
import { requireMapped } from '../remap.ts';
import { refuseOpened } from '../undo.ts';
import { existingOf, leaderOf, placedElsewhere } from './leader.ts';
import { chartsOfRun } from './chartedRows.ts';
import { partsIn } from './linkRound.ts';
import { personsAtHand } from './personsAtHand.ts';
import { standingIds } from './standingRecords.ts';

export interface RelinkServices extends RecallServices {
  linkage: LinkagePlan;
}

/** What decisions move in a run. */
interface Moved {
  /** Records that lead to another chart than they did. */
  led: ReadonlySet<string>;
  /** These, and all others of the charts that they leave and come to. */
  touched: ReadonlySet<string>;
}

/**
 * Begin to lead a run to the charts that links and decisions make by now: the records behind every
 * Patient of a chart that gains or loses one, and behind all that refers to those that move, go back to
 * the mapping as one more round, which links anew. One transaction enters it.
 * @returns the number of the round; undefined: all is where it belongs.
 * @throws HandoverError `run-unfinished` (exit 2), `target-opened` (exit 4), `replay-overtaken`
 * (transient).
 */
export async function beginRelink(services: RelinkServices, run: Run): Promise<number | undefined> {
  const { database, targets } = services;
  await requireMapped(database, run, 'move what was decided with `handover link apply`');
  const known = (await findRun(database, run.id))?.replays ?? 0;
  const moved = await movedIn(services, run.id);
  if (moved.led.size === 0) return undefined;
  for (const target of targets) await refuseOpened(database, target);
  const found = await recordsBehind(services, run.id, moved);
  const round = known + 1;
  await database.transaction(async (transaction) => {
    await countOneMore(transaction, run.id, 'verifications');
    await enterRecall(services, transaction, { run: run.id, round }, found);
  });
  return round;
}

async function movedIn(services: RelinkServices, run: string): Promise<Moved> {
  const { database, linkage } = services;
  const { kinds, duplicates = [] } = linkage;
  const stood = await chartsOfRun(services, run);
  const persons = await personsAtHand(database);
  const named = new Set([...persons.persons()].flatMap(([, records]) => records));
  // Of things that came by several roads there are very many, of which few are of one.
  const isOne = (id: string): boolean =>
    named.has(id) || stood.isMerged(id) || stood.mergedInto(id).length > 0;
  const types = [...kinds, ...duplicates];
  const own = await standingIds(database, run, types, ({ id, type, stream }) =>
    isItem(type) ? isOne(id) : partsIn(linkage, type)(stream),
  );
  const placed = await placedElsewhere(database, run, types, (id) => own.has(id) || isOne(id));
  const beyond = types.filter((type) => type !== 'Patient');
  const others = await standingIds(database, run, beyond, ({ id }) => own.has(id));
  const existing = await existingOf(services, run, kinds);
  const leader = leaderOf(persons, {
    existing,
    known: await existingRecords(database),
    placed,
  });
  const leadsTo = (id: string): string => {
    if (others.has(id) && placed.has(id)) return id;
    const person = leader(id);
    return own.has(person) ? person : stood.chartOf(person);
  };
  const led = new Set([...own].filter((id) => leadsTo(id) !== stood.chartOf(id)));
  const charts = new Set([...led].flatMap((id) => [leadsTo(id), stood.chartOf(id)]));
  const isTouched = (id: string): boolean =>
    charts.has(leadsTo(id)) || charts.has(stood.chartOf(id));
  return { led, touched: new Set([...own].filter(isTouched)) };
}

async function recordsBehind(
  services: RelinkServices,
  run: string,
  moved: Moved,
): Promise<Recalled[]> {
  const found: Recalled[] = [];
  for (const { key, position } of await slicesOf(services.database, run, 'map')) {
    for (let number = 0; number < position; number++) {
      const batch: BatchKey = { ...key, number };
      const ordinals = await movedBy(services, batch, moved);
      if (ordinals.size === 0) continue;
      found.push({ batch, records: await recordsToRecall(services, batch, ordinals) });
    }
  }
  return found;
}

/** Ordinals of the records of a mapped batch whose drafts say something else now. */
async function movedBy(
  { database, parcels }: RelinkServices,
  batch: BatchKey,
  { led, touched }: Moved,
): Promise<Set<number>> {
  const items = await parcels.read(batch, 'drafts');
  if (items === undefined) return new Set();
  const drafts = unpackDrafts(items);
  const gone = new Set(await supersededOf(database, batch));
  const refers = (reference: string): boolean =>
    led.has(reference.slice(reference.indexOf('/') + 1));
  const moves = (at: number): boolean => {
    const isTouched = touched.has(drafts.ids[at] as string);
    return !gone.has(at) && (isTouched || (drafts.references[at]?.some(refers) ?? false));
  };
  return new Set(
    [...drafts.ids.keys()].filter(moves).flatMap((at) => [...(drafts.from[at] ?? [])]),
  );
}

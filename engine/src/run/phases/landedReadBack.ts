import { heldTokens } from '../../ledger/exceptions.ts';
import type { FactBatch } from '../../model/fact.ts';
import type { Target } from '../../model/target.ts';
import type { Database } from '../../store/database.ts';
import { landedItems } from '../../verification/landedItems.ts';
import { ReadBack } from '../../verification/readBack.ts';
import { idToken } from '../idToken.ts';

/** Resources that a batch's facts and absences name, by `Type/id`, and the Binary each has to be in. */
export function homesOf({ facts, absent, within }: FactBatch): ReadonlyMap<string, string> {
  if (within === undefined) return new Map();
  const about = [...facts, ...absent];
  return new Map(about.map(({ ordinal, type, id }) => [`${type}/${id}`, within[ordinal] ?? '']));
}

/**
 * What stands in documents, as if each had been read back by itself; in a document that is not there, nothing
 * is. Of a document that cannot be read there is no answer.
 */
export async function readFromDocuments(
  target: Target,
  homes: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<Map<string, ReadBack>> {
  const readBacks = new Map<string, ReadBack>();
  const byHome = Map.groupBy(homes.keys(), (name) => homes.get(name) as string);
  const ids = [...byHome.keys()].filter((home) => home !== '');
  for (let at = 0; at < ids.length; at += heldAtOnce) {
    const some = ids.slice(at, at + heldAtOnce).map((id) => ({ type: 'Binary', id }));
    const stored = await target.fetch(some, 'body', signal);
    for (const document of stored) {
      const items = landedItems(new ReadBack(document));
      if (items === undefined) byHome.delete(document.id);
      for (const name of byHome.get(document.id) ?? []) {
        const item = items?.get(name);
        if (item !== undefined) readBacks.set(name, item);
      }
    }
  }
  for (const name of [...byHome.values()].flat()) {
    const [type = '', id = ''] = name.split('/');
    if (!readBacks.has(name)) readBacks.set(name, new ReadBack({ type, id, state: 'absent' }));
  }
  return readBacks;
}

/** How many documents are held in memory at once. */
const heldAtOnce = 16;

/** Without what is said of documents that are held: it is accounted for there. */
export async function withoutHeldHomes(
  database: Database,
  run: string,
  target: string,
  batch: FactBatch,
): Promise<FactBatch> {
  const { within } = batch;
  if (within === undefined) return batch;
  const homes = [...new Set(within)].filter((home) => home !== '');
  const tokens = homes.map(idToken);
  const found = await heldTokens(database, run, target, tokens);
  const held = new Set(homes.filter((_, at) => found.has(tokens[at]?.toString('hex') ?? '')));
  if (held.size === 0) return batch;
  const stands = ({ ordinal }: { ordinal: number }): boolean => !held.has(within[ordinal] ?? '');
  return {
    ...batch,
    facts: batch.facts.filter(stands),
    unreadable: batch.unreadable.filter(stands),
  };
}

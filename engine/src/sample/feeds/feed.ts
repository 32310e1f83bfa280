import { dayOf, type Day } from '../calendar.ts';
import { refer } from '../chartItem.ts';
import type { Person } from '../people.ts';
import type { Expected } from '../table.ts';
import type { World } from '../world.ts';

/** A file that other systems were sent, or sent, and what must become of each piece of it. */
export interface FeedFile {
  /** Below the folder of feeds, with `/`. */
  path: string;
  bytes: Buffer;
  truths: readonly FeedTruth[];
}

/** A message, a document, or a claim: one line of `truth/feeds.ndjson`. */
export interface FeedTruth {
  file: string;
  /** What tells it apart in its file: a message's number, a claim's. */
  key: string;
  /** `ADT^A04`, `CCD R2.1`, `837P`. */
  kind: string;
  /** `repeated`: sent once more, nothing new is in it; `refused`: nothing is made of it. */
  outcome: 'arrives' | 'repeated' | 'refused';
  /** Whom it is of, as the tables have them. */
  patient?: Expected | null;
  /** Rows of the tables that say the same. */
  tells?: readonly Expected[];
  /** How many resources it becomes, by type: those of what happened, not of who and where. */
  makes?: Readonly<Record<string, number>>;
  /** A planted defect, and the code under which it must be told. */
  defect?: string;
  reason?: string;
}

/** The interface engine kept ten years. */
export const feedsFrom: Day = dayOf(2016, 7, 1);

export const patientOf = (person: Person): Expected | null => refer('pt_demog', person.id);

/** Everybody of a block, each with their double: a patient stands in one file. */
export function* personsOfBlock(world: World, block: number, size: number): Generator<Person> {
  const end = Math.min(world.patients, (block + 1) * size);
  for (let index = block * size; index < end; index++) {
    yield world.person(index);
    const double = world.doubleOf(index);
    if (double !== undefined) yield world.person(double);
  }
}

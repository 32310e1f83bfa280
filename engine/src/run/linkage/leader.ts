import type { Persons } from '../../linkage/persons/persons.ts';
import type { Database } from '../../store/database.ts';
import { existingPatients } from '../existing/existingPatients.ts';
import type { Parcels } from '../parcels.ts';
import { identityOf } from './people/patientPeople.ts';
import type { ReadPatients } from './linkPatients.ts';

/** The record of the same person whose Patient is to be the chart. */
export type Leader = (record: string) => string;

/** What targets have of their own, by id: whether it is out of use there. */
export type Existing = ReadonlyMap<string, boolean>;

/**
 * The oldest record of the person leads, but for what a target had of its own and has no more (`known`: all
 * that ever was), and for what is out of use there while another of its charts of the same person is not.
 */
export function leaderOf(persons: Persons, existing: Existing, known: ReadonlySet<string>): Leader {
  return (record) => {
    const standing = persons
      .recordsOf(record)
      .filter((one) => existing.has(one) || !known.has(one));
    const [first = record] = standing;
    if (existing.get(first) !== true) return first;
    return standing.find((one) => existing.get(one) === false) ?? first;
  };
}

export function existingIn({ ids, existing, retired }: ReadPatients): Existing {
  return new Map(
    ids.flatMap((id, at) => (existing[at] ? [[id, retired[at] as boolean] as const] : [])),
  );
}

/** The same of a run, from what it has read. */
export async function existingOf(
  services: { database: Database; parcels: Parcels },
  run: string,
): Promise<Existing> {
  const found = new Map<string, boolean>();
  for await (const batch of existingPatients(services, run)) {
    for (const { id, stream, patient } of batch) {
      found.set(id, identityOf(patient, stream).retired);
    }
  }
  return found;
}

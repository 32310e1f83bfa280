import type { ProjectKey } from '../../keys/projectKey.ts';
import { isOverlay } from '../../linkage/overlay.ts';
import type { Telling } from '../../mapping/telling.ts';
import { peopleTold } from '../../mapping/toldPeople.ts';
import type { Queries } from '../../store/session.ts';
import { idToken } from '../idToken.ts';
import { readTellings } from '../tellings.ts';
import type { StandingRecord } from './standingRecords.ts';

/**
 * Which of these Patients messages of one number told of as of two people, one after the other: an
 * overlay, which the Patient as it was told last does not show.
 */
export async function overwrittenAmong(
  { database, key }: { database: Queries; key: ProjectKey },
  patients: readonly StandingRecord[],
): Promise<Set<string>> {
  const found = new Set<string>();
  for (const [run, own] of Map.groupBy(patients, (one) => one.run)) {
    const byToken = new Map(own.map(({ id }) => [idToken(id).toString('hex'), id]));
    const told = await readTellings<Telling>(database, key, run, 'draft', [...byToken.keys()]);
    for (const [token, { telling }] of told) {
      const people = peopleTold(telling);
      const changes = people.slice(1).some((after, at) => isOverlay(people[at]!, after));
      if (changes) found.add(byToken.get(token) as string);
    }
  }
  return found;
}

import type { Database } from './database.ts';
import { otherKey } from './generation.ts';
import type { Queries } from './session.ts';

/** The generation of the project key that the database is sealed under; undefined before any opened it. */
export async function sealedGeneration(reader: Queries): Promise<string | undefined> {
  const { rows } = await reader.query<{ generation: string }>(
    'select generation from handover.sealing',
  );
  return rows[0]?.generation;
}

/**
 * Tie a control database to the key that seals it, when it is opened for the first time, and refuse a
 * key that is not its own from then on.
 * @returns the generation that it is sealed under, one of the two.
 * @throws HandoverError `key-generation` (exit 8)
 */
export async function tieToGeneration(
  database: Database,
  { generation, otherGeneration: former }: Generations,
): Promise<string> {
  const own = former ?? generation;
  let found = await sealedGeneration(database);
  if (found === undefined) {
    await database.transaction((transaction) =>
      transaction.query(
        'insert into handover.sealing (generation) values ($1) on conflict do nothing',
        [own],
      ),
    );
    found = await sealedGeneration(database);
  }
  if (found === undefined || (found !== generation && found !== former)) throw otherKey();
  return found;
}

/** Of a key as its file holds it: the newest, and the one before while a rotation is under way. */
export interface Generations {
  generation: string;
  otherGeneration: string | undefined;
}

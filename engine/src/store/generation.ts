import type { ClientBase } from 'pg';
import { exitCodes, HandoverError } from '../base/errors.ts';

/** @throws HandoverError `key-generation` (exit 8) */
export async function requireGeneration(
  client: ClientBase,
  held: readonly string[],
): Promise<void> {
  const { rows } = await client.query<{ generation: string }>(
    'select generation from handover.sealing',
  );
  const [found] = rows;
  if (found !== undefined && !held.includes(found.generation)) throw otherKey();
}

/** What was sealed and what is held do not fit together. */
export function otherKey(): HandoverError {
  return new HandoverError(
    'key-generation',
    'The control database is sealed under another generation of the project key than the key file holds.',
    {
      next: 'Nothing was read or written. If the key was rotated while this ran, start it again; if a backup was restored, restore key file and database of the same time.',
      exitCode: exitCodes.integrityBroken,
    },
  );
}

import { parseJson, type JsonObject } from '../../base/json.ts';
import { existingStream } from '../../ledger/persons.ts';
import { slicesOf } from '../../ledger/slices.ts';
import { itemAt } from '../../staging/packedItems.ts';
import type { Database } from '../../store/database.ts';
import { unpackDrafts } from '../drafts.ts';
import type { Parcels } from '../parcels.ts';
import { isExisting } from './existingSlice.ts';

/** What a target has of its own, under its stable id. */
export interface ExistingResource {
  id: string;
  /** As worklists name where it comes from. */
  stream: string;
  resource: JsonObject;
}

/** The resources of a type that targets had of their own when a run read them, batch by batch. */
export async function* existingResources(
  { database, parcels }: { database: Database; parcels: Parcels },
  run: string,
  type: string,
): AsyncGenerator<ExistingResource[]> {
  for (const { key, position } of await slicesOf(database, run, 'link')) {
    if (!isExisting(key.slice)) continue;
    const stream = existingStream(key.target);
    for (let number = 0; number < position; number++) {
      const items = await parcels.read({ ...key, number }, 'drafts');
      if (items === undefined) continue;
      const { types, ids, bodies } = unpackDrafts(items);
      // What was erased is empty.
      yield ids.flatMap((id, at) => {
        const body = itemAt(bodies, at);
        if (body.length === 0 || types[at] !== type) return [];
        return [{ id, stream, resource: parseJson(body.toString('utf8')) as JsonObject }];
      });
    }
  }
}

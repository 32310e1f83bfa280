import type { ProjectKey } from '../keys/projectKey.ts';
import { stableId } from '../keys/stableId.ts';
import type { ExistingIds, TargetId } from '../model/target.ts';
import type { Queries, Transaction } from '../store/session.ts';
import { existingStream, isStableId, tokenOf } from './persons.ts';

/** The stable id of a resource that a target had of its own, by its id there. */
export function existingId(key: ProjectKey, target: string, { type, id }: TargetId): string {
  return stableId(key.tag(existingStream(target), id), type);
}

/** What one target had of its own, as runs have read it. */
export function existingIds(
  { database, key }: { database: Queries; key: ProjectKey },
  target: string,
): ExistingIds {
  return {
    async given(ids) {
      const found = await sealedOf(database, target, ids);
      return ids.map(({ type }, at) => {
        const sealed = found[at];
        return sealed && key.open(sealed, existingContext(target, type)).toString('utf8');
      });
    },
    async ours(given) {
      const ids = given.map((one) => ({ type: one.type, id: existingId(key, target, one) }));
      const found = await sealedOf(database, target, ids);
      return ids.map(({ id }, at) => found[at] && id);
    },
  };
}

/** Keep under which stable ids a target's own resources go; those that are known stay. */
export async function keepExisting(
  transaction: Transaction,
  { key, target, run }: { key: ProjectKey; target: string; run: string },
  found: readonly TargetId[],
): Promise<void> {
  if (found.length === 0) return;
  await transaction.query(
    `insert into handover.existing_resource (target, type, token, given, run)
     select $1, found.*, $2 from unnest($3::text[], $4::bytea[], $5::bytea[]) as found
      order by 2, 3 on conflict do nothing`,
    [
      target,
      run,
      found.map(({ type }) => type),
      found.map((one) => tokenOf(existingId(key, target, one))),
      found.map(({ type, id }) => key.seal(Buffer.from(id), existingContext(target, type))),
    ],
  );
}

/** One place per id. */
async function sealedOf(
  reader: Queries,
  target: string,
  ids: readonly TargetId[],
): Promise<(Buffer | undefined)[]> {
  const places = [...ids.keys()].filter((at) => isStableId((ids[at] as TargetId).id));
  if (places.length === 0) return ids.map(() => undefined);
  const { rows } = await reader.query<{ place: number; given: Buffer }>(
    `select asked.place::int as place, e.given
       from unnest($2::text[], $3::bytea[], $4::int[]) as asked (type, token, place)
       join handover.existing_resource e
         on e.target = $1 and e.type = asked.type and e.token = asked.token`,
    [
      target,
      places.map((at) => (ids[at] as TargetId).type),
      places.map((at) => tokenOf((ids[at] as TargetId).id)),
      places,
    ],
  );
  const found = new Map(rows.map(({ place, given }) => [place, given]));
  return [...ids.keys()].map((at) => found.get(at));
}

/** What a target's own id is bound to. */
export const existingContext = (target: string, type: string): string =>
  `existing ${target} ${type}`;

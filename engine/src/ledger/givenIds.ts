import type { GivenId, GivenIds, TargetId } from '../model/target.ts';
import type { Database } from '../store/database.ts';

/** The ids that one target gave, in the control database. */
export function keptIds(database: Database, target: string): GivenIds {
  return {
    given: (ids) => lookUp(database, target, ids, 'id', 'given'),
    ours: (given) => lookUp(database, target, given, 'given', 'id'),
    keep: (pairs) => keep(database, target, pairs),
  };
}

async function lookUp(
  database: Database,
  target: string,
  ids: readonly TargetId[],
  by: 'id' | 'given',
  wanted: 'id' | 'given',
): Promise<(string | undefined)[]> {
  if (ids.length === 0) return [];
  const { rows } = await database.query<{ found: string | null }>(
    `select g.${wanted} as found
       from unnest($2::text[], $3::text[]) with ordinality as asked (type, id, place)
       left join handover.given_id g
         on g.target = $1 and g.type = asked.type and g.${by} = asked.id
      order by asked.place`,
    [target, ids.map(({ type }) => type), ids.map(({ id }) => id)],
  );
  return rows.map(({ found }) => found ?? undefined);
}

/**
 * An id that the target once gave to another resource of ours is no longer that one's: the target
 * has been emptied since.
 */
async function keep(database: Database, target: string, pairs: readonly GivenId[]): Promise<void> {
  if (pairs.length === 0) return;
  const columns = [
    target,
    pairs.map(({ type }) => type),
    pairs.map(({ id }) => id),
    pairs.map(({ given }) => given),
  ];
  await database.transaction(async (transaction) => {
    await transaction.query(
      `delete from handover.given_id g
        using unnest($2::text[], $3::text[], $4::text[]) as new (type, id, given)
        where g.target = $1 and g.type = new.type and g.given = new.given and g.id <> new.id`,
      columns,
    );
    await transaction.query(
      `insert into handover.given_id (target, type, id, given)
       select $1, * from unnest($2::text[], $3::text[], $4::text[]) as new (type, id, given)
        order by 2, 3
       on conflict (target, type, id) do update set given = excluded.given`,
      columns,
    );
  });
}

import type { Queries } from '../store/session.ts';
import { batchColumns, patientsOfBatch, type BatchRow } from './batches.ts';

/** Which looks are asked about. */
export interface LookFilter {
  /** Names of actors; all if left out. */
  actors?: readonly string[];
  /** Instants, ISO 8601: from, and before. */
  from?: string;
  until?: string;
}

/** All that one actor saw of one patient in some time. */
export interface SeenPatient {
  patient: string;
  actor: string;
  first: string;
  last: string;
  events: number;
  /** What was done, and what kinds of items were seen, each once. */
  actions: string[];
  types: string[];
  /** Ids of items that were seen. */
  items: number;
}

/** What was seen in some time and says of no patient whose it is: copies of the log, searches for nothing. */
export interface SeenOfNobody {
  actor: string;
  action: string;
  resourceType: string;
  events: number;
}

const instant = (expression: string): string =>
  `to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** SQL: within {@link LookFilter}, as bound by {@link bound}. */
const within = `($1::text[] is null or e.actor = any($1::text[]))
  and e.instant >= coalesce($2::timestamptz, '-infinity')
  and e.instant < coalesce($3::timestamptz, 'infinity')`;

function bound({ actors, from, until }: LookFilter): unknown[] {
  return [actors ?? null, from ?? null, until ?? null];
}

/**
 * Everybody of whom something was disclosed in some time, and to whom: what 45 CFR 164.410 asks after a
 * breach. What was asked for and not there discloses nothing.
 */
export async function seenPatients(reader: Queries, filter: LookFilter): Promise<SeenPatient[]> {
  const { rows } = await reader.query<SeenPatient>(
    `select e.patient, e.actor, ${instant('min(e.instant)')} as first,
            ${instant('max(e.instant)')} as last, count(distinct e.event)::int as events,
            array_agg(distinct e.action order by e.action) as actions,
            array_agg(distinct e.resource_type order by e.resource_type) as types,
            count(distinct i.id)::int as items
       from audit.event e left join lateral unnest(e.resource_ids) as i (id) on true
      where e.patient is not null and e.outcome = 'disclosed' and ${within}
      group by e.patient, e.actor order by e.patient, e.actor`,
    bound(filter),
  );
  return rows;
}

/** Copies and looks in that time that name no patient, which somebody has to judge. */
export async function seenOfNobody(reader: Queries, filter: LookFilter): Promise<SeenOfNobody[]> {
  const { rows } = await reader.query<SeenOfNobody>(
    `select e.actor, e.action, e.resource_type as "resourceType", count(*)::int as events
       from audit.event e
      where e.patient is null and e.outcome = 'disclosed' and e.resource_type <> ''
        and e.action in ('read', 'vread', 'history', 'search', 'reveal', 'export') and ${within}
      group by 1, 2, 3 order by 1, 2, 3`,
    bound(filter),
  );
  return rows;
}

/** Those of some names of which the log has nothing: neither what they did nor what they were given. */
export async function unknownActors(reader: Queries, names: readonly string[]): Promise<string[]> {
  const { rows } = await reader.query<{ name: string }>(
    `select name from unnest($1::text[]) as name
      where not exists (select from audit.event e where e.actor = name)
        and not exists (select from audit.batch b where b.system = name)`,
    [names],
  );
  return rows.map(({ name }) => name);
}

/** What runs brought to one target in some time. */
export interface LoadedTo {
  target: string;
  first: string;
  last: string;
  batches: number;
  items: number;
}

/** Loads in that time: a target holds what it was given, whether anybody looks or not. */
export async function loadsTo(reader: Queries, filter: LookFilter): Promise<LoadedTo[]> {
  const { rows } = await reader.query<LoadedTo>(
    `select b.system as target, ${instant('min(e.instant)')} as first,
            ${instant('max(e.instant)')} as last, count(*)::int as batches,
            sum(b.count)::float8 as items
       from audit.event e join audit.batch b using (event)
      where e.action = 'load' and ($1::text[] is null or b.system = any($1::text[]))
        and e.instant >= coalesce($2::timestamptz, '-infinity')
        and e.instant < coalesce($3::timestamptz, 'infinity')
      group by 1 order by 1`,
    bound(filter),
  );
  return rows;
}

/** Batches read at a time. */
const pageBatches = 20;

/** Everybody of whom a run brought something to one of these targets in that time. */
export async function loadedPatients(
  reader: Queries,
  filter: LookFilter & { actors: readonly string[] },
): Promise<SeenPatient[]> {
  const seen = new Map<string, SeenPatient & { kinds: Set<string> }>();
  let after = '0';
  for (;;) {
    const { rows } = await reader.query<BatchRow & { instant: string }>(
      `select ${batchColumns}, ${instant('e.instant')} as instant
         from audit.event e join audit.batch b using (event)
        where e.action = 'load' and b.system = any($1::text[])
          and e.instant >= coalesce($2::timestamptz, '-infinity')
          and e.instant < coalesce($3::timestamptz, 'infinity')
          and event > $4 order by event limit ${pageBatches}`,
      [...bound(filter), after],
    );
    for (const row of rows) addBatch(seen, row);
    const last = rows.at(-1);
    if (last === undefined) break;
    after = last.event;
  }
  return [...seen.values()]
    .map(({ kinds, ...one }) => ({ ...one, types: [...kinds].toSorted() }))
    .toSorted((one, other) => (one.patient < other.patient ? -1 : 1));
}

function addBatch(
  seen: Map<string, SeenPatient & { kinds: Set<string> }>,
  row: BatchRow & { instant: string },
): void {
  for (const { patient, items } of patientsOfBatch(row)) {
    if (patient === undefined) continue;
    const name = `${patient} ${row.system}`;
    const one = seen.get(name) ?? { ...nothingYet(row), patient, kinds: new Set() };
    seen.set(name, one);
    one.last = row.instant;
    one.events++;
    one.items += items.length;
    for (const item of items) one.kinds.add(item.slice(0, item.indexOf('/')));
  }
}

function nothingYet({ system, instant: first }: BatchRow & { instant: string }) {
  return { actor: system, first, last: first, events: 0, actions: ['load'], types: [], items: 0 };
}

import type { Phase } from '../model/phase.ts';
import type { Queries } from '../store/session.ts';
import type { TellingKind } from './tellings.ts';

/** How far one stream is in the phase that a run is in. */
export interface StreamProgress {
  /** `gather`: between two phases, records tell what they know before any of them is drafted or compared. */
  phase: Phase | 'gather';
  stream: string;
  /** Records or drafts that committed batches of the phase have dealt with, over all targets. */
  done: number;
  /** As many as there will be; undefined where the source cannot say. */
  total?: number;
  /** Since the first batch of the phase was committed for the stream. */
  seconds: number;
  /** Records and drafts of the stream that are held so far. */
  held: number;
}

/** Counts of a batch that add up to what it has dealt with, by phase. */
const dealtWith: Readonly<Partial<Record<Phase, readonly string[]>>> = {
  extract: ['read'],
  map: ['mapped', 'quarantined', 'excluded'],
  check: ['accepted', 'quarantined'],
  load: ['loaded', 'quarantined', 'kept', 'waiting'],
  verify: ['compared'],
};

interface Row {
  stream: string;
  source_count: string | null;
  read: string;
  drafted: string;
  loaded: string;
  held: string;
  done: string;
  seconds: number;
}

/**
 * Every stream of a run in the phase the run is in: the last one that has slices. What was read back
 * in an earlier round, before a replay or a re-map, is no part of the round at hand.
 */
export async function streamProgress(reader: Queries, run: string): Promise<StreamProgress[]> {
  const phase = await presentPhase(reader, run);
  if (phase === undefined) return [];
  const gathered = await gatherProgress(reader, run, phase);
  if (gathered.length > 0) return gathered;
  const { rows } = await reader.query<Row>(
    `select s.name as stream, s.source_count, r.read, d.drafted, d.loaded,
            r.quarantined + d.quarantined as held, b.done, b.seconds
       from handover.stream s
       join handover.run v on v.id = s.run
       join handover.record_balance r on r.run = s.run and r.stream = s.name
       join lateral (
         select coalesce(sum(drafted), 0) as drafted, coalesce(sum(loaded), 0) as loaded,
                coalesce(sum(quarantined), 0) as quarantined
           from handover.draft_balance d where d.run = s.run and d.stream = s.name) d on true
       join lateral (
         select coalesce(sum(c.value::bigint) filter (where c.key = any($3)), 0) as done,
                coalesce(extract(epoch from now() - min(b.committed_at))::float8, 0) as seconds
           from handover.batch b cross join lateral jsonb_each_text(b.counts) c
          where b.run = s.run and b.phase = $2 and b.stream = s.name
            and (b.phase <> 'verify' or b.slice like '%:' || v.verifications)) b on true
      where s.run = $1 order by s.position`,
    [run, phase, dealtWith[phase] ?? []],
  );
  return rows.map((row) => toProgress(phase, row));
}

/** What tells before the phase that follows this one, which has no slices yet. */
const tellsNext: Readonly<Partial<Record<Phase, readonly TellingKind[]>>> = {
  extract: ['draft', 'guard'],
  load: ['fact'],
};

/** Records of a phase that is done which tell before the next one begins; none where nothing does. */
async function gatherProgress(
  reader: Queries,
  run: string,
  phase: Phase,
): Promise<StreamProgress[]> {
  const kinds = tellsNext[phase];
  if (kinds === undefined) return [];
  // The kinds come one after the other: the last that has begun.
  const { rows } = await reader.query<GatherRow>(
    `with own as (
       select t.* from handover.telling_batch t
        where t.run = $1 and t.kind = (
          select kind from handover.telling_batch where run = $1 and kind = any($2::text[])
           order by array_position($2::text[], kind) desc limit 1))
     select s.name as stream, r.read, r.quarantined as held, sum((b.counts->>'read')::bigint) as done,
            extract(epoch from now() - min(o.told_at))::float8 as seconds
       from own o
       join handover.batch b on b.run = o.run and b.phase = 'extract' and b.target = ''
        and b.stream = o.stream and b.slice = o.slice and b.number = o.number
       join handover.stream s on s.run = o.run and s.name = o.stream
       join handover.record_balance r on r.run = o.run and r.stream = o.stream
      group by s.name, s.position, r.read, r.quarantined order by s.position`,
    [run, kinds],
  );
  return rows.map(({ stream, read, held, done, seconds }) => ({
    phase: 'gather',
    stream,
    done: Number(done),
    total: Number(read),
    seconds,
    held: Number(held),
  }));
}

interface GatherRow {
  stream: string;
  read: string;
  held: string;
  done: string | null;
  seconds: number;
}

async function presentPhase(reader: Queries, run: string): Promise<Phase | undefined> {
  const { rows } = await reader.query<{ phase: Phase }>(
    `select phase from handover.slice where run = $1 group by phase
      order by array_position(array['extract','map','check','load','verify'], phase) desc limit 1`,
    [run],
  );
  return rows[0]?.phase;
}

function toProgress(phase: Phase, row: Row): StreamProgress {
  const total = totalOf(phase, row);
  return {
    phase,
    stream: row.stream,
    done: Number(row.done),
    ...(total !== null && { total: Number(total) }),
    seconds: row.seconds,
    held: Number(row.held),
  };
}

function totalOf(phase: Phase, row: Row): string | null {
  if (phase === 'extract') return row.source_count;
  if (phase === 'map') return row.read;
  return phase === 'verify' ? row.loaded : row.drafted;
}

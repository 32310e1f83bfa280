import type { Phase } from '../model/phase.ts';
import type { Queries } from '../store/session.ts';

/** How far one stream is in the phase that a run is in. */
export interface StreamProgress {
  phase: Phase;
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
  load: ['loaded', 'quarantined', 'waiting'],
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

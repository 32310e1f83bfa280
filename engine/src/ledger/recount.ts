import type { Queries } from '../store/session.ts';
import { latestRound } from './findings.ts';

interface RecordCounts {
  read: number;
  mapped: number;
  quarantined: number;
  excluded: number;
}

interface VerificationCounts {
  compared: number;
  verified: number;
  facts: number;
  factRecords: number;
  missing: number;
  extra: number;
  different: number;
  unverifiable: number;
  /** Allergies and medications without a code. */
  uncoded: number;
}

/**
 * The counts of a run, counted again from its batches and entries: a second opinion beside the
 * running totals, which are kept by other statements.
 */
export interface Recount {
  records(stream: string): RecordCounts;
  /** Of a name that `map` counted by, its total in each stream that has one. */
  tally(prefix: string): readonly { stream: string; name: string; total: number }[];
  verification(stream: string, target: string): VerificationCounts;
}

interface Row {
  phase: string;
  stream: string;
  target: string;
  name: string;
  total: string;
}

export async function recountBatches(reader: Queries, run: string): Promise<Recount> {
  const { rows } = await reader.query<Row>(
    `select b.phase, b.stream, b.target, c.key as name, sum(c.value::bigint) as total
       from handover.batch b cross join lateral jsonb_each_text(b.counts) c
      where b.run = $1 and (b.phase <> 'extract' or ${presentGeneration})
        and (b.phase <> 'verify' or ${latestRound('b')})
      group by 1, 2, 3, 4`,
    [run],
  );
  const read = await readEntries(reader, run);
  const replayed = await replayedRecords(reader, run);
  const totals = new Map(
    rows.map((row) => [`${row.phase} ${row.stream} ${row.target} ${row.name}`, Number(row.total)]),
  );
  const total = (phase: string, stream: string, target: string, name: string): number =>
    totals.get(`${phase} ${stream} ${target} ${name}`) ?? 0;
  return {
    records: (stream) => {
      const again = replayed.get(stream) ?? { mapped: 0, quarantined: 0, excluded: 0 };
      return {
        read: read.get(stream) ?? 0,
        mapped: total('map', stream, '', 'mapped') - again.mapped,
        quarantined: total('map', stream, '', 'quarantined') - again.quarantined,
        excluded: total('map', stream, '', 'excluded') - again.excluded,
      };
    },
    tally: (prefix) =>
      rows
        .filter((row) => row.phase === 'map' && row.name.startsWith(prefix))
        .map((row) => ({
          stream: row.stream,
          name: row.name.slice(prefix.length),
          total: Number(row.total),
        })),
    verification: (stream, target) => ({
      compared: total('verify', stream, target, 'compared'),
      verified: total('verify', stream, target, 'verified'),
      facts: total('verify', stream, target, 'facts'),
      factRecords: total('verify', stream, target, 'factRecords'),
      missing: total('verify', stream, target, 'missing'),
      extra: total('verify', stream, target, 'extra'),
      different: total('verify', stream, target, 'different'),
      unverifiable: total('verify', stream, target, 'unverifiable'),
      uncoded: total('verify', stream, target, 'uncoded'),
    }),
  };
}

/** Slices of a generation that was given up begin with its number. */
export const presentGeneration = `exists (
  select 1 from handover.stream s
   where s.run = b.run and s.name = b.stream
     and (b.slice like 'replay-%' or b.slice like s.generation || '-%'))`;

/** Entries of the present generation, one by one as they are packed. */
async function readEntries(reader: Queries, run: string): Promise<Map<string, number>> {
  const { rows } = await reader.query<{ stream: string; total: string }>(
    `select b.stream, sum(octet_length(b.tokens) / 16) as total from handover.entry b
      where b.run = $1 and b.phase = 'extract' and b.slice not like 'replay-%'
        and ${presentGeneration}
      group by 1`,
    [run],
  );
  return new Map(rows.map((row) => [row.stream, Number(row.total)]));
}

/** Records that were taken back from where they stood, to be mapped again. */
async function replayedRecords(
  reader: Queries,
  run: string,
): Promise<Map<string, { mapped: number; quarantined: number; excluded: number }>> {
  const { rows } = await reader.query<
    Record<'stream' | 'mapped' | 'quarantined' | 'excluded', string>
  >(
    `select stream, sum((counts->>'fromMapped')::bigint) as mapped,
            sum((counts->>'fromQuarantined')::bigint) as quarantined,
            coalesce(sum((counts->>'fromExcluded')::bigint), 0) as excluded
       from handover.batch
      where run = $1 and phase = 'extract' and slice like 'replay-%' group by 1`,
    [run],
  );
  return new Map(
    rows.map((row) => [
      row.stream,
      {
        mapped: Number(row.mapped),
        quarantined: Number(row.quarantined),
        excluded: Number(row.excluded),
      },
    ]),
  );
}

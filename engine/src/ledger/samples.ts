import type { Queries, Transaction } from '../store/session.ts';

/** A stratum of a chart sample: what is likely to go wrong, and hurts when it does. */
export interface SampleStratum {
  name: string;
  /** Patients at the target that are of it. */
  patients: number;
  /** Of those, in the sample. */
  drawn: number;
}

export interface SamplePacket {
  id: string;
  run: string;
  target: string;
  seed: string;
  population: number;
  charts: number;
  strata: readonly SampleStratum[];
  digest: string;
  madeBy: string;
}

export async function recordPacket(
  transaction: Transaction,
  packet: SamplePacket,
  at: Date,
): Promise<void> {
  await transaction.query(
    `insert into handover.sample_packet
       (id, run, target, seed, population, charts, strata, digest, made_by, made_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      packet.id,
      packet.run,
      packet.target,
      packet.seed,
      packet.population,
      packet.charts,
      JSON.stringify(packet.strata),
      packet.digest,
      packet.madeBy,
      at,
    ],
  );
}

export async function findPacket(reader: Queries, id: string): Promise<SamplePacket | undefined> {
  const { rows } = await reader.query<SamplePacket>(`${packetColumns} where id = $1`, [id]);
  return rows[0];
}

/** Packets of a run, the newest first. */
export async function packetsOf(reader: Queries, run: string): Promise<SamplePacket[]> {
  const { rows } = await reader.query<SamplePacket>(
    `${packetColumns} where run = $1 order by made_at desc, id desc`,
    [run],
  );
  return rows;
}

const packetColumns = `select id, run, target, seed, population, charts, strata, digest,
  made_by as "madeBy" from handover.sample_packet`;

export type ChartVerdict = 'safe' | 'not safe' | 'unsure';

export interface ChartReview {
  packet: string;
  chart: number;
  reviewer: string;
  verdict: ChartVerdict;
  /** Seen on the target's own screen too. */
  onScreen: boolean;
}

/** @returns false: this reviewer has said something of this chart already, and that stands. */
export async function recordReview(
  transaction: Transaction,
  review: ChartReview,
  at: Date,
): Promise<boolean> {
  const { count } = await transaction.query(
    `insert into handover.chart_review (packet, chart, reviewer, verdict, on_screen, reviewed_at)
     values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
    [review.packet, review.chart, review.reviewer, review.verdict, review.onScreen, at],
  );
  return count === 1;
}

/** What was said of the charts of one packet. */
export interface PacketState {
  charts: number;
  population: number;
  reviewed: number;
  /** Found safe by somebody, on the target's screen too, and neither unsafe nor unsure by anybody. */
  safe: number;
  unsafe: number;
  unsure: number;
}

export async function packetState(
  reader: Queries,
  { id, charts, population }: SamplePacket,
): Promise<PacketState> {
  const { rows } = await reader.query<Record<'reviewed' | 'safe' | 'unsafe' | 'unsure', string>>(
    `select count(*) as reviewed,
            count(*) filter (where safe and not unsafe and not unsure) as safe,
            count(*) filter (where unsafe) as unsafe,
            count(*) filter (where unsure and not unsafe) as unsure
       from (select bool_or(verdict = 'safe' and on_screen) as safe,
                    bool_or(verdict = 'not safe') as unsafe, bool_or(verdict = 'unsure') as unsure
               from handover.chart_review where packet = $1 group by chart) as chart`,
    [id],
  );
  const row = rows[0];
  return {
    charts,
    population,
    reviewed: Number(row?.reviewed ?? 0),
    safe: Number(row?.safe ?? 0),
    unsafe: Number(row?.unsafe ?? 0),
    unsure: Number(row?.unsure ?? 0),
  };
}

/** The state of the newest sample of a run at a target; undefined: none was drawn. */
export async function sampleStateOf(
  reader: Queries,
  run: string,
  target: string,
): Promise<PacketState | undefined> {
  const newest = (await packetsOf(reader, run)).find((packet) => packet.target === target);
  return newest && packetState(reader, newest);
}

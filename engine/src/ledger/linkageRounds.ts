import type { PersonQuestion } from '../model/person.ts';
import type { Queries, Transaction } from '../store/session.ts';
import { idOf, tokenOf } from './persons.ts';

/** Counts of a round of linking. */
export type LinkageCounts = Readonly<Record<string, number>>;

export interface LinkageRound {
  run: string;
  round: number;
  /** Digest. */
  model: string;
  counts: LinkageCounts;
}

/** Which round. */
export type RoundName = Pick<LinkageRound, 'run' | 'round'>;

export async function enterRound(transaction: Transaction, round: LinkageRound): Promise<void> {
  await transaction.query(
    'insert into handover.linkage_round (run, round, model, counts) values ($1, $2, $3, $4)',
    [round.run, round.round, round.model, JSON.stringify(round.counts)],
  );
}

/** The newest round of a run. */
export async function newestRound(reader: Queries, run: string): Promise<LinkageRound | undefined> {
  const { rows } = await reader.query<LinkageRound>(
    `select run, round, model, counts from handover.linkage_round
      where run = $1 order by round desc limit 1`,
    [run],
  );
  return rows[0];
}

/** The newest round of the project. */
export async function lastRound(reader: Queries): Promise<LinkageRound | undefined> {
  const { rows } = await reader.query<LinkageRound>(
    `select l.run, l.round, l.model, l.counts from handover.linkage_round l
       join handover.run r on r.id = l.run
      where r.state <> 'undone' order by l.decided_at desc limit 1`,
  );
  return rows[0];
}

/** A record that leads to another one's chart; `kept` is sealed. */
export interface ChartedRow {
  record: string;
  chart: string;
  kept: Buffer;
}

export function enterCharted(
  transaction: Transaction,
  round: RoundName,
  rows: readonly ChartedRow[],
): Promise<void> {
  return enterRows(transaction, 'charted', round, rows);
}

/** Charts that records bring along beside their own Patients. */
export function enterBrought(
  transaction: Transaction,
  round: RoundName,
  rows: readonly ChartedRow[],
): Promise<void> {
  return enterRows(transaction, 'brought_chart', round, rows);
}

async function enterRows(
  transaction: Transaction,
  table: 'charted' | 'brought_chart',
  { run, round }: RoundName,
  rows: readonly ChartedRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await transaction.query(
    `insert into handover.${table} (run, round, record, chart, kept)
     select $1, $2, * from unnest($3::bytea[], $4::bytea[], $5::bytea[])`,
    [
      run,
      round,
      rows.map(({ record }) => tokenOf(record)),
      rows.map(({ chart }) => tokenOf(chart)),
      rows.map(({ kept }) => kept),
    ],
  );
}

interface KeptRow {
  record: Buffer;
  chart: Buffer;
  kept: Buffer;
}

export async function broughtOf(reader: Queries, { run, round }: RoundName): Promise<ChartedRow[]> {
  const { rows } = await reader.query<KeptRow>(
    `select record, chart, kept from handover.brought_chart
      where run = $1 and round = $2 order by record, chart`,
    [run, round],
  );
  return rows.map(chartedRow);
}

export async function chartedOf(reader: Queries, { run, round }: RoundName): Promise<ChartedRow[]> {
  const { rows } = await reader.query<KeptRow>(
    `select c.record, c.chart, c.kept from handover.charted c
       join handover.person_record r on r.token = c.record
      where c.run = $1 and c.round = $2 order by r.ordinal`,
    [run, round],
  );
  return rows.map(chartedRow);
}

function chartedRow({ record, chart, kept }: KeptRow): ChartedRow {
  return { record: idOf(record), chart: idOf(chart), kept };
}

/**
 * Put something else in the place of what charts keep of these records, and of what these bring along, in
 * every round of a run. @returns how many rows held something of theirs.
 */
export async function replaceKept(
  transaction: Transaction,
  run: string,
  tokens: readonly Buffer[],
  { charted, brought }: Record<'charted' | 'brought', Buffer>,
): Promise<number> {
  let rows = 0;
  const kept = [
    ['charted', charted],
    ['brought_chart', brought],
  ] as const;
  for (const [table, content] of kept) {
    const { count } = await transaction.query(
      `update handover.${table} set kept = $3
        where run = $1 and (record = any($2::bytea[]) or chart = any($2::bytea[]))`,
      [run, tokens, content],
    );
    rows += count;
  }
  return rows;
}

/** Tokens of all records that lead to the charts of these, by the newest round of the project; these too. */
export async function sameChart(reader: Queries, tokens: readonly Buffer[]): Promise<Buffer[]> {
  const round = await lastRound(reader);
  if (round === undefined) return [...tokens];
  const { rows } = await reader.query<{ token: Buffer }>(
    `with rows as (select record, chart from handover.charted where run = $1 and round = $2),
          own as (select unnest($3::bytea[]) as token),
          charts as (select token from own
                     union select chart from rows where record in (select token from own))
     select token from charts union select record from rows where chart in (select token from charts)`,
    [round.run, round.round, tokens],
  );
  return rows.map(({ token }) => token);
}

/** Enter what a human is asked, what an answer settles most first. */
export async function enterQuestions(
  transaction: Transaction,
  { run, round }: RoundName,
  questions: readonly PersonQuestion[],
): Promise<void> {
  await transaction.query(
    `insert into handover.person_question
       (run, round, place, one, other, weight, settles, alarms)
     select $1, $2, place, one, other, weight, settles, string_to_array(alarms, ' ')
       from unnest($3::bytea[], $4::bytea[], $5::float8[], $6::int[], $7::text[]) with ordinality
         as asked (one, other, weight, settles, alarms, place)`,
    [
      run,
      round,
      questions.map(({ left }) => tokenOf(left)),
      questions.map(({ right }) => tokenOf(right)),
      questions.map(({ weight }) => weight),
      questions.map(({ settles }) => settles),
      questions.map(({ alarms }) => alarms.join(' ')),
    ],
  );
}

export async function questionsOf(
  reader: Queries,
  { run, round }: RoundName,
): Promise<PersonQuestion[]> {
  const { rows } = await reader.query<
    Omit<PersonQuestion, 'left' | 'right'> & { one: Buffer; other: Buffer }
  >(
    `select one, other, weight, settles, alarms from handover.person_question
      where run = $1 and round = $2 order by place`,
    [run, round],
  );
  return rows.map(({ one, other, ...asked }) => ({
    left: idOf(one),
    right: idOf(other),
    ...asked,
  }));
}

import { canonicalJson, parseJson, type JsonObject } from '../../base/json.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import {
  broughtOf,
  chartedOf,
  newestRound,
  type ChartedRow,
  type RoundName,
} from '../../ledger/linkageRounds.ts';
import { listRuns } from '../../ledger/runs.ts';
import { Charts } from '../../linkage/persons/charts.ts';
import { linkedTypes, type BroughtChart, type Charted } from '../../model/person.ts';
import type { Queries } from '../../store/session.ts';
import { keptIn, keptText, nothingKept } from './keptOnChart.ts';
import { standingIds } from './standingRecords.ts';

/** What a chart keeps of a record, and a chart that comes along, are bound to. */
export const chartedContext = (run: string): string => `charted ${run}`;

export function sealedRows(
  key: ProjectKey,
  run: string,
  charted: readonly Charted[],
): ChartedRow[] {
  return charted.map(({ record, chart, ...kept }) => ({
    record,
    chart,
    kept: key.seal(Buffer.from(keptText(kept)), chartedContext(run)),
  }));
}

export function sealedBrought(
  key: ProjectKey,
  run: string,
  brought: readonly BroughtChart[],
): ChartedRow[] {
  return brought.map(({ record, chart, former, guards }) => ({
    record,
    chart,
    kept: key.seal(
      Buffer.from(canonicalJson({ former, guards: [...guards] })),
      chartedContext(run),
    ),
  }));
}

/** Which records of a run lead to another one's chart by now, and which charts its records bring along. */
export async function chartsOfRun(
  { database, key }: { database: Queries; key: ProjectKey },
  run: string,
): Promise<Charts> {
  const round = await newestRound(database, run);
  return round ? chartsIn(database, key, round) : new Charts([]);
}

async function chartsIn(reader: Queries, key: ProjectKey, round: RoundName): Promise<Charts> {
  return new Charts(await chartedIn(reader, key, round), await broughtIn(reader, key, round));
}

/** Which records lead to which charts in a round of linking. */
export async function chartedIn(
  reader: Queries,
  key: ProjectKey,
  round: RoundName,
): Promise<Charted[]> {
  const rows = await chartedOf(reader, round);
  return rows.map(({ record, chart, kept }) => ({
    record,
    chart,
    ...keptIn(key.open(kept, chartedContext(round.run)).toString('utf8')),
  }));
}

async function broughtIn(
  reader: Queries,
  key: ProjectKey,
  round: RoundName,
): Promise<BroughtChart[]> {
  const rows = await broughtOf(reader, round);
  return rows.flatMap(({ record, chart, kept }) => {
    const { former, guards } = parseJson(
      key.open(kept, chartedContext(round.run)).toString('utf8'),
    ) as JsonObject;
    // Of somebody who was erased nothing comes along.
    if (typeof former !== 'string') return [];
    return [{ record, chart, former, guards: guards as string[] }];
  });
}

/** What takes the place of what rounds of a run keep of records of somebody who was erased, sealed. */
export function erasedRows(key: ProjectKey, run: string): Record<'charted' | 'brought', Buffer> {
  const sealed = (text: string): Buffer => key.seal(Buffer.from(text), chartedContext(run));
  return { charted: sealed(keptText(nothingKept)), brought: sealed('{}') };
}

/**
 * Which records lead to which charts as the newest of the other runs that stand says of each: those of an
 * older run that a newer one read again lead where that one led them.
 */
export async function chartedElsewhere(
  reader: Queries,
  key: ProjectKey,
  run: string,
): Promise<Charted[]> {
  const found: Charted[] = [];
  const seen = new Set<string>();
  for (const { id, state } of await listRuns(reader)) {
    if (id === run || state === 'undone') continue;
    const round = await newestRound(reader, id);
    const rows = round ? await chartedIn(reader, key, round) : [];
    found.unshift(...rows.filter(({ record }) => !seen.has(record)));
    for (const one of await standingIds(reader, id, linkedTypes, () => true)) seen.add(one);
  }
  return found;
}

/** A chart before and after a run added to it, canonical. */
export interface Addition {
  before: string;
  after: string;
}

/** What the other runs that stand have added to charts that they did not make, by chart, the newest first. */
export async function additionsElsewhere(
  reader: Queries,
  key: ProjectKey,
  run: string,
): Promise<Map<string, Addition[]>> {
  const found = new Map<string, Addition[]>();
  for (const { id, state } of await listRuns(reader)) {
    if (id === run || state === 'undone') continue;
    const round = await newestRound(reader, id);
    const charts = round && (await chartsIn(reader, key, round));
    for (const { chart, before, after } of charts?.additions() ?? []) {
      found.set(chart, [...(found.get(chart) ?? []), { before, after }]);
    }
  }
  return found;
}

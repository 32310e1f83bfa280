import type { AttestedBatch } from '../contract/certificate.ts';
import type { Queries } from '../store/session.ts';
import { latestRound } from './findings.ts';
import { presentGeneration } from './recount.ts';

interface Row {
  phase: string;
  stream: string;
  target: string;
  slice: string;
  number: number;
  counts: Record<string, number>;
  root: Buffer;
  counted: boolean;
}

/**
 * Every batch of a run as it is certified, one line of JSON each, in the one order that their tree has.
 * The effects of all lines together are the counts of the report, taken by another way.
 */
export async function attestedBatches(reader: Queries, run: string): Promise<string[]> {
  const { rows } = await reader.query<Row>(
    `select b.phase, b.stream, b.target, b.slice, b.number, b.counts, b.root,
            (b.phase <> 'extract' or ${presentGeneration})
              and (b.phase <> 'verify' or ${latestRound('b')}) as counted
       from handover.batch b where b.run = $1
      order by b.stream collate "C", b.phase collate "C", b.target collate "C",
               b.slice collate "C", b.number`,
    [run],
  );
  return rows.map(({ counts, counted, root, ...place }) => {
    const batch: AttestedBatch = {
      ...place,
      root: root.toString('base64'),
      effect: counted ? effectOf(place, counts) : {},
    };
    return JSON.stringify(batch);
  });
}

const mapped = ['mapped', 'quarantined', 'excluded'];
const verified = ['compared', 'verified', 'facts', 'missing', 'extra', 'different', 'unverifiable'];

function effectOf(
  { phase, slice }: Pick<Row, 'phase' | 'slice'>,
  counts: Readonly<Record<string, number>>,
): Record<string, number> {
  if (phase === 'extract') {
    return slice.startsWith('replay-') ? takenBack(counts) : pick(counts, ['read']);
  }
  if (phase === 'map') return pick(counts, mapped);
  return phase === 'verify' ? pick(counts, verified) : {};
}

/** Records of a replay leave the place they had; its map batches count them anew. */
function takenBack(counts: Readonly<Record<string, number>>): Record<string, number> {
  const from = { mapped: 'fromMapped', quarantined: 'fromQuarantined', excluded: 'fromExcluded' };
  return Object.fromEntries(
    Object.entries(from).flatMap(([name, own]) => (counts[own] ? [[name, -counts[own]]] : [])),
  );
}

function pick(
  counts: Readonly<Record<string, number>>,
  names: readonly string[],
): Record<string, number> {
  return Object.fromEntries(names.flatMap((name) => (counts[name] ? [[name, counts[name]]] : [])));
}

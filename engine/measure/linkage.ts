import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../src/base/clock.ts';
import { HandoverError, exitCodes } from '../src/base/errors.ts';
import { evaluate } from '../src/run/linkage/evaluate.ts';
import { cluster, estimate, score } from '../src/run/linkage/linkage.ts';
import { prepareLinkage, type TruthColumn } from '../src/run/linkage/prepare.ts';
import { proportionalBytes } from '../bench/processes.ts';

/** What linkage without any tuning found in files whose truth is known. */
export interface LinkageFigures {
  records: number;
  truePairs: number;
  predictedPairs: number;
  precision: number;
  recall: number;
  f1: number;
  seconds: number;
  /** Memory of this process, highest. */
  peakMiB: number;
}

export interface NamedFigures extends LinkageFigures {
  data: string;
}

/** FEBRL 1 to 4 and fake_1000, as the shared folder has them. */
const shared: readonly { data: string; files: readonly string[]; truth: string }[] = [
  ...['1', '2', '3'].map((at) => ({
    data: `FEBRL ${at}`,
    files: [`febrl/dataset${at}.csv`],
    truth: 'rec_id:^rec-(\\d+)-',
  })),
  {
    data: 'FEBRL 4',
    files: ['febrl/dataset4a.csv', 'febrl/dataset4b.csv'],
    truth: 'rec_id:^rec-(\\d+)-',
  },
  { data: 'fake_1000', files: ['splink/fake_1000.csv'], truth: 'cluster' },
];

/** The sets of the shared folder, each with its files and its truth. */
export function sharedSets(
  folder = path.join(process.env['HANDOVER_SHARED'] ?? sharedFolder, 'linkage'),
): { data: string; files: string[]; truth: string }[] {
  return shared.map(({ files, ...set }) => ({
    ...set,
    files: files.map((name) => path.join(folder, name)),
  }));
}

const sharedFolder = fileURLToPath(new URL('../../../shared/data', import.meta.url));

/** One file: its duplicates; two: the links between them; none: every set of the shared folder. */
export async function measureLinkage(
  folder: string,
  files: readonly string[],
  truth: string | undefined,
): Promise<LinkageFigures | { sets: NamedFigures[] }> {
  if (files.length > 0) {
    if (truth === undefined || files.length > 2) throw wanted();
    return figuresOf(files, truth);
  }
  const sets: NamedFigures[] = [];
  for (const { data, files: found, truth: column } of sharedSets(folder)) {
    sets.push({ data, ...(await figuresOf(found, column)) });
  }
  return { sets };
}

function wanted(): HandoverError {
  return new HandoverError(
    'usage',
    'One file or two are measured, by a column that says the truth.',
    {
      exitCode: exitCodes.usage,
      next: 'npm run -s measure linkage -- --truth COLUMN[:REGEX] FILE [FILE2]',
    },
  );
}

/** `COLUMN` or `COLUMN:REGEX`, the regex with one group. */
export function truthOf(text: string): TruthColumn {
  const at = text.indexOf(':');
  return at < 0 ? { column: text } : { column: text.slice(0, at), pattern: text.slice(at + 1) };
}

export async function figuresOf(files: readonly string[], truth: string): Promise<LinkageFigures> {
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, proportionalBytes([process.pid]));
  }, 100);
  const started = systemClock.monotonicMs();
  try {
    const limits = { memoryMiB: 2_600, threads: 2 };
    const prepared = await prepareLinkage(files, { ...limits, truth: truthOf(truth) });
    try {
      const model = await estimate(prepared);
      await score(prepared, model);
      const clustering = await cluster(prepared, model);
      const seconds = (systemClock.monotonicMs() - started) / 1000;
      const accuracy = await evaluate(prepared, clustering);
      peak = Math.max(peak, proportionalBytes([process.pid]));
      const peakMiB = Math.round(peak / 2 ** 20);
      return {
        records: prepared.records,
        ...accuracy,
        seconds: Number(seconds.toFixed(2)),
        peakMiB,
      };
    } finally {
      prepared.tables.close();
    }
  } finally {
    clearInterval(watch);
  }
}

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { figuresOf, sharedSets, type LinkageFigures } from '../measure/linkage.ts';
import { writePopulation } from './linkagePeople.ts';
import { benchResult, rounded, type BenchResult } from './result.ts';

/** What bench/splink/peer.py prints: clusters at the documented threshold, and the best that F1 can be. */
interface PeerFigures {
  splink: string;
  f1: number;
  best: { f1: number };
  seconds: number;
}

const run = promisify(execFile);
const peerFolder = fileURLToPath(new URL('../../bench/splink/', import.meta.url));
const environment = fileURLToPath(new URL('../../.cache/splink', import.meta.url));

/** Splink's documented settings for each of the shared sets. */
const settings = ['febrl3', 'febrl3', 'febrl3', 'febrl4', 'fake_1000'];

/**
 * Linkage without tuning beside Splink with its documented settings, on the shared sets and on a
 * generated file. The ratio is that of the wall times on the generated file; F1 stands beside it.
 */
export async function benchLinkage(records: number): Promise<BenchResult> {
  await run(path.join(peerFolder, 'install'), [environment]);
  const figures: Record<string, number | string> = {};
  for (const [at, { data, files, truth }] of sharedSets().entries()) {
    const peer = await splink(settings[at] ?? 'febrl3', truth, files);
    tell(figures, data, await figuresOf(files, truth), peer);
  }
  const folder = await mkdtemp(path.join(os.tmpdir(), 'bench-linkage-'));
  try {
    const file = path.join(folder, 'people.csv');
    await writePopulation({ records, seed: '1', file });
    const own = await figuresOf([file], 'person');
    const peer = await splink('people', 'person', [file]);
    tell(figures, `${records} invented records`, own, peer);
    return benchResult({
      bench: 'linkage',
      compared: `wall time beside Splink ${peer.splink} on ${records} invented records`,
      ratio: rounded(own.seconds / peer.seconds),
      goal: { most: 0.5 },
      figures,
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function splink(name: string, truth: string, files: readonly string[]): Promise<PeerFigures> {
  const python = path.join(environment, 'bin/python');
  const { stdout } = await run(python, [path.join(peerFolder, 'peer.py'), name, truth, ...files], {
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as PeerFigures;
}

function tell(
  figures: Record<string, number | string>,
  data: string,
  own: LinkageFigures,
  peer: PeerFigures,
): void {
  const shown = (value: number): string => value.toFixed(4);
  figures[`${data}: F1, Splink's as documented, Splink's at its best threshold`] =
    `${shown(own.f1)}, ${shown(peer.f1)}, ${shown(peer.best.f1)}`;
  figures[`${data}: seconds, Splink's, peak MiB`] =
    `${own.seconds}, ${peer.seconds}, ${own.peakMiB}`;
}

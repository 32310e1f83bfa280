import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog } from '../src/base/log.ts';
import { writeSample } from '../src/sample/sample.ts';
import { temporaryFolder } from '../src/store/testing.ts';
import { benchResult, rounded, type BenchResult } from './result.ts';

/** The whole sample hospital in a folder, with its truths, share and feeds, against 5,000 patients a minute. */
export async function benchSample(patients: number): Promise<BenchResult> {
  const folder = await temporaryFolder();
  try {
    const out = { kind: 'folder', path: join(folder, 'sample') } as const;
    const request = { patients, seed: 'bench', out, defects: 'planted', tables: 'all' } as const;
    const began = performance.now();
    const { rows } = await writeSample(request, { log: silentLog });
    const minutes = (performance.now() - began) / 60_000;
    return benchResult({
      bench: 'sample',
      compared: 'patients a minute of the whole sample hospital, against 5,000',
      ratio: rounded(patients / minutes / 5_000),
      goal: { least: 1 },
      figures: {
        patients,
        rows,
        'patients/min': Math.round(patients / minutes),
        'rows/s': Math.round(rows / minutes / 60),
      },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { stageClinic } from './clinic.ts';
import { proportionalBytes, treeOf } from './processes.ts';
import { benchResult, megabytes, rounded, type BenchResult } from './result.ts';

const sampleEveryMs = 100;

/**
 * The most memory that a full run takes at two sizes: proportional set size of the program, its
 * workers and its PostgreSQL together. The source's server is not in it.
 */
export async function benchMemory(small: number, large: number): Promise<BenchResult> {
  const least = await peakOfRun(small);
  const most = await peakOfRun(large);
  return benchResult({
    bench: 'memory',
    compared: 'peak memory of a full run, many rows against few',
    ratio: rounded(most.total / least.total),
    goal: { most: 1.25 },
    figures: {
      'rows, few': least.rows,
      'rows, many': most.rows,
      'MB, few': megabytes(least.total),
      'MB, many': megabytes(most.total),
      'MB of node, few': megabytes(least.program),
      'MB of node, many': megabytes(most.program),
      'MB of PostgreSQL, few': megabytes(least.server),
      'MB of PostgreSQL, many': megabytes(most.server),
    },
  });
}

interface Peak {
  rows: number;
  /** Bytes; each of the parts at its own worst moment. */
  total: number;
  program: number;
  server: number;
}

async function peakOfRun(rows: number): Promise<Peak> {
  const clinic = await stageClinic(rows);
  try {
    const server = (await clinic.server.pid()) ?? 0;
    const peak: Peak = { rows: clinic.rows, total: 0, program: 0, server: 0 };
    const { pid, ended } = clinic.start('run');
    const over = ended.then(() => true);
    let isOver = false;
    while (!isOver) {
      const own = proportionalBytes(treeOf(pid));
      const served = proportionalBytes(treeOf(server));
      peak.total = Math.max(peak.total, own + served);
      peak.program = Math.max(peak.program, own);
      peak.server = Math.max(peak.server, served);
      isOver = await Promise.race([over, sleep(sampleEveryMs, false)]);
    }
    return peak;
  } finally {
    await clinic.close();
  }
}

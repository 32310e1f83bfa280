import { stageClinic } from './clinic.ts';
import { endedChildrenSeconds, treeSeconds } from './processes.ts';
import { benchResult, rounded, type BenchResult } from './result.ts';

/**
 * Processor time of a full run with two worker processes, against one: what it costs to share work.
 * User and system time of all processes of the program, its starts included, and of PostgreSQL.
 */
export async function benchWorkers(rows: number): Promise<BenchResult> {
  const one = await secondsOfRun(rows, 1);
  const two = await secondsOfRun(rows, 2);
  return benchResult({
    bench: 'workers',
    compared: 'processor time per record, two worker processes against one',
    ratio: rounded((two.program + two.server) / (one.program + one.server)),
    goal: { most: 1.15 },
    figures: {
      records: one.rows,
      'µs a record, one': perRecord(one.program + one.server, one.rows),
      'µs a record, two': perRecord(two.program + two.server, two.rows),
      'of node, one': perRecord(one.program, one.rows),
      'of node, two': perRecord(two.program, two.rows),
      'of PostgreSQL, one': perRecord(one.server, one.rows),
      'of PostgreSQL, two': perRecord(two.server, two.rows),
      's, one': rounded(one.seconds),
      's, two': rounded(two.seconds),
    },
  });
}

interface Spent {
  rows: number;
  /** Processor seconds. */
  program: number;
  server: number;
  /** Of the clock. */
  seconds: number;
}

async function secondsOfRun(rows: number, workers: number): Promise<Spent> {
  const clinic = await stageClinic(rows);
  try {
    const server = (await clinic.server.pid()) ?? 0;
    const before = { program: endedChildrenSeconds(), server: treeSeconds(server) };
    const began = performance.now();
    await clinic.handover('run', '--workers', String(workers));
    return {
      rows: clinic.rows,
      program: endedChildrenSeconds() - before.program,
      server: treeSeconds(server) - before.server,
      seconds: (performance.now() - began) / 1000,
    };
  } finally {
    await clinic.close();
  }
}

function perRecord(seconds: number, records: number): number {
  return Math.round((seconds * 1e6) / records);
}

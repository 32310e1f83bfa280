import { releaseOf } from '../src/terminology/releases.ts';
import { Terminology } from '../src/terminology/terminology.ts';
import { benchResult, megabytes, rounded, type BenchResult } from './result.ts';

/** A million concepts an hour would do for nobody: a minute is asked. */
const goalSeconds = 60;
const concepts = 1_000_000;

/**
 * Concepts, descriptions and relationships in the layout of SNOMED CT, line by line, until every code
 * can be asked; beside a minute for a million.
 */
export async function benchTerminology(): Promise<BenchResult> {
  const terminology = new Terminology();
  const before = process.memoryUsage().rss;
  const began = performance.now();
  load(
    terminology,
    'sct2_Concept_Snapshot_INT.txt',
    (at) => `${at}\t20240101\t${at % 50 === 0 ? 0 : 1}\t9\t9`,
  );
  load(
    terminology,
    'sct2_Description_Snapshot-en_INT.txt',
    (at) =>
      `${at}1\t20240101\t1\t9\t${at}\ten\t900000000000003001\tThe finding with number ${at} (finding)\t9`,
  );
  load(
    terminology,
    'sct2_Relationship_Snapshot_INT.txt',
    (at) => `${at}2\t20240101\t1\t9\t${at}\t${at >> 3}\t0\t116680003\t9\t9`,
  );
  const loaded = (performance.now() - began) / 1000;
  const system = 'http://snomed.info/sct';
  const asked = performance.now();
  let active = 0;
  for (let at = 1; at <= concepts; at++) {
    if (terminology.validate(system, String(at)).kind === 'active') active++;
  }
  const judged = (performance.now() - asked) / 1000;
  return benchResult({
    bench: 'terminology',
    compared: 'seconds to load a million concepts, beside a minute',
    ratio: rounded(loaded / goalSeconds),
    goal: { most: 1 },
    figures: {
      concepts: terminology.system(system)?.size ?? 0,
      seconds: rounded(loaded),
      'codes judged/s': Math.round(concepts / judged),
      active,
      'MB of memory more than before': megabytes(process.memoryUsage().rss - before),
    },
  });
}

function load(terminology: Terminology, file: string, line: (at: number) => string): void {
  const loader = releaseOf(file)?.loader(terminology);
  if (loader === undefined) throw new Error(`${file} is the name of no release`);
  for (let at = 1; at <= concepts; at++) loader.line(line(at));
  loader.finish();
}

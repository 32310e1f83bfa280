import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { World } from '../world.ts';
import type { FeedFile, FeedTruth } from './feed.ts';
import { documentFiles } from './ccda/documents.ts';
import { messageFiles, patientsPerFile } from './hl7v2/file.ts';
import { billedOfBlock, paidOfBlock, patientsPerInterchange } from './x12/billed.ts';
import { claimFile } from './x12/claims.ts';
import { enrollmentFile } from './x12/enrollments.ts';
import { remittanceFile } from './x12/remittances.ts';

/** What was sent, counted: pieces by kind and what becomes of them. */
export interface FeedTally {
  files: number;
  pieces: number;
  repeated: number;
  refused: number;
  /** Planted defects by class. */
  defects: Record<string, number>;
}

/**
 * What other systems were sent about the same people, and sent, block by block of patients: messages
 * below `hl7v2/`, documents below `ccda/`, claims, remittances and enrollments below `x12/`.
 */
export function* feedFiles(world: World, defects: 'planted' | 'none'): Generator<FeedFile> {
  const planted = defects === 'planted';
  for (let block = 0; block * patientsPerFile < world.patients; block++) {
    yield* messageFiles(world, block, planted);
    const first = block * patientsPerFile;
    const end = Math.min(world.patients, first + patientsPerFile);
    yield* documentFiles(world, first, end, planted);
  }
  for (let block = 0; block * patientsPerInterchange < world.patients; block++) {
    yield* interchanges(world, block, planted);
  }
}

function* interchanges(world: World, block: number, planted: boolean): Generator<FeedFile> {
  const billed = billedOfBlock(world, block);
  for (const kind of ['professional', 'institutional'] as const) {
    const claims = claimFile(world, kind, block, billed, planted);
    if (claims !== undefined) yield claims;
  }
  const remittances = remittanceFile(block, paidOfBlock(world, block), planted);
  if (remittances !== undefined) yield remittances;
  const enrollments = enrollmentFile(world, block, planted);
  if (enrollments !== undefined) yield enrollments;
}

/** The files of all feeds below a new folder; `tell` is given what must become of them. */
export async function writeFeeds(
  folder: string,
  files: Iterable<FeedFile>,
  tell: (truths: readonly FeedTruth[]) => Promise<void>,
): Promise<FeedTally> {
  const tally: FeedTally = { files: 0, pieces: 0, repeated: 0, refused: 0, defects: {} };
  const made = new Set<string>();
  for (const { path, bytes, truths } of files) {
    const below = dirname(join(folder, path));
    if (!made.has(below)) await mkdir(below, { recursive: true });
    made.add(below);
    await writeFile(join(folder, path), bytes, { flag: 'wx' });
    count(tally, truths);
    await tell(truths);
  }
  return tally;
}

function count(tally: FeedTally, truths: readonly FeedTruth[]): void {
  tally.files++;
  for (const { outcome, defect } of truths) {
    tally.pieces++;
    if (outcome === 'repeated') tally.repeated++;
    else if (outcome === 'refused') tally.refused++;
    if (defect !== undefined) tally.defects[defect] = (tally.defects[defect] ?? 0) + 1;
  }
}

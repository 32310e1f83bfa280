import type { Truth } from './table.ts';

/** What must become of the records of one table, counted. */
export interface TableTally {
  rows: number;
  arrives: number;
  /** Became part of what another record became. */
  folds: number;
  /** Looked up, or left behind by decision. */
  stays: number;
  /** By reason. */
  excluded: Record<string, number>;
  /** By reason. */
  quarantined: Record<string, number>;
  /** Planted defects by class. */
  defects: Record<string, number>;
}

export function emptyTally(): TableTally {
  return { rows: 0, arrives: 0, folds: 0, stays: 0, excluded: {}, quarantined: {}, defects: {} };
}

export function count(tally: TableTally, truth: Truth): void {
  tally.rows++;
  switch (truth.outcome) {
    case 'arrives':
      tally.arrives++;
      if (truth.defect !== undefined) increment(tally.defects, truth.defect);
      break;
    case 'folds':
      tally.folds++;
      break;
    case 'stays':
      tally.stays++;
      break;
    case 'excluded':
      increment(tally.excluded, truth.reason);
      break;
    case 'quarantined':
      increment(tally.quarantined, truth.reason);
      increment(tally.defects, truth.defect);
  }
}

function increment(counts: Record<string, number>, word: string): void {
  counts[word] = (counts[word] ?? 0) + 1;
}

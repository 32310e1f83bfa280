import type { PlannedSlice } from '../../ledger/slices.ts';
import { wholeTarget } from '../phases/scan.ts';

/** The slice of `link` in which what a target has of its own is read, once for each run. */
export const existingSlice = 'existing';

export function isExisting(slice: string): boolean {
  return slice === existingSlice;
}

export function existingSlices(run: string, targets: Iterable<string>): PlannedSlice[] {
  return [...targets].map((target) => ({
    key: { run, phase: 'link', target, stream: wholeTarget, slice: existingSlice },
  }));
}

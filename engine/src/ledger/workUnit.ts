import type { Phase } from '../model/phase.ts';

/** Where a batch belongs: one slice of one stream in one phase, for one target where there is one. */
export interface SliceKey {
  run: string;
  phase: Phase;
  /** Name of the target in the plan; empty before `load`. */
  target: string;
  stream: string;
  slice: string;
}

/** A batch is named by its slice and its number in it, from 0. */
export interface BatchKey extends SliceKey {
  number: number;
}

/** The columns of a {@link SliceKey} in the order that the ledger's statements bind them. */
export function sliceColumns(key: SliceKey): [string, Phase, string, string, string] {
  return [key.run, key.phase, key.target, key.stream, key.slice];
}

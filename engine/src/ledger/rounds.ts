/**
 * Replays and re-maps of a run are numbered together: the slices of round 2 are `replay-2` or
 * `replay-2-…`, `settle-2` and `retire-2`. Everything else is of round 0.
 */
export function roundOf(slice: string): number {
  return Number(/^(?:replay|settle|retire)-(\d+)/.exec(slice)?.[1] ?? 0);
}

/** Whether a slice holds records that were taken back from where they had been mapped. */
export function isReplay(slice: string): boolean {
  return slice.startsWith('replay-');
}

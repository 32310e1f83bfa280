import type { Random } from '../../base/random.ts';
import type { Clock } from '../../base/clock.ts';
import type { Claim } from '../../ledger/slices.ts';

/** How a stretch of work on one slice ended. */
export type WorkEnd =
  /** Nothing is left in the slice. */
  | 'done'
  /** Asked to stop between two batches; the slice can be claimed again. */
  | 'stopped'
  /** Another worker holds a newer claim; nothing was written after that. */
  | 'lost'
  /** The snapshot of the source is gone; the stream must be started again. */
  | 'snapshot-lost';

/**
 * One phase of a run. `plan` enters its slices and may be called any number of times; `work` takes
 * one claimed slice batch by batch, each committed by itself.
 */
export interface PhaseWork {
  plan(run: string): Promise<void>;
  work(claim: Claim, stop: StopSignal): Promise<WorkEnd>;
}

/** Asked between two batches: drain, pause or cancel. */
export interface StopSignal {
  stopped(): boolean;
  /** Aborted when waiting any longer is pointless (second Ctrl-C). */
  readonly abort: AbortSignal;
}

/** Names and clocks that a phase needs for its attempts. */
export interface Attempts {
  clock: Clock;
  random: Random;
}

/** Limits of one batch. */
export interface BatchLimits {
  records: number;
  bytes: number;
}

export const defaultLimits: BatchLimits = { records: 5_000, bytes: 16 * 1024 * 1024 };

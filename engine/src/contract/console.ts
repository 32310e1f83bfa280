/**
 * What the console is told, beside the report of a run. Counts, codes, paths, tokens and keyed
 * digests: no value from a record, so none of it is a look at a patient.
 */
import type { RunReport } from './report.ts';

export interface RunLine {
  id: string;
  state: string;
  /** Why it paused or failed, where it did. */
  code?: string;
  strategy: string;
  startedAt: string;
  endedAt?: string;
}

export interface RunList {
  format: 'handover-console-runs/1';
  project: string;
  /** Newest first. */
  runs: readonly RunLine[];
}

/** One phase of a run: slices are its parts that can be worked on apart. */
export interface PhaseLine {
  phase: string;
  state: 'to come' | 'under way' | 'done';
  slices: number;
  done: number;
}

/** How far one stream is in the phase that is under way. */
export interface ProgressLine {
  stream: string;
  phase: string;
  done: number;
  /** Absent where the source cannot say. */
  total?: number;
  /** Records or drafts a second since the stream's first batch of the phase. */
  ratePerSecond: number;
  secondsLeft?: number;
}

/** One event of the live feed: everything the page shows of a run. */
export interface LiveRun {
  format: 'handover-live/1';
  phases: readonly PhaseLine[];
  progress: readonly ProgressLine[];
  report: RunReport;
}

/** A source item or draft that is held, excluded or waiting; never its content. */
export interface HeldItem {
  id: string;
  stream: string;
  phase: string;
  target: string;
  slice: string;
  batch: number;
  ordinal: number;
  code: string;
  /** Column, or element of the draft. */
  path: string;
  /** Keyed token of the source key (of the draft's id, at check and load), hex. */
  token: string;
  /** Keyed digest of the bytes as kept, hex; absent where the ledger has none. */
  digest?: string;
  raisedAt: string;
}

/** A difference between what was written and what was read back, or what the source says. */
export interface DifferenceItem {
  id: string;
  stream: string;
  target: string;
  slice: string;
  batch: number;
  ordinal: number;
  verifier: string;
  kind: string;
  code: string;
  type: string;
  /** Stable id of the resource at the target. */
  resource: string;
  path: string;
  /** Keyed digest of the source item behind it, hex; absent where there is none. */
  digest?: string;
}

/** A page of a list: `next` is given to ask for the one after it. */
export interface ItemPage<Item> {
  format: 'handover-console-items/1';
  items: readonly Item[];
  next?: string;
}

/** How one signs in: told to anybody, for the page must know which form to show. */
export interface DoorAnswer {
  format: 'handover-door/1';
  /** There are accounts: the terminal's code opens nothing. */
  accounts: boolean;
  /** Passkeys work under the name that was asked by. */
  passkeys: boolean;
  /** The identity provider one may sign in with, by its name. */
  provider?: string;
  /** The provider has vouched for this browser; the account's own second factor is still to come. */
  awaits?: 'code';
  /** Why the provider's answer let nobody in. */
  refused?: Omit<ConsoleProblem, 'format'>;
}

/** A refusal: what happened and what to do now. */
export interface ConsoleProblem {
  format: 'handover-problem/1';
  code: string;
  message: string;
  next?: string;
}

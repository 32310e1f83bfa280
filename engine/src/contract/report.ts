import type { SideEffectLine } from './sideEffects.ts';

/**
 * The report of a run as data: what `handover report --json` prints and the HTML page shows. It
 * carries names from the plan and the source's schema, counts, codes, paths and stable ids; never a
 * value from a record.
 */
export interface RunReport {
  format: 'handover-report/1';
  project: string;
  run: {
    id: string;
    state: string;
    /** Why it paused or failed, where it did. */
    code?: string;
    strategy: string;
    revision: string;
    /** Revisions used by replays since. */
    laterRevisions: readonly string[];
    startedAt: string;
    endedAt?: string;
    resumes: number;
  };
  verdict: Verdict;
  streams: readonly StreamReport[];
  targets: readonly TargetReport[];
  dispositions: readonly DispositionLine[];
  /** How far back each domain moved and how it landed, by rule of the plan and stream. */
  scope: readonly ScopeLine[];
  /** How targets of others were asked to do nothing of their own accord. */
  sideEffects: readonly SideEffectLine[];
  exclusions: readonly ExclusionLine[];
  held: readonly CauseLine[];
  findings: readonly FindingLine[];
  unread: readonly { stream: string; column: string; populated: number }[];
  /** Profiles, value sets and code systems that drafts asked for and that are not loaded. */
  notLoaded: readonly { code: string; canonical: string; drafts: number }[];
  /** Codes that no code map has, left as text by the word of a mapping: drafts by code map. */
  codesAsText: readonly CodeAsTextLine[];
  restarts: readonly { stream: string; restarts: number; read: number }[];
  notCompared: readonly NotCompared[];
  goals: readonly GoalLine[];
  /** One for each target, where the plan declares it. */
  trialBalances: readonly TrialBalance[];
}

/** The aged trial balance, legacy beside target; amounts are exact decimals as text. */
export interface TrialBalance {
  target: string;
  /** The day at whose end it holds. */
  asOf: string;
  /** What becomes of open accounts, by the word of the plan. */
  receivables: 'convert' | 'run-down' | 'balance-forward';
  /** Guarantors with an open balance, of how many it differs, and of whom the printed list says otherwise. */
  guarantors: number;
  guarantorsDiffering: number;
  guarantorsUnprinted: number;
  /** Records of money whose amount or day cannot be read. */
  unreadable: number;
  heldRecords: number;
  /** Streams that tell of the same money once more: they move, and nothing of them is added up. */
  apart: readonly StreamApart[];
  lines: readonly TrialBalanceLine[];
}

export interface StreamApart {
  stream: string;
  reason: string;
  owner: string;
  /** Drafts of it that were loaded. */
  loaded: number;
}

export interface TrialBalanceLine {
  /** `total`, `facility`, `class`, `payer`. */
  group: string;
  member: string;
  /** First day of the age, `credit`, `unapplied`, `bad debt`. */
  column: string;
  legacy: string;
  /** Of that, what the plan leaves behind: by its word on receivables, or out of scope. */
  stays: string;
  /** Of the rest, what is held for review. */
  held: string;
  target: string;
  printed?: string;
  /** Whether legacy without what stays and what is held is what the target has, to the last digit. */
  ties: boolean;
  /** Whether the printed list says what the old records say. */
  printedTies: boolean;
}

export interface Verdict {
  /**
   * `green`: everything is accounted for, read back and equal. `amber`: so far as compared, but
   * something is held, could not be compared, or a phase is not done. `red`: a balance is broken,
   * something differs, or a decision is missing.
   */
  color: 'green' | 'amber' | 'red';
  /** The verdict in one sentence, then what stands behind it. */
  sentence: string;
  reasons: readonly string[];
}

/** Records: `read = mapped + quarantined + excluded + waiting`. */
export interface StreamReport {
  stream: string;
  keyed: boolean;
  /** Records the source said there were when it was assessed. */
  sourceCount?: number;
  read: number;
  mapped: number;
  quarantined: number;
  excluded: number;
  waiting: number;
  balanced: boolean;
  /** The same counts, recounted from the batches themselves. */
  recount: { read: number; mapped: number; quarantined: number; excluded: number };
}

/** Drafts of one stream for one target, and what was compared of them. */
export interface TargetReport {
  stream: string;
  target: string;
  drafted: number;
  loaded: number;
  merged: number;
  superseded: number;
  removed: number;
  quarantined: number;
  excluded: number;
  waiting: number;
  balanced: boolean;
  compared: number;
  verified: number;
  /** Facts compared, and of how many records. */
  facts: number;
  factRecords: number;
  missing: number;
  extra: number;
  different: number;
  unverifiable: number;
  /** Allergies and medications that arrived as words alone: decision support cannot see them. */
  uncoded: number;
}

export interface DispositionLine {
  stream: string;
  column: string;
  fate: string;
  reason: string;
  owner: string;
  approver: string;
  populated?: number;
}

export interface CauseLine {
  stream: string;
  target: string;
  phase: string;
  code: string;
  path: string;
  count: number;
  /** Whose domain it is, where the plan's scope says so; of an exclusion, whose decision. */
  owner?: string;
}

export interface ExclusionLine extends CauseLine {
  /** Whose decision it is, as plan or mapping say; `''` where neither does. */
  owner: string;
}

export interface FindingLine {
  target: string;
  stream: string;
  verifier: string;
  kind: string;
  code: string;
  type: string;
  path: string;
  count: number;
  /** Whose domain it is, where the plan's scope says so. */
  owner?: string;
  /** At most three stable ids. */
  samples: readonly string[];
}

/** `records = moved + excluded`; what is held of what moved is among the held. */
export interface ScopeLine {
  domain: string;
  /** Name of the rule: the domain, and its number where there are several. */
  rule: string;
  stream: string;
  /** As the plan writes it, and the day it comes to; neither where there is no look-back. */
  since?: string;
  from?: string;
  lands: string;
  owner: string;
  approver: string;
  records: number;
  moved: number;
  /** Beyond the look-back, or of a domain that is not moved. */
  excluded: number;
  /** Without a date that can be read: they move. */
  undated: number;
}

export interface CodeAsTextLine {
  stream: string;
  codeMap: string;
  drafts: number;
}

export interface NotCompared {
  what: string;
  why: string;
}

export interface GoalLine {
  domain: string;
  measure: string;
  goal: number;
  found: number;
  met: boolean;
}

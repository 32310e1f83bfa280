/**
 * Gates as they are told: what must be true, what is, who asked, who agreed, and what was waived.
 * Counts, codes and names of staff; never a value from a record.
 */
export interface Criterion {
  /** `domain.measure`, such as `allergies.missing`: a waiver names it. */
  id: string;
  domain: string;
  words: string;
  /** The most of it that is allowed. */
  goal: number;
  found: number;
  met: boolean;
  /** Whether its domain's owner may waive it; a wrong patient is waived by nobody. */
  waivable: boolean;
  /** Account that may, as the plan has it; absent: the plan names none. */
  owner?: string;
  /** Where what was counted can be looked at. */
  evidence: string;
}

export interface Approval {
  approver: string;
  approvedAt: string;
  /** Given on what stands now; one that was given on other evidence counts for nothing. */
  counts: boolean;
}

export interface Waiver {
  criterion: string;
  owner: string;
  reason: string;
  givenAt: string;
  expiresAt: string;
  /** Not expired, and of a criterion that may be waived by this account. */
  counts: boolean;
}

/** A way to a system without verified TLS that the plan of the run allows, for a while. */
export interface WireException {
  /** `targets.chart`. */
  system: string;
  owner: string;
  reason: string;
  expires: string;
}

/** `shut`: what is missing is told. `open`: may be passed. `passed`: was, and cannot be shut again. */
export type GateWord = 'not asked for' | 'shut' | 'open' | 'passed';

export interface GateState {
  format: 'handover-gate/1';
  /** `open:TARGET`: opening a target to its users. */
  gate: string;
  state: GateWord;
  /** Why it is not open, a line each. */
  missing: readonly string[];
  run?: string;
  author?: string;
  requestedAt?: string;
  /** SHA-256 of what an approver approves: criteria and waivers as they stand, hex. */
  evidence: string;
  criteria: readonly Criterion[];
  approvals: readonly Approval[];
  waivers: readonly Waiver[];
  exceptions: readonly WireException[];
  passedAt?: string;
  passedBy?: string;
}

export interface GateList {
  format: 'handover-gates/1';
  gates: readonly GateState[];
}

/** How many others must agree with who asks. */
export const approversNeeded = 2;

import type { Approval, Criterion, GateState, Waiver } from './gates.ts';
import type { DispositionLine, FindingLine, RunReport } from './report.ts';

/**
 * A certificate of migration as data: the text of a signed note (C2SP signed-note) is this object as
 * JSON in one certain layout, and no other way of writing it is accepted. It holds names from the plan and
 * the source's schema, counts, codes, paths and digests; never a value from a record, nor an id.
 */
export interface Certificate {
  format: 'handover-certificate/1';
  /** Stands first: what this is evidence of, and what not. */
  notice: string;
  issuedAt: string;
  report: Omit<RunReport, 'findings' | 'dispositions'> & {
    findings: Omit<FindingLine, 'samples'>[];
    dispositions: DecidedItems[];
  };
  plan: {
    /** SHA-256 over the plan with all its mappings and code maps, as the run was pinned to it. */
    revision: string;
    files: { path: string; sha256: string }[];
  };
  /** Head of the tree (RFC 6962) over all batches of the run, in the order of `ledger` files. */
  ledger: { batches: number; root: string };
  /** Gates that were asked for on this run. */
  gates: CertifiedGate[];
  audit: {
    /** Verifier key of the audit log, and its signed head (C2SP tlog-checkpoint). */
    key: string;
    checkpoint: string;
  };
}

/**
 * A gate with who asked, who agreed and what was waived: names of accounts, counts, and the reasons of
 * waivers. Approvals and waivers that count for nothing are left out.
 */
export interface CertifiedGate extends Pick<
  GateState,
  'gate' | 'state' | 'author' | 'passedAt' | 'passedBy'
> {
  criteria: Omit<Criterion, 'words' | 'evidence' | 'met' | 'domain'>[];
  approvals: Omit<Approval, 'counts'>[];
  waivers: Omit<Waiver, 'counts'>[];
}

/** What was decided alike about several streams (`source.table`) or their columns. */
export interface DecidedItems extends Pick<
  DispositionLine,
  'fate' | 'reason' | 'owner' | 'approver'
> {
  items: string[];
}

/** A line of the ledger beside a certificate, and a leaf of its tree: one batch. */
export interface AttestedBatch {
  phase: string;
  stream: string;
  target: string;
  slice: string;
  number: number;
  /** Root of the batch's own tree of salted entries, base64. */
  root: string;
  /** What the batch adds to the counts that are certified; negative where it takes back. */
  effect: Readonly<Record<string, number>>;
}

/** That one source item is in the certified ledger; the text of a signed note, as JSON. */
export interface RecordProof {
  format: 'handover-proof/1';
  run: string;
  /** What the item's holder called it, so that the proof is of that item. */
  reference: string;
  entries: ProvenEntry[];
}

/** All hashes in base64; paths from the leaf's neighbour up (RFC 6962 §2.1.1). */
export interface ProvenEntry {
  leaf: { salt: string; token: string; digest: string };
  place: number;
  size: number;
  path: string[];
  /** The line of the ledger. */
  batch: string;
  batchPlace: number;
  batchPath: string[];
}

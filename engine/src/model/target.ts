/**
 * A system written to. The contract, shown by the target conformance suite:
 * - `write` answers with one receipt per write, in the same order, whatever happened; it throws only
 *   when nothing at all was tried. A repeated put of the same digest changes nothing.
 * - `fetch` answers with one entry per id, in the same order; a removed or absent one is an answer.
 * - `scan` yields everything of ours in a total order, each resource once, so that what is extra or
 *   doubled is seen.
 */
export interface Target {
  /**
   * What the system lacks for a plan, every lack at once, as it tells of itself; asked before anything
   * is written, and before `open`.
   */
  judge?(needs: TargetNeeds, signal: AbortSignal): Promise<readonly TargetProblem[]>;
  open(signal: AbortSignal): Promise<void>;
  write(batch: readonly Write[], signal: AbortSignal): Promise<readonly Receipt[]>;
  /**
   * Create all of them, each as its first version with the digest it brings, or nothing: false when one
   * exists or ever existed, or is not what it should be; `write` then tells which. What `write` with
   * `ifVersion` 0 does, where it can be had for less when it is true of all.
   *
   * `intend` is asked at most once, when it is certain that none exists and nothing is left but to let
   * all of them come to be; where it answers false, none does.
   * @throws HandoverError: its `failure` says whether it may have happened.
   */
  create?(all: Creations, intend: () => Promise<boolean>, signal: AbortSignal): Promise<boolean>;
  fetch(
    ids: readonly TargetId[],
    want: 'head' | 'body',
    signal: AbortSignal,
  ): Promise<readonly Stored[]>;
  /** Which of these are present, in order: what `fetch` of heads tells, where it can be had for less. */
  present?(ids: readonly TargetId[], signal: AbortSignal): Promise<readonly boolean[]>;
  scan(after: string | undefined, signal: AbortSignal): AsyncIterable<StoredBatch>;
  /**
   * Everything of one type that is present, with its body, whoever wrote it: in the order of `scan`, each
   * once, and under the ids that the target has for them.
   */
  everything?(
    type: string,
    after: string | undefined,
    signal: AbortSignal,
  ): AsyncIterable<StoredBatch>;
  /** Complete what the target puts off while it loads (search indexes); results do not depend on it. */
  flush?(): Promise<void>;
  close(): Promise<void>;
}

/** What a plan will ask of a target. */
export interface TargetNeeds {
  /** FHIR resource types that may be written. */
  types: readonly string[];
}

/** A lack; the plan names the place. */
export interface TargetProblem {
  code: string;
  message: string;
  suggestion: string;
}

export interface TargetId {
  type: string;
  id: string;
}

/** The id that a target gave to a resource of ours. */
export interface GivenId extends TargetId {
  given: string;
}

/**
 * Which resource of ours has which id at a target that gives ids of its own. Durable, and the same for
 * every process. Each answer has one place per question, in the same order.
 */
export interface GivenIds {
  given(ids: readonly TargetId[]): Promise<readonly (string | undefined)[]>;
  /** The way back: `id` of each question is the target's. */
  ours(given: readonly TargetId[]): Promise<readonly (string | undefined)[]>;
  /** No resource twice. */
  keep(pairs: readonly GivenId[]): Promise<void>;
}

/**
 * Resources that a target had of its own, which go by a stable id with us. Each answer has one place per
 * question, in the same order; undefined: it is none of these.
 */
export type ExistingIds = Pick<GivenIds, 'given' | 'ours'>;

/**
 * `put` creates or replaces; `body` is the canonical JSON of the resource in UTF-8, `digest` its keyed
 * digest (hex) where the writer knows it. `remove` is a deletion that keeps history. `revert` takes the newest
 * version back as if it had never been written (undo before the target is opened); a target that keeps
 * every version (`revert: 'new version'`) writes `before` again, or removes where there is none.
 * `ifVersion`: the version that must be current for the write to happen; 0: none may exist;
 * absent: whatever is there.
 */
export type Write =
  | { kind: 'put'; type: string; id: string; body: Buffer; digest?: string; ifVersion?: number }
  | { kind: 'remove'; type: string; id: string; ifVersion?: number }
  | { kind: 'revert'; type: string; id: string; ifVersion: number; before?: Buffer };

/** Resources to create, column by column: an object for each would cost more than its row. */
export interface Creations {
  /** Types that occur, and for each resource its place among them. */
  types: readonly string[];
  typeOf: Uint8Array;
  ids: readonly string[];
  /** Keyed digests of the bodies, 32 bytes each. */
  digests: Buffer;
  /** Bodies one after the other, canonical JSON in UTF-8, and where each begins: `count + 1` places. */
  bytes: Buffer;
  offsets: Uint32Array;
}

/** `digest` is keyed (HMAC under the project key, hex), as everything derived from values is. */
export type Receipt = TargetId &
  (
    | { state: 'delivered'; version: number; digest: string; unchanged: boolean }
    | { state: 'ambiguous'; code: string }
    | { state: 'transient'; code: string; retryAfterMs?: number }
    /** The target said no and will say no again. `version-differs` means somebody else wrote. */
    | { state: 'refused'; code: string }
  );

export type Stored = TargetId &
  (
    | { state: 'present'; version: number; digest: string; body?: Buffer }
    | { state: 'removed'; version: number }
    /** `partly`: a write of ours broke off and left a part there that counts as nothing; `remove` takes it away. */
    | { state: 'absent'; partly?: true }
  );

export interface StoredBatch {
  resources: Stored[];
  /** Where to go on after this batch. */
  cursor: string;
}

export interface TargetCapabilities {
  ids: 'client' | 'server';
  conditional: boolean;
  references: 'any order' | 'must exist';
  transactions: boolean;
  remove: boolean;
  /**
   * True: versions can be reverted exactly, undo leaves no trace. `new version`: what stood there
   * can be put back, and what was created be removed, but the target's history shows both.
   */
  revert: boolean | 'new version';
  history: boolean;
  labels: boolean;
  sideEffects: 'none' | 'suppressed' | 'unknown';
  /** It tells everything that it has, whoever wrote it. */
  everything?: true;
}

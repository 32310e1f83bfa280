import { digestBytes, tokenBytes } from '../../ledger/entries.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import { conflictDecisions, conflictName, type ConflictDecision } from '../../ledger/conflicts.ts';
import { lastDigests, lastVersions } from '../../ledger/lastWritten.ts';
import type { TokenCounts } from '../../ledger/tokenCounts.ts';
import type { SliceKey } from '../../ledger/workUnit.ts';
import type { Stored, Target } from '../../model/target.ts';
import { itemAt } from '../../staging/packedItems.ts';
import type { Database } from '../../store/database.ts';
import type { PackedDrafts } from '../drafts.ts';
import { idToken, idTokens } from '../idToken.ts';

/** Reasons for holding a draft because of what users of the target did to the resource since. */
export const theirChangeCodes = ['changed-at-target', 'removed-at-target'] as const;

export type TheirChange = (typeof theirChangeCodes)[number];

/** Why a draft is left behind where somebody decided that the target's own stands. */
export const keptReason = 'kept-at-target';

/**
 * What users of a target have changed of what stands there since this project wrote it, or read it: a draft
 * is not written over that. What is as it was written last, or says what the draft says, is nobody's change.
 */
export class TheirChanges {
  readonly #database: Database;
  readonly #place: SliceKey;
  readonly #key: ProjectKey;
  #versions: Promise<TokenCounts> | undefined;
  #decisions: Promise<ReadonlyMap<string, ConflictDecision>> | undefined;

  constructor({ database, key }: { database: Database; key: ProjectKey }, place: SliceKey) {
    this.#database = database;
    this.#key = key;
    this.#place = place;
  }

  /** Those of `ordinals` of which somebody decided that the target's own stands, and nothing is otherwise since. */
  async keptAmong(
    target: Target,
    drafts: PackedDrafts,
    ordinals: readonly number[],
    signal: AbortSignal,
  ): Promise<ReadonlySet<number>> {
    const decisions = await this.#decided();
    if (decisions.size === 0) return new Set();
    const decided = ordinals.flatMap((at) => {
      const decision = decisions.get(nameAt(drafts, at));
      const isOf = decision?.verdict === 'keep' && decision.draft === digestAt(drafts, at);
      return isOf ? [{ at, decision }] : [];
    });
    const ids = decided.map(({ at }) => ({ type: drafts.types[at]!, id: drafts.ids[at]! }));
    const stored = ids.length > 0 ? await target.fetch(ids, 'body', signal) : [];
    return new Set(
      decided.flatMap(({ at, decision }, place) => (isFound(decision, stored[place]) ? [at] : [])),
    );
  }

  /** By ordinal; `stored`: what stands there for each of `ordinals`. */
  async among(
    drafts: PackedDrafts,
    ordinals: readonly number[],
    stored: readonly Stored[],
    same: (body: Buffer, stored: Stored) => boolean,
  ): Promise<Map<number, TheirChange>> {
    const places = [...ordinals.keys()].filter((place) => stored[place]?.state !== 'absent');
    if (places.length === 0) return new Map();
    this.#versions ??= lastVersions(this.#database, this.#place);
    const versions = await this.#versions;
    const tokens = idTokens(places.map((place) => drafts.ids[ordinals[place] as number] as string));
    const differing = places.flatMap((place, at) => {
      const now = stored[place];
      const known = versions.of(tokens, at * tokenBytes);
      const ours = now === undefined || now.state === 'absent' || known === 0;
      return ours || now.version === known ? [] : [{ place, at, now }];
    });
    if (differing.length === 0) return new Map();
    const hex = (at: number): string =>
      tokens.toString('hex', at * tokenBytes, (at + 1) * tokenBytes);
    const wanted = new Set(differing.map(({ at }) => hex(at)));
    const digests = await lastDigests(this.#database, this.#place, wanted);
    const decisions = await this.#decided();
    const found = new Map<number, TheirChange>();
    for (const { place, at, now } of differing) {
      const ordinal = ordinals[place] as number;
      const decision = decisions.get(nameAt(drafts, ordinal));
      if (decision?.verdict === 'take' && isFound(decision, now)) continue;
      if (now.state === 'removed') found.set(ordinal, 'removed-at-target');
      else if (now.state === 'present' && !this.#isAsWritten(now, digests.get(hex(at)))) {
        const body = itemAt(drafts.bodies, ordinal);
        if (!same(body, now)) found.set(ordinal, 'changed-at-target');
      }
    }
    return found;
  }

  #decided(): Promise<ReadonlyMap<string, ConflictDecision>> {
    return (this.#decisions ??= conflictDecisions(this.#database, this.#place.target));
  }

  /** What was created has the digest of its draft in the ledger, under our ids. */
  #isAsWritten(now: Stored & { state: 'present' }, digest: string | undefined): boolean {
    if (now.digest === digest) return true;
    return now.body !== undefined && this.#key.digest(now.body).toString('hex') === digest;
  }
}

/** Whether what users left at the target when somebody decided is what stands there now. */
function isFound({ found }: ConflictDecision, now: Stored | undefined): boolean {
  if (now?.state === 'removed') return found === '';
  return now?.state === 'present' && now.digest === found;
}

function nameAt({ types, ids }: PackedDrafts, at: number): string {
  return conflictName(types[at] as string, idToken(ids[at] as string));
}

function digestAt({ digests }: PackedDrafts, at: number): string | undefined {
  return digests?.toString('hex', at * digestBytes, (at + 1) * digestBytes);
}

import { tokenBytes } from '../../ledger/entries.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import { lastDigests, lastVersions } from '../../ledger/lastWritten.ts';
import type { TokenCounts } from '../../ledger/tokenCounts.ts';
import type { SliceKey } from '../../ledger/workUnit.ts';
import type { Stored } from '../../model/target.ts';
import { itemAt } from '../../staging/packedItems.ts';
import type { Database } from '../../store/database.ts';
import type { PackedDrafts } from '../drafts.ts';
import { idTokens } from '../idToken.ts';

/** Reasons for holding a draft because of what users of the target did to the resource since. */
export const theirChangeCodes = ['changed-at-target', 'removed-at-target'] as const;

export type TheirChange = (typeof theirChangeCodes)[number];

/**
 * What users of a target have changed of what stands there since this project wrote it, or read it: a draft
 * is not written over that. What is as it was written last, or says what the draft says, is nobody's change.
 */
export class TheirChanges {
  readonly #database: Database;
  readonly #place: SliceKey;
  readonly #key: ProjectKey;
  #versions: Promise<TokenCounts> | undefined;

  constructor({ database, key }: { database: Database; key: ProjectKey }, place: SliceKey) {
    this.#database = database;
    this.#key = key;
    this.#place = place;
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
    const found = new Map<number, TheirChange>();
    for (const { place, at, now } of differing) {
      const ordinal = ordinals[place] as number;
      if (now.state === 'removed') found.set(ordinal, 'removed-at-target');
      else if (now.state === 'present' && !this.#isAsWritten(now, digests.get(hex(at)))) {
        const body = itemAt(drafts.bodies, ordinal);
        if (!same(body, now)) found.set(ordinal, 'changed-at-target');
      }
    }
    return found;
  }

  /** What was created has the digest of its draft in the ledger, under our ids. */
  #isAsWritten(now: Stored & { state: 'present' }, digest: string | undefined): boolean {
    if (now.digest === digest) return true;
    return now.body !== undefined && this.#key.digest(now.body).toString('hex') === digest;
  }
}

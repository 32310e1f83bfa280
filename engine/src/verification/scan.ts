import { hmacSha256Hex } from '../base/digest.ts';
import type { Finding } from '../model/finding.ts';
import type { TargetId } from '../model/target.ts';

/**
 * Extra, missing and doubled resources, in memory that does not grow with the target.
 *
 * First pass: the ids that must be there and those that a scan gives are each folded into a
 * {@link ScanSum}, which keeps per bucket a count, a sum and an exclusive-or of keyed digests. Equal
 * sums mean equal multisets: that two unequal ones agree by chance has odds of 1 in 2^128, and
 * without the key it cannot be arranged. Only when sums differ is there a second pass, over the
 * differing buckets alone, in as many rounds as keep the ids held below a bound
 * ({@link planRounds}); in each, {@link BucketNames} gives the names. Whoever calls streams the ids.
 */
export class ScanSum {
  readonly bucketCount: number;
  readonly #digest: Digest;
  readonly #counts: Float64Array;
  /** Per bucket four 32-bit words of the sum mod 2^128, lowest first, then four of the xor. */
  readonly #words: Uint32Array;

  /** Both sides of a comparison need the same key (32 bytes, the project's) and bucket count. */
  constructor(key: Uint8Array, bucketCount = 4096) {
    this.#digest = hmacSha256Hex(key);
    this.bucketCount = bucketCount;
    this.#counts = new Float64Array(bucketCount);
    this.#words = new Uint32Array(bucketCount * 8);
  }

  add(resource: TargetId): void {
    const digest = digestOf(this.#digest, resource);
    const bucket = bucketOf(digest, this.bucketCount);
    this.#counts[bucket] = this.count(bucket) + 1;
    const start = bucket * 8;
    let carry = 0;
    for (let word = 0; word < 4; word++) {
      const part = wordOf(digest, word);
      const sum = (this.#words[start + word] ?? 0) + part + carry;
      carry = sum > 0xffffffff ? 1 : 0;
      this.#words[start + word] = sum;
      this.#words[start + 4 + word] = (this.#words[start + 4 + word] ?? 0) ^ part;
    }
  }

  /** How many ids have fallen into a bucket. */
  count(bucket: number): number {
    return this.#counts[bucket] ?? 0;
  }

  /** Buckets in which the two multisets differ, rising; none when they are equal. */
  differingBuckets(other: ScanSum): number[] {
    const differing: number[] = [];
    for (let bucket = 0; bucket < this.bucketCount; bucket++) {
      if (!this.#sameBucket(other, bucket)) differing.push(bucket);
    }
    return differing;
  }

  #sameBucket(other: ScanSum, bucket: number): boolean {
    if (this.count(bucket) !== other.count(bucket)) return false;
    for (let at = bucket * 8; at < bucket * 8 + 8; at++) {
      if (this.#words[at] !== other.#words[at]) return false;
    }
    return true;
  }
}

/** A bucket count with which one bucket of `expectedCount` ids holds well below `mostIds`. */
export function bucketCountFor(expectedCount: number, mostIds: number): number {
  return Math.max(256, Math.ceil((4 * expectedCount) / mostIds));
}

/**
 * Group differing buckets into rounds of the second pass, so that no round holds more than
 * `mostIds` expected ids (one bucket alone may).
 */
export function planRounds(
  expected: ScanSum,
  differing: readonly number[],
  mostIds: number,
): ReadonlySet<number>[] {
  const rounds: Set<number>[] = [];
  let held = Infinity;
  for (const bucket of differing) {
    const count = expected.count(bucket);
    if (held + count > mostIds) {
      rounds.push(new Set());
      held = 0;
    }
    held += count;
    rounds.at(-1)?.add(bucket);
  }
  return rounds;
}

/**
 * One round of the second pass: first `expect` every id that must be there, then `see` every id
 * that the scan gives, then read `findings`. Ids outside the round's buckets are passed over.
 */
export class BucketNames {
  readonly #digest: Digest;
  readonly #bucketCount: number;
  readonly #buckets: ReadonlySet<number>;
  readonly #mostExtra: number;
  /** What is expected, and whether it was seen. */
  readonly #expected = new Map<string, boolean>();
  readonly #surplus = new Map<string, Finding>();
  #unnamed = 0;

  /** `mostExtra` bounds the extra ids that are named; further ones are only counted. */
  constructor(
    key: Uint8Array,
    bucketCount: number,
    buckets: ReadonlySet<number>,
    mostExtra = 10_000,
  ) {
    this.#digest = hmacSha256Hex(key);
    this.#bucketCount = bucketCount;
    this.#buckets = buckets;
    this.#mostExtra = mostExtra;
  }

  /** Once or several times is the same: what somebody removed and a later run made again is there once. */
  expect(resource: TargetId): void {
    if (this.#isOurs(resource)) this.#expected.set(`${resource.type}/${resource.id}`, false);
  }

  see(resource: TargetId): void {
    if (!this.#isOurs(resource)) return;
    const name = `${resource.type}/${resource.id}`;
    const wasSeen = this.#expected.get(name);
    if (wasSeen === false) {
      this.#expected.set(name, true);
      return;
    }
    if (this.#surplus.has(name)) return;
    if (this.#surplus.size >= this.#mostExtra) {
      this.#unnamed++;
      return;
    }
    const code = wasSeen === undefined ? 'extra-in-target' : 'doubled-in-target';
    this.#surplus.set(name, scanFinding('extra', code, resource));
  }

  /** What the scan gave and nobody expected, or gave twice; then what it did not give. */
  findings(): Finding[] {
    const missing: Finding[] = [];
    for (const [name, wasSeen] of this.#expected) {
      if (wasSeen) continue;
      const slash = name.indexOf('/');
      const resource = { type: name.slice(0, slash), id: name.slice(slash + 1) };
      missing.push(scanFinding('missing', 'missing-in-target', resource));
    }
    return [...this.#surplus.values(), ...missing];
  }

  /** Sightings of extra or doubled ids beyond the bound, without names. */
  get unnamed(): number {
    return this.#unnamed;
  }

  #isOurs(resource: TargetId): boolean {
    return this.#buckets.has(bucketOf(digestOf(this.#digest, resource), this.#bucketCount));
  }
}

function scanFinding(kind: Finding['kind'], code: string, { type, id }: TargetId): Finding {
  return { verifier: 'scan', kind, code, type, id, path: type, ordinal: -1 };
}

/** Keyed digest as 64 hexadecimal digits, of which the first 32 are summed. */
type Digest = ReturnType<typeof hmacSha256Hex>;

function digestOf(digest: Digest, { type, id }: TargetId): string {
  return digest(`${type}/${id}`);
}

/** One of the eight 32-bit words of a digest. */
function wordOf(digest: string, word: number): number {
  return Number.parseInt(digest.slice(word * 8, word * 8 + 8), 16);
}

/** Taken from the word that the sums do not use. */
function bucketOf(digest: string, bucketCount: number): number {
  return wordOf(digest, 7) % bucketCount;
}

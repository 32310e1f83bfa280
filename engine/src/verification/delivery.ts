import { canonicalJson, isJsonObject, JsonNumber } from '../base/json.ts';
import type { Json, JsonObject } from '../base/json.ts';
import type { FindingKind } from '../model/finding.ts';
import { sameNumber } from './decimals.ts';
import { leavesObjectsOut, objectsApart } from './objectsApart.ts';
import { parseResource } from './readBack.ts';
import type { ReadBack } from './readBack.ts';
import { defaultDeliveryRules } from './serverManaged.ts';
import type { DeliveryRules, ServerManaged } from './serverManaged.ts';

/** One difference between a draft and what the target holds. It never carries a value. */
export interface Difference {
  kind: FindingKind;
  code: DeliveryCode;
  /** Element with its indexes: `Patient.name[0].family`; the type alone for the whole resource. */
  path: string;
}

export type DeliveryCode =
  /** The target does not hold the resource, or held it and removed it. */
  | 'delivery-missing'
  | 'delivery-removed'
  | 'element-missing'
  | 'element-added'
  | 'element-different'
  /** Equal but for Unicode normalisation (NFC, NFD): other code points, so still a difference. */
  | 'normalisation-different'
  /** The same number written with other digits: `0.50` and `0.5` differ in precision. */
  | 'digits-different'
  /** The same items of an array in another order. */
  | 'order-different'
  /** No body, not UTF-8, not JSON, or a bad draft: unverifiable, never equal. */
  | 'could-not-compare';

const none: readonly Difference[] = Object.freeze([]);

/** A resource reports at most this many differences; more would only repeat that it is another. */
const mostDifferences = 64;

/**
 * Compare a draft, as it was sent, with what the target gave back: target ↔ draft. Equal bytes are
 * equal at once, without parsing; all else is compared element by element, by declared meaning.
 * Where a draft leaves large objects out, bytes are compared by their digest. An empty answer is the
 * only green one.
 */
export function compareDelivery(
  draftBody: Buffer,
  readBack: ReadBack,
  rules: DeliveryRules = defaultDeliveryRules,
): readonly Difference[] {
  const { stored } = readBack;
  if (stored.state === 'absent') return whole(stored.type, 'missing', 'delivery-missing');
  if (stored.state === 'removed') return whole(stored.type, 'missing', 'delivery-removed');
  if (stored.body === undefined) return whole(stored.type, 'unverifiable', 'could-not-compare');
  const isWhole = !leavesObjectsOut(draftBody);
  if (isWhole && draftBody.equals(stored.body)) return none;
  const draft = parseResource(draftBody);
  const { resource } = isWhole ? readBack : objectsApart(draftBody, readBack);
  if (draft === undefined || resource === undefined) {
    return whole(stored.type, 'unverifiable', 'could-not-compare');
  }
  const comparison = new Comparison(stored.type, rules);
  comparison.objects(draft, resource);
  return comparison.differences;
}

function whole(type: string, kind: FindingKind, code: DeliveryCode): readonly Difference[] {
  return [{ kind, code, path: type }];
}

/** A walk over two resources side by side. The place is a stack, rendered only when they differ. */
class Comparison {
  readonly differences: Difference[] = [];
  readonly #type: string;
  readonly #sets: ReadonlySet<string>;
  readonly #managed: readonly ServerManaged[];
  readonly #place: (string | number)[] = [];

  constructor(type: string, rules: DeliveryRules) {
    this.#type = type;
    this.#sets = new Set(rules.sets);
    this.#managed = rules.serverMayChange;
  }

  objects(draft: JsonObject, stored: JsonObject): void {
    for (const [key, value] of Object.entries(draft)) {
      this.#at(key, () => this.#pair(value, stored[key]));
    }
    for (const [key, value] of Object.entries(stored)) {
      if (draft[key] === undefined) this.#at(key, () => this.#pair(undefined, value));
    }
  }

  #at(step: string | number, compare: () => void): void {
    this.#place.push(step);
    compare();
    this.#place.pop();
  }

  #pair(draft: Json | undefined, stored: Json | undefined): void {
    if (draft !== undefined && stored !== undefined) this.#values(draft, stored);
    else if (draft !== undefined) this.#oneSided('element-missing', draft);
    else if (stored !== undefined) this.#oneSided('element-added', stored);
  }

  #values(draft: Json, stored: Json): void {
    if (draft === stored) return;
    if (Array.isArray(draft) && Array.isArray(stored)) this.#arrays(draft, stored);
    else if (isJsonObject(draft) && isJsonObject(stored)) this.objects(draft, stored);
    else this.#primitives(draft, stored);
  }

  #primitives(draft: Json, stored: Json): void {
    const code = primitiveDifference(draft, stored);
    if (code !== undefined) this.#report(code);
  }

  /** Order matters, unless the array is a declared set. */
  #arrays(draft: Json[], stored: Json[]): void {
    const unordered = this.#sets.size > 0 && this.#sets.has(this.#plainPath());
    const before = this.differences.length;
    this.#aligned(draft, stored);
    if (this.differences.length === before) return;
    if (!equalTexts(sortedTexts(draft), sortedTexts(stored))) return;
    this.differences.length = before;
    if (!unordered) this.#report('order-different');
  }

  /** In arrays of unequal length equal ends are set aside: one dropped item is one difference. */
  #aligned(draft: Json[], stored: Json[]): void {
    const { head, tail } = draft.length === stored.length ? noEnds : equalEnds(draft, stored);
    const draftEnd = draft.length - tail;
    const storedEnd = stored.length - tail;
    for (let index = head; index < Math.max(draftEnd, storedEnd); index++) {
      const one = index < draftEnd ? draft[index] : undefined;
      const other = index < storedEnd ? stored[index] : undefined;
      this.#at(index, () => this.#pair(one, other));
    }
  }

  /**
   * An element that only one side has. An object that may hold server-managed elements (`meta`) is
   * looked into: it is a difference only for what else it holds.
   */
  #oneSided(code: 'element-missing' | 'element-added', value: Json): void {
    const inside = isJsonObject(value) && this.#holdsManaged() ? Object.entries(value) : [];
    if (inside.length === 0) this.#report(code);
    for (const [key, member] of inside) this.#at(key, () => this.#oneSided(code, member));
  }

  #holdsManaged(): boolean {
    const path = this.#plainPath();
    return this.#managed.some((managed) => managed.path.startsWith(`${path}.`));
  }

  #isManaged(code: DeliveryCode): boolean {
    const path = this.#plainPath();
    return this.#managed.some((managed) =>
      managed.may === 'add'
        ? code === 'element-added' && path === managed.path
        : path === managed.path || path.startsWith(`${managed.path}.`),
    );
  }

  #plainPath(): string {
    return this.#place.filter((step) => typeof step === 'string').join('.');
  }

  #report(code: DeliveryCode): void {
    if (this.differences.length >= mostDifferences || this.#isManaged(code)) return;
    let path = this.#type;
    for (const step of this.#place) path += typeof step === 'number' ? `[${step}]` : `.${step}`;
    this.differences.push({ kind: 'different', code, path });
  }
}

/** Undefined when two values, not both containers of one kind, mean the same. */
function primitiveDifference(draft: Json, stored: Json): DeliveryCode | undefined {
  if (draft instanceof JsonNumber && stored instanceof JsonNumber) {
    if (draft.text === stored.text) return undefined;
    return sameNumber(draft.text, stored.text) ? 'digits-different' : 'element-different';
  }
  if (typeof draft === 'string' && typeof stored === 'string') {
    if (draft === stored) return undefined;
    const alike = draft.normalize('NFC') === stored.normalize('NFC');
    return alike ? 'normalisation-different' : 'element-different';
  }
  return draft === stored ? undefined : 'element-different';
}

function equal(one: Json | undefined, other: Json | undefined): boolean {
  return one !== undefined && other !== undefined && canonicalJson(one) === canonicalJson(other);
}

const noEnds = { head: 0, tail: 0 };

/** How many items are equal at the head, and then at the tail, of two arrays. */
function equalEnds(one: readonly Json[], other: readonly Json[]): { head: number; tail: number } {
  const shorter = Math.min(one.length, other.length);
  let head = 0;
  while (head < shorter && equal(one[head], other[head])) head++;
  let tail = 0;
  while (tail < shorter - head && equal(one.at(-1 - tail), other.at(-1 - tail))) tail++;
  return { head, tail };
}

function sortedTexts(items: readonly Json[]): string[] {
  return items.map(canonicalJson).toSorted();
}

function equalTexts(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, index) => text === other[index]);
}

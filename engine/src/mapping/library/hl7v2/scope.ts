import type { Segment } from '../../../formats/hl7v2/segment.ts';
import type { Resource } from '../resource.ts';

/** What a segment may belong to. */
export interface Surroundings {
  patient: Resource;
  visit: Resource;
  account: Resource;
  coverage: Resource;
  /** ORC, until what it orders is known. */
  common: Segment;
  /** TQ1 of an order that is not known yet. */
  timing: Segment;
  /** The OBR it belongs to. */
  detail: Segment;
  order: Resource;
  report: Resource;
  specimen: Resource;
  prescription: Resource;
  /** What RXR and RXC say more of. */
  drug: Resource;
  immunization: Resource;
  procedure: Resource;
  appointment: Resource;
  document: Resource;
  /** What a note or a participant belongs to: what stands before it. */
  last: Resource;
}

/** What holds in a group and in the groups inside it, and no longer after it. */
export class Scope {
  readonly #outer: Scope | undefined;
  readonly #values: { [Name in keyof Surroundings]?: Surroundings[Name] | null } = {};

  constructor(outer?: Scope) {
    this.#outer = outer;
  }

  get<Name extends keyof Surroundings>(name: Name): Surroundings[Name] | undefined {
    const own = this.#values[name];
    if (own === undefined) return this.#outer?.get(name);
    return own ?? undefined;
  }

  /** What was set in this group itself. */
  own<Name extends keyof Surroundings>(name: Name): Surroundings[Name] | undefined {
    return this.#values[name] ?? undefined;
  }

  set<Name extends keyof Surroundings>(name: Name, value: Surroundings[Name] | undefined): void {
    // Null hides what holds outside the group.
    this.#values[name] = value ?? null;
  }

  /** Also for what stands beside the group. */
  setBeside<Name extends keyof Surroundings>(
    name: Name,
    value: Surroundings[Name] | undefined,
  ): void {
    this.set(name, value);
    this.#outer?.set(name, value);
  }

  /**
   * Also for what comes after the group: a patient's own group ends before the orders of the patient
   * begin.
   */
  setOutside<Name extends keyof Surroundings>(
    name: Name,
    value: Surroundings[Name] | undefined,
  ): void {
    this.set(name, value);
    this.#outer?.setOutside(name, value);
  }
}

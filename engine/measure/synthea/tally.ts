/** The types in which nothing may disagree that a clinician acts on. */
const clinicalTypes: ReadonlySet<string> = new Set([
  'AllergyIntolerance',
  'MedicationRequest',
  'Condition',
  'Immunization',
  'Observation',
]);

export interface TypeFigures {
  expected: number;
  present: number;
  /** Ours without a counterpart in the bundle of their patient. */
  extra: number;
  /** Ours of patients of whom there is no bundle. */
  withoutBundle: number;
  fields: number;
  agreed: number;
  clinicalDisagreements: number;
}

export interface Miss {
  cause: string;
  /** `Type/id` in the bundles, or at the target where the bundles have none. */
  resource: string;
}

export interface UnknowableElement {
  element: string;
  count: number;
  why: string;
}

/** Counts of one comparison. */
export class Tally {
  readonly #types = new Map<string, TypeFigures>();
  readonly #unknowable = new Map<string, UnknowableElement>();
  readonly misses: Miss[] = [];

  expected(type: string, present: boolean, id: string): void {
    const figures = this.#of(type);
    figures.expected++;
    if (present) figures.present++;
    else this.misses.push({ cause: `${type} is missing`, resource: `${type}/${id}` });
  }

  extra(type: string, hasBundle: boolean, id: string): void {
    if (!hasBundle) {
      this.#of(type).withoutBundle++;
      return;
    }
    this.#of(type).extra++;
    this.misses.push({ cause: `${type} is not in the bundle`, resource: `${type}/${id}` });
  }

  agreed(type: string): void {
    const figures = this.#of(type);
    figures.fields++;
    figures.agreed++;
  }

  different(type: string, what: string, clinical: boolean, id: string): void {
    const figures = this.#of(type);
    figures.fields++;
    if (clinical && clinicalTypes.has(type)) figures.clinicalDisagreements++;
    this.misses.push({ cause: `${type}.${what}`, resource: `${type}/${id}` });
  }

  unknowable(element: string, why: string): void {
    const name = `${element} ${why}`;
    const known = this.#unknowable.get(name);
    if (known === undefined) this.#unknowable.set(name, { element, count: 1, why });
    else known.count++;
  }

  figures(): TypeFigures {
    const sum = none();
    for (const figures of this.#types.values()) {
      for (const name of Object.keys(sum) as (keyof TypeFigures)[]) sum[name] += figures[name];
    }
    return sum;
  }

  byResource(): Record<string, TypeFigures> {
    return Object.fromEntries(this.#types);
  }

  unknowables(): UnknowableElement[] {
    return [...this.#unknowable.values()].toSorted((one, other) => other.count - one.count);
  }

  #of(type: string): TypeFigures {
    const known = this.#types.get(type) ?? none();
    this.#types.set(type, known);
    return known;
  }
}

function none(): TypeFigures {
  return {
    expected: 0,
    present: 0,
    extra: 0,
    withoutBundle: 0,
    fields: 0,
    agreed: 0,
    clinicalDisagreements: 0,
  };
}

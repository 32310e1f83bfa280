/** What a code system says of a code. */
export interface Concept {
  code: string;
  display: string;
  /** It must not be used any more. */
  inactive: boolean;
  /** Codes that took its place, where the release says so. */
  replacedBy: readonly string[];
}

/**
 * The concepts of one code system, packed: codes and displays in lists, places of codes in a map,
 * and what few concepts have aside.
 */
export class ConceptTable {
  readonly system: string;
  version: string | undefined;
  /** Codes are the same in any case (`caseSensitive: false`). */
  readonly #fold: boolean;
  readonly #places = new Map<string, number>();
  readonly #codes: string[] = [];
  readonly #displays: string[] = [];
  readonly #inactive = new Set<number>();
  /** By code: the table that tells it may be read before the code is. */
  readonly #replaced = new Map<string, string[]>();
  readonly #parents = new Map<number, number[]>();
  /** Values of properties by the places of codes. */
  readonly #properties = new Map<string, Map<number, readonly string[]>>();
  readonly #values = new Map<string, readonly string[]>();
  #children: Map<number, number[]> | undefined;

  constructor(
    system: string,
    { version, fold = false }: { version?: string; fold?: boolean } = {},
  ) {
    this.system = system;
    this.version = version;
    this.#fold = fold;
  }

  get size(): number {
    return this.#codes.length;
  }

  /** A code that is there already gets this display and state. */
  add(code: string, display: string, inactive = false): void {
    const place = this.#placeOf(code);
    if (display !== '') this.#displays[place] = display;
    if (inactive) this.#inactive.add(place);
    else this.#inactive.delete(place);
  }

  /** `code` is a kind of `parent`; either may be added later. */
  addParent(code: string, parent: string): void {
    const [place, above] = [this.#placeOf(code), this.#placeOf(parent)];
    const parents = this.#parents.get(place);
    if (parents === undefined) this.#parents.set(place, [above]);
    else if (!parents.includes(above)) parents.push(above);
    this.#children = undefined;
  }

  addReplacement(code: string, by: string): void {
    const key = this.#key(code);
    const known = this.#replaced.get(key);
    if (known === undefined) this.#replaced.set(key, [by]);
    else if (!known.includes(by)) known.push(by);
  }

  /** What a code system says of a code beside its display, for the filters of value sets. */
  addProperty(code: string, name: string, value: string): void {
    let column = this.#properties.get(name);
    if (column === undefined) this.#properties.set(name, (column = new Map()));
    const place = this.#placeOf(code);
    const known = column.get(place);
    if (known === undefined) column.set(place, this.#single(value));
    else if (!known.includes(value)) column.set(place, [...known, value]);
  }

  /** Values that a code has of a property; undefined where no code of the system has it. */
  property(code: string, name: string): readonly string[] | undefined {
    const column = this.#properties.get(name);
    const place = this.#places.get(this.#key(code));
    return column && ((place === undefined ? undefined : column.get(place)) ?? []);
  }

  /** All that is said of a code beside its display: names of properties with their values. */
  *properties(code: string): Generator<{ name: string; value: string }> {
    const place = this.#places.get(this.#key(code));
    if (place === undefined) return;
    for (const [name, column] of this.#properties)
      for (const value of column.get(place) ?? []) yield { name, value };
  }

  find(code: string): Concept | undefined {
    const place = this.#places.get(this.#key(code));
    return place === undefined ? undefined : this.#concept(place);
  }

  *all(): Generator<Concept> {
    for (let place = 0; place < this.#codes.length; place++) yield this.#concept(place);
  }

  /** The concept and all kinds of it; nothing where it is not known. */
  *descendants(code: string, self: boolean): Generator<Concept> {
    const start = this.#places.get(this.#key(code));
    if (start === undefined) return;
    const seen = new Set([start]);
    for (const place of seen) {
      if (place !== start || self) yield this.#concept(place);
      for (const child of this.#childrenOf(place)) seen.add(child);
    }
  }

  /** Codes of which it is a kind without any between. */
  parents(code: string): readonly string[] {
    const place = this.#places.get(this.#key(code));
    const above = place === undefined ? undefined : this.#parents.get(place);
    return (above ?? []).map((each) => this.#codes[each] as string);
  }

  /** Whether a concept is a kind of another, or that one. */
  isA(code: string, ancestor: string): boolean {
    const above = this.#places.get(this.#key(ancestor));
    const start = this.#places.get(this.#key(code));
    if (start === undefined || above === undefined) return false;
    const seen = new Set([start]);
    for (const place of seen) {
      if (place === above) return true;
      for (const parent of this.#parents.get(place) ?? []) seen.add(parent);
    }
    return false;
  }

  #childrenOf(place: number): readonly number[] {
    if (this.#children === undefined) {
      this.#children = new Map();
      for (const [child, parents] of this.#parents) {
        for (const parent of parents) {
          const known = this.#children.get(parent);
          if (known === undefined) this.#children.set(parent, [child]);
          else known.push(child);
        }
      }
    }
    return this.#children.get(place) ?? [];
  }

  #concept(place: number): Concept {
    const code = this.#codes[place] as string;
    return {
      code,
      display: this.#displays[place] as string,
      inactive: this.#inactive.has(place),
      replacedBy: this.#replaced.get(this.#key(code)) ?? [],
    };
  }

  /** Most values are those of many codes: one list for all of them. */
  #single(value: string): readonly string[] {
    let list = this.#values.get(value);
    if (list === undefined) this.#values.set(value, (list = [value]));
    return list;
  }

  #placeOf(code: string): number {
    const key = this.#key(code);
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place = this.#codes.length;
    this.#places.set(key, place);
    this.#codes.push(code);
    this.#displays.push('');
    return place;
  }

  #key(code: string): string {
    return this.#fold ? code.toUpperCase() : code;
  }
}

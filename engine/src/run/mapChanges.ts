import { canonicalJson, parseJson } from '../base/json.ts';
import { compareElements } from './elements.ts';

/** What a changed mapping would do to the resources of one stream. */
export interface MapDifference {
  stream: string;
  /** Records that were mapped again; those of batches that nothing can have changed are not. */
  records: number;
  same: number;
  /** By resource type and kind, the most frequent first. */
  resources: {
    type: string;
    kind: 'changed' | 'new' | 'gone';
    count: number;
    examples: Example[];
  }[];
  /** In how many changed resources an element differs. */
  elements: { path: string; count: number; examples: Example[] }[];
  /** False when it was stopped before its end. */
  complete: boolean;
}

export interface Example {
  /** Stable id, free of PHI. */
  id: string;
  /** Stable id of the patient; undefined: about none. */
  subject?: string;
  /** Canonical JSON of the element, where a changed resource has it: values of a patient. */
  before?: string;
  after?: string;
}

interface Counted {
  count: number;
  examples: Example[];
}

/** Counts differences as they are found, and keeps a few of each. */
export class MapChanges {
  readonly stream: string;
  records = 0;
  #same = 0;
  readonly #most: number;
  readonly #resources = new Map<string, Counted>();
  readonly #elements = new Map<string, Counted>();

  /** `examples` are kept of each kind. */
  constructor(stream: string, examples: number) {
    this.stream = stream;
    this.#most = examples;
  }

  same(count: number): void {
    this.#same += count;
  }

  appears(type: string, id: string, body: Buffer): void {
    this.#count(this.#resources, `new ${type}`, example(id, subjectIn(type, id, body)));
  }

  vanishes(type: string, id: string, subject: string | undefined): void {
    this.#count(this.#resources, `gone ${type}`, example(id, subject));
  }

  changes(
    type: string,
    id: string,
    before: Buffer,
    after: Buffer,
    subject: string | undefined,
  ): void {
    const about = example(id, subject);
    this.#count(this.#resources, `changed ${type}`, about);
    const found = new Map<string, Example>();
    const left = parseJson(before.toString('utf8'));
    compareElements(type, left, parseJson(after.toString('utf8')), (path, was, is) => {
      if (found.has(path)) return;
      found.set(path, {
        ...about,
        ...(was !== undefined && { before: canonicalJson(was) }),
        ...(is !== undefined && { after: canonicalJson(is) }),
      });
    });
    for (const [path, one] of found) this.#count(this.#elements, path, one);
  }

  result(complete: boolean): MapDifference {
    const { stream, records } = this;
    const resources = frequent(this.#resources).map(([name, counted]) => {
      const [kind, type] = name.split(' ') as ['changed' | 'new' | 'gone', string];
      return { type, kind, ...counted };
    });
    const elements = frequent(this.#elements).map(([path, counted]) => ({ path, ...counted }));
    return { stream, records, same: this.#same, resources, elements, complete };
  }

  #count(into: Map<string, Counted>, name: string, one: Example): void {
    const counted = into.get(name) ?? { count: 0, examples: [] };
    into.set(name, counted);
    counted.count++;
    if (counted.examples.length < this.#most) counted.examples.push(one);
  }
}

function example(id: string, subject: string | undefined): Example {
  return { id, ...(subject !== undefined && { subject }) };
}

function subjectIn(type: string, id: string, body: Buffer): string | undefined {
  return type === 'Patient' ? id : /"Patient\/([0-9a-z]{26})"/.exec(body.toString('utf8'))?.[1];
}

function frequent(counted: ReadonlyMap<string, Counted>): [string, Counted][] {
  return [...counted].toSorted(
    ([a, left], [b, right]) => right.count - left.count || (a < b ? -1 : 1),
  );
}

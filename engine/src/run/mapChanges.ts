import { canonicalJson, memberTexts, parseJson } from '../base/json.ts';
import { compareElements, type TellDifference } from './elements.ts';

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
    compareBodies(type, before.toString('utf8'), after.toString('utf8'), (path, was, is) => {
      if (found.has(path)) return;
      found.set(path, {
        ...about,
        ...(was !== undefined && { before: canonicalJson(was) }),
        ...(is !== undefined && { after: canonicalJson(is) }),
      });
    });
    for (const [path, one] of found) this.#count(this.#elements, path, one);
  }

  merge({ records, same, resources, elements }: MapDifference): void {
    this.records += records;
    this.#same += same;
    for (const { kind, type, ...counted } of resources) {
      this.#add(this.#resources, `${kind} ${type}`, counted);
    }
    for (const { path, ...counted } of elements) this.#add(this.#elements, path, counted);
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

  #add(into: Map<string, Counted>, name: string, { count, examples }: Counted): void {
    const counted = into.get(name) ?? { count: 0, examples: [] };
    into.set(name, counted);
    counted.count += count;
    counted.examples.push(...examples.slice(0, this.#most - counted.examples.length));
  }
}

/** Put together what was found of several parts of a run; `examples` are kept of each kind. */
export function mergeDifferences(
  parts: readonly (readonly MapDifference[])[],
  examples: number,
): MapDifference[] {
  const byStream = Map.groupBy(parts.flat(), ({ stream }) => stream);
  return [...byStream.values()].map((some) => {
    const whole = new MapChanges((some[0] as MapDifference).stream, examples);
    for (const one of some) whole.merge(one);
    return whole.result(some.every(({ complete }) => complete));
  });
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

/** Only members whose texts differ are parsed: bodies are canonical. */
function compareBodies(type: string, before: string, after: string, tell: TellDifference): void {
  const left = memberTexts(before);
  const right = memberTexts(after);
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    const [was, is] = [left.get(name), right.get(name)];
    if (was === is) continue;
    const path = `${type}.${name}`;
    compareElements(path, was && parseJson(was), is && parseJson(is), tell);
  }
}

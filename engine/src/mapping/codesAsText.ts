import type { YamlScalar } from '../base/locatedYaml.ts';
import { nearestName } from '../fhirpath/expressionError.ts';
import type { MappedBatch } from '../model/draft.ts';
import type { ProblemList } from './problems.ts';
import type { Work, Writer } from './work.ts';

/**
 * Code maps whose unmapped codes land as text, in one mapping. The text is that of the CodeableConcept
 * around the code: an expression that uses such a map anywhere else would lose the code in silence, so
 * it is refused.
 */
export class CodesAsText {
  readonly #names: ReadonlySet<string>;
  readonly #used = new Set<string>();
  /** Expressions that use such a map and stand in no CodeableConcept that has been seen to its end. */
  readonly #open: YamlScalar[] = [];
  #touched = false;

  constructor(names: readonly YamlScalar[]) {
    this.#names = new Set(names.map(({ text }) => text));
  }

  /** Whether unmapped codes of the map land as text; the expression being compiled uses it. */
  touch(name: string): boolean {
    if (!this.#names.has(name)) return false;
    this.#used.add(name);
    this.#touched = true;
    return true;
  }

  /** An expression has been compiled. */
  expressionEnd(node: YamlScalar): void {
    if (this.#touched) this.#open.push(node);
    this.#touched = false;
  }

  /** An expression has been judged that is used elsewhere. */
  definitionEnd(): void {
    this.#touched = false;
  }

  /** How many expressions still need a text beside their code. */
  get open(): number {
    return this.#open.length;
  }

  /** Those since there were `before` stand in a CodeableConcept that has a text. */
  close(before: number): void {
    this.#open.length = before;
  }

  /** Report names that mean nothing, and uses that would lose the code. */
  judge(names: readonly YamlScalar[], maps: Iterable<string>, problems: ProblemList): void {
    const known = [...maps];
    for (const name of names) {
      if (!known.includes(name.text)) {
        const near = nearestName(name.text, known);
        const problem = `no code map is called '${name.text}'`;
        problems.add(name, 'code-map-unknown', problem, near);
      } else if (problems.all.length === 0 && !this.#used.has(name.text)) {
        const idle = `no expression of this mapping uses the code map '${name.text}'`;
        problems.add(name, 'code-map-unused', idle, 'remove it');
      }
    }
    for (const node of this.#open) {
      const problem =
        'a code that is not in the map would be lost here, for no text stands beside it';
      const fix = 'use the map in the coding of a CodeableConcept that has a text, or hold';
      problems.add(node, 'code-lost', problem, fix);
    }
  }
}

/** The issue of a code that landed as text; its path is the name of the code map. */
const code = 'code-as-text';

export function noteCodeAsText(work: Work, map: string): void {
  work.warn(code, map);
}

/** Where the code is not in the map there must be a text, or nothing of it would land: it is held. */
export function requireText(write: Writer, text: Writer, path: string): Writer {
  return (row, work) => {
    const before = work.issues.length;
    const json = write(row, work);
    const left = work.issues.slice(before).some((issue) => issue.code === code);
    if (left && text(row, work) === '') work.fail('code-unmapped', path);
    return json;
  };
}

/** By code map, the drafts whose record has a code that landed as text: the first of each record. */
export function codesAsText({
  issues,
  drafts,
}: Pick<MappedBatch, 'issues' | 'drafts'>): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, Set<number>>();
  const noted = issues.filter((issue) => issue.code === code);
  if (noted.length === 0) return new Map();
  const draftOf = new Map<number, number>();
  for (const [at, { from }] of drafts.entries()) {
    for (const ordinal of from) if (!draftOf.has(ordinal)) draftOf.set(ordinal, at);
  }
  for (const { ordinal, path } of noted) {
    const draft = draftOf.get(ordinal);
    if (draft === undefined) continue;
    const ordinals = found.get(path) ?? new Set();
    found.set(path, ordinals.add(draft));
  }
  return new Map([...found].map(([map, ordinals]) => [map, [...ordinals]]));
}

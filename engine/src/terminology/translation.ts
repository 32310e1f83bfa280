import type { Equivalence } from './codeMap.ts';

/** What a code becomes in another system. */
export interface MapTarget {
  system: string;
  code: string;
  display: string | undefined;
  equivalence: Equivalence;
  /** GEMs: one of several codes that together say what the one said. */
  combination?: boolean;
  /** GEMs: which of the alternatives it belongs to, and which part of it. */
  scenario?: number;
  choice?: number;
}

export type Translation =
  /** One code, or one combination of codes. */
  | { kind: 'matched'; targets: readonly MapTarget[] }
  /** Several alternatives: somebody has to choose. */
  | { kind: 'ambiguous'; targets: readonly MapTarget[] }
  /** The map says that there is none. */
  | { kind: 'unmatched'; targets: readonly MapTarget[] }
  /** Maps are loaded, and none knows the code. */
  | { kind: 'unknown' }
  /** No map from that system, or to that one, is loaded. */
  | { kind: 'no-map' };

/** Targets of the codes of one system in another one. */
export class TranslationMap {
  readonly url: string;
  readonly version: string | undefined;
  readonly source: string;
  readonly target: string;
  readonly #targets = new Map<string, MapTarget[]>();

  constructor(url: string, source: string, target: string, version?: string) {
    this.url = url;
    this.version = version;
    this.source = source;
    this.target = target;
  }

  get size(): number {
    return this.#targets.size;
  }

  /** Without a target: the code is known, and has none. */
  add(code: string, target?: MapTarget): void {
    const known = this.#targets.get(code) ?? [];
    if (known.length === 0) this.#targets.set(code, known);
    if (target !== undefined) known.push(target);
  }

  find(code: string): readonly MapTarget[] | undefined {
    return this.#targets.get(code);
  }
}

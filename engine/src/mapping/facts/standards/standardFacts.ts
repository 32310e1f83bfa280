import type { Fact } from '../../../model/fact.ts';

/**
 * What documents of a standard state, read by readers of its own: nothing here is shared with the
 * mapping by that standard, but for what tells a resource apart, which both have from its pages.
 */
export interface StandardFacts {
  /** Its name in mapping files. */
  name: string;
  /** Raised when the same document comes to state something else. */
  version: number;
  /** Concepts stated by type: about these, silence is a statement too. */
  declared: ReadonlyMap<string, ReadonlySet<string>>;
  read(bytes: Buffer, settings: StatementSettings): Statements;
}

export interface StatementSettings {
  /** Id of the resource of a type that this tells apart. */
  identify: (type: string, key: string) => string;
  /** IANA name of the zone of times that are written without one. */
  zone: string | undefined;
}

/** What one document states. */
export interface Statements {
  /** When it was written, as a text that compares; empty where it does not say. */
  moment: string;
  facts: StatedFact[];
  unreadable: { concept: string; code: string }[];
}

export type StatedFact = Omit<Fact, 'ordinal'>;

/** Collects what is said of one resource at a time. */
export class Statement {
  readonly type: string;
  readonly id: string;
  readonly #subject: string;
  readonly #into: Statements;

  constructor(into: Statements, type: string, id: string, subject: string) {
    this.#into = into;
    this.type = type;
    this.id = id;
    this.#subject = subject;
  }

  /** An empty value states nothing. */
  state(concept: string, value: string | undefined, system = ''): void {
    if (value === undefined || value === '') return;
    const { type, id } = this;
    this.#into.facts.push({ type, id, subject: this.#subject, concept, value, system });
  }

  /**
   * What was stated of it before is taken back: all of the concept, or of record numbers those of a
   * system.
   */
  takeBack(concept: string, system = ''): void {
    const { type, id } = this;
    this.#into.facts.push({ type, id, subject: this.#subject, concept, value: '', system });
  }

  unreadable(concept: string, code: string): void {
    this.#into.unreadable.push({ concept, code });
  }
}

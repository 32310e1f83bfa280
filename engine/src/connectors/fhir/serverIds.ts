import type { GivenId, GivenIds, TargetId } from '../../model/target.ts';
import { nameOf, partsOf } from './linking.ts';

/** So many ids are remembered; then all are forgotten, and asked for again as they are needed. */
const most = 200_000;

/**
 * The ids that a server gave to our resources, by name (`Type/id`): looked up many at a time, and
 * remembered.
 */
export class ServerIds {
  readonly #kept: GivenIds;
  readonly #given = new Map<string, string>();
  readonly #ours = new Map<string, string>();

  constructor(kept: GivenIds) {
    this.#kept = kept;
  }

  /** The server's ids of those of our resources that have one, by our name. */
  given(names: Iterable<string>): Promise<ReadonlyMap<string, string>> {
    return this.#look(names, this.#given, (ids) => this.#kept.given(ids));
  }

  /** Our ids by the server's name; what is not ours is not among them. */
  ours(names: Iterable<string>): Promise<ReadonlyMap<string, string>> {
    return this.#look(names, this.#ours, (ids) => this.#kept.ours(ids));
  }

  /** Keep what the server has told; durable when this returns. */
  async learn(pairs: readonly GivenId[]): Promise<void> {
    const news = new Map(
      pairs
        .filter((one) => this.#given.get(nameOf(one)) !== one.given)
        .map((one) => [nameOf(one), one]),
    );
    await this.#kept.keep([...news.values()]);
    for (const { type, id, given } of news.values()) {
      this.#remember(this.#given, nameOf({ type, id }), given);
      this.#remember(this.#ours, nameOf({ type, id: given }), id);
    }
  }

  async #look(
    names: Iterable<string>,
    known: Map<string, string>,
    ask: (ids: TargetId[]) => Promise<readonly (string | undefined)[]>,
  ): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    const unknown: string[] = [];
    for (const name of new Set(names)) {
      const id = known.get(name);
      if (id === undefined) unknown.push(name);
      else found.set(name, id);
    }
    const answers = unknown.length === 0 ? [] : await ask(unknown.map(partsOf));
    for (const [at, id] of answers.entries()) {
      if (id === undefined) continue;
      const name = unknown[at] as string;
      found.set(name, id);
      this.#remember(known, name, id);
    }
    return found;
  }

  #remember(known: Map<string, string>, name: string, id: string): void {
    if (known.size >= most) known.clear();
    known.set(name, id);
  }
}

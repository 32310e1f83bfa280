/** More names of a kind than any guide has: beyond them a file makes names up. */
const mostKept = 20_000;

/**
 * What was worked out, by names that the data brings: urls of systems, profiles and extensions. It
 * is emptied when it is full, so that a file in which no name is like another costs time and no memory.
 */
export class Kept<Value> {
  readonly #values = new Map<string, Value>();

  get(name: string): Value | undefined {
    return this.#values.get(name);
  }

  keep(name: string, value: Value): Value {
    if (this.#values.size >= mostKept) this.#values.clear();
    this.#values.set(name, value);
    return value;
  }

  clear(): void {
    this.#values.clear();
  }
}

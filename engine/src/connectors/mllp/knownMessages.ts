import type { SeenMessage } from '../../ledger/inbox.ts';

/** `repeated`: these very bytes are kept already. `reused`: other bytes under the same identity. */
export type Kept = 'kept' | 'repeated' | 'reused';

/** What has arrived, by token. */
export class KnownMessages {
  readonly #digests = new Map<string, string[]>();
  readonly #most: number;

  /** @param most tokens that are remembered; the oldest are forgotten first. */
  constructor(most = Infinity) {
    this.#most = most;
  }

  /** What a message is beside those that were added. */
  tell({ token, digest }: SeenMessage): Kept {
    const digests = this.#digests.get(nameOf(token));
    if (digests === undefined) return 'kept';
    return digests.includes(nameOf(digest)) ? 'repeated' : 'reused';
  }

  add({ token, digest }: SeenMessage): void {
    const name = nameOf(token);
    const digests = this.#digests.get(name);
    if (digests === undefined) this.#digests.set(name, [nameOf(digest)]);
    else if (!digests.includes(nameOf(digest))) digests.push(nameOf(digest));
    if (this.#digests.size <= this.#most) return;
    const [oldest] = this.#digests.keys();
    this.#digests.delete(oldest as string);
  }
}

const nameOf = (bytes: Buffer): string => bytes.toString('latin1');

import type { SeenMessage } from '../../ledger/inbox.ts';

/** `repeated`: these very bytes are kept already. `reused`: other bytes under the same identity. */
export type Kept = 'kept' | 'repeated' | 'reused';

/** Token and digest of a message as texts, by which it is looked up. */
export interface MessageName {
  token: string;
  digest: string;
}

export function messageName({ token, digest }: SeenMessage): MessageName {
  return { token: token.toString('latin1'), digest: digest.toString('latin1') };
}

/** Characters of a digest in a {@link MessageName}. */
const digestLength = 32;

/** What has arrived, by token. */
export class KnownMessages {
  /** Under each token its digests, one behind the other. */
  #digests = new Map<string, string>();
  /** Those before: a map that loses its oldest entries one by one is slow to find the next. */
  #former: ReadonlyMap<string, string> = new Map();
  readonly #most: number;

  /** @param most tokens that are remembered, half of them at least. */
  constructor(most = Infinity) {
    this.#most = most;
  }

  /** What a message is beside those that were added. */
  tell({ token, digest }: MessageName): Kept {
    const digests = this.#digestsOf(token);
    if (digests === undefined) return 'kept';
    return holds(digests, digest) ? 'repeated' : 'reused';
  }

  add({ token, digest }: MessageName): void {
    const digests = this.#digestsOf(token) ?? '';
    if (!holds(digests, digest)) this.#digests.set(token, digests + digest);
    if (this.#digests.size < this.#most / 2) return;
    this.#former = this.#digests;
    this.#digests = new Map();
  }

  #digestsOf(token: string): string | undefined {
    return this.#digests.get(token) ?? this.#former.get(token);
  }
}

function holds(digests: string, digest: string): boolean {
  for (let at = 0; at < digests.length; at += digestLength) {
    if (digests.startsWith(digest, at)) return true;
  }
  return false;
}

import { tokenBytes } from '../../ledger/entries.ts';
import { firstDeliveries, resourceName, retiredDrafts } from '../../ledger/retired.ts';
import type { Queries } from '../../store/session.ts';
import { idToken } from '../idToken.ts';

/**
 * Resources that a run has put to a target and that its last step takes out, because no draft stands
 * for them any more and none has been delivered since. They are still there, and yet nothing that
 * stays may refer to them. What stood at the target before the run is not among them: it is put back.
 */
export class Leaving {
  /** As {@link resourceName} says them. */
  readonly #names = new Set<string>();

  /** As the ledger tells at this moment: what is delivered later leaves no more. */
  static async from(reader: Queries, run: string, target: string): Promise<Leaving> {
    const leaving = new Leaving();
    const byStream = new Map<string, Map<string, string>>();
    for await (const { key, page, ordinals } of retiredDrafts(reader, run, target, {
      left: true,
    })) {
      const names = byStream.get(key.stream) ?? new Map<string, string>();
      byStream.set(key.stream, names);
      for (const at of ordinals) {
        const token = page.tokens.toString('hex', at * tokenBytes, (at + 1) * tokenBytes);
        names.set(token, resourceName(page, at));
      }
    }
    for (const [stream, names] of byStream) {
      const first = await firstDeliveries(reader, { run, target, stream }, new Set(names.keys()));
      for (const [token, name] of names) {
        if (first.get(token)?.created !== false) leaving.#names.add(name);
      }
    }
    return leaving;
  }

  get size(): number {
    return this.#names.size;
  }

  /** `reference`: `Type/id`. */
  has(reference: string): boolean {
    return this.#names.size > 0 && this.#names.has(nameOf(reference));
  }

  /** What refers to something that leaves has to leave with it. */
  add(reference: string): void {
    this.#names.add(nameOf(reference));
  }
}

function nameOf(reference: string): string {
  const slash = reference.indexOf('/');
  const token = idToken(reference.slice(slash + 1)).toString('hex');
  return `${reference.slice(0, slash)} ${token}`;
}

import type {
  Creations,
  Receipt,
  Stored,
  StoredBatch,
  Target,
  TargetId,
  Write,
} from '../../model/target.ts';

interface Version {
  version: number;
  /** Undefined: a removal. */
  stored: { body: Buffer; digest: string } | undefined;
}

const scanPage = 100;

/**
 * A target in memory, for simulations: the embedded target's rules on a Map of version lists, the
 * newest last. It shares no code with the real one, so that either can show the other wrong.
 */
export class MemoryTarget implements Target {
  readonly #resources = new Map<string, Version[]>();
  readonly #digest: (data: Uint8Array) => string;

  constructor(digest: (data: Uint8Array) => string) {
    this.#digest = digest;
  }

  async open(): Promise<void> {}

  async close(): Promise<void> {}

  async write(batch: readonly Write[], signal: AbortSignal): Promise<readonly Receipt[]> {
    signal.throwIfAborted();
    return batch.map((write) => this.#write(write));
  }

  async create(
    all: Creations,
    intend: () => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<boolean> {
    signal.throwIfAborted();
    const writes = all.ids.map((id, at) => ({
      type: all.types[all.typeOf[at] as number] as string,
      id,
      body: all.bytes.subarray(all.offsets[at], all.offsets[at + 1]),
    }));
    const keys = new Set(writes.map(({ type, id }) => `${type}/${id}`));
    const taken = (): boolean => [...keys].some((key) => this.#resources.has(key));
    if (taken() || keys.size < writes.length) return false;
    if (!writes.every((write) => describes(write.body, write))) return false;
    // Nothing is locked here: who wrote meanwhile was first.
    if (!(await intend()) || taken()) return false;
    for (const write of writes) this.#write({ kind: 'put', ...write, ifVersion: 0 });
    return true;
  }

  async fetch(ids: readonly TargetId[], want: 'head' | 'body'): Promise<readonly Stored[]> {
    return ids.map((id) => this.#stored(id, want));
  }

  async *scan(after: string | undefined, signal: AbortSignal): AsyncGenerator<StoredBatch> {
    const keys = [...this.#resources.keys()].filter((key) => key > (after ?? '')).toSorted();
    for (let from = 0; from < keys.length; from += scanPage) {
      signal.throwIfAborted();
      const page = keys.slice(from, from + scanPage);
      const resources = page
        .map((key) => this.#stored(idOf(key), 'head'))
        .filter(({ state }) => state === 'present');
      yield { resources, cursor: page.at(-1) as string };
    }
  }

  #write(write: Write): Receipt {
    const key = `${write.type}/${write.id}`;
    const versions = this.#resources.get(key) ?? [];
    const newest = versions.at(-1);
    const version = newest?.version ?? 0;
    if (write.kind === 'revert') return this.#revert(write, versions);
    const stored =
      write.kind === 'put'
        ? { body: Buffer.from(write.body), digest: this.#digest(write.body) }
        : undefined;
    const same =
      stored === undefined
        ? newest !== undefined && newest.stored === undefined
        : newest?.stored?.digest === stored.digest;
    if (same) return delivered(write, newest, true);
    if (write.ifVersion !== undefined && write.ifVersion !== version) return differs(write);
    if (stored === undefined && newest === undefined) return delivered(write, undefined, true);
    if (stored !== undefined && !describes(stored.body, write)) {
      return { type: write.type, id: write.id, state: 'refused', code: 'body-invalid' };
    }
    const next = { version: version + 1, stored };
    this.#resources.set(key, [...versions, next]);
    return delivered(write, next, false);
  }

  #revert(write: Write & { kind: 'revert' }, versions: Version[]): Receipt {
    const newest = versions.at(-1);
    const version = newest?.version ?? 0;
    if (version > write.ifVersion) return differs(write);
    if (version < write.ifVersion || version === 0) return delivered(write, newest, true);
    const earlier = versions.slice(0, -1);
    const key = `${write.type}/${write.id}`;
    if (earlier.length === 0) this.#resources.delete(key);
    else this.#resources.set(key, earlier);
    return delivered(write, earlier.at(-1), false);
  }

  #stored({ type, id }: TargetId, want: 'head' | 'body'): Stored {
    const newest = this.#resources.get(`${type}/${id}`)?.at(-1);
    if (newest === undefined) return { type, id, state: 'absent' };
    const { version, stored } = newest;
    if (stored === undefined) return { type, id, state: 'removed', version };
    const present = { type, id, state: 'present', version, digest: stored.digest } as const;
    return want === 'head' ? present : { ...present, body: Buffer.from(stored.body) };
  }
}

function idOf(key: string): TargetId {
  const [type = '', id = ''] = key.split('/');
  return { type, id };
}

function delivered({ type, id }: TargetId, now: Version | undefined, same: boolean): Receipt {
  return {
    type,
    id,
    state: 'delivered',
    version: now?.version ?? 0,
    digest: now?.stored?.digest ?? '',
    unchanged: same,
  };
}

function differs({ type, id }: TargetId): Receipt {
  return { type, id, state: 'refused', code: 'version-differs' };
}

function describes(body: Buffer, { type, id }: TargetId): boolean {
  try {
    const resource = JSON.parse(body.toString()) as { resourceType?: unknown; id?: unknown };
    return resource.resourceType === type && resource.id === id;
  } catch {
    return false;
  }
}

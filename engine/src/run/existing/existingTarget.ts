import { digestBytes } from '../../ledger/entries.ts';
import { isStableId } from '../../ledger/persons.ts';
import type {
  Creations,
  ExistingIds,
  Receipt,
  Stored,
  StoredBatch,
  Target,
  TargetId,
  TargetNeeds,
  TargetProblem,
  Write,
} from '../../model/target.ts';
import { itemAt, packItems } from '../../staging/packedItems.ts';
import { exchanged, existingTypes, referredIn } from './exchangedIds.ts';

/**
 * A target that had resources of its own: with us they go by stable ids, as everything does, and here
 * these are exchanged for those that they have there, in references too. What others make there meanwhile
 * is not ours, so that a scan does not give it: ours has the form of a stable id and was not there before.
 */
export class ExistingTarget implements Target {
  readonly #target: Target;
  readonly #ids: ExistingIds;
  readonly #digest: (data: Uint8Array) => string;

  constructor(
    target: Target,
    { ids, digest }: { ids: ExistingIds; digest: (data: Uint8Array) => string },
  ) {
    this.#target = target;
    this.#ids = ids;
    this.#digest = digest;
    const present = target.present?.bind(target);
    if (present !== undefined) {
      this.present = async (asked, signal) => present(await this.#there(asked), signal);
    }
    const create = target.create?.bind(target);
    if (create !== undefined) {
      this.create = async (all, intend, signal) => {
        const made = await this.#creations(all);
        return made !== undefined && create(made, intend, signal);
      };
    }
    const judge = target.judge?.bind(target);
    if (judge !== undefined) this.judge = judge;
    const everything = target.everything?.bind(target);
    if (everything !== undefined) this.everything = everything;
    const flush = target.flush?.bind(target);
    if (flush !== undefined) this.flush = flush;
  }

  judge?: (needs: TargetNeeds, signal: AbortSignal) => Promise<readonly TargetProblem[]>;
  present?: NonNullable<Target['present']>;
  create?: NonNullable<Target['create']>;
  /** Under the target's own ids, and as it has them: whoever reads this learns them first. */
  everything?: NonNullable<Target['everything']>;
  flush?: () => Promise<void>;

  open(signal: AbortSignal): Promise<void> {
    return this.#target.open(signal);
  }

  close(): Promise<void> {
    return this.#target.close();
  }

  async write(batch: readonly Write[], signal: AbortSignal): Promise<readonly Receipt[]> {
    const there = await this.#there(batch);
    const bodies = batch.flatMap((write) => bodyOf(write) ?? []);
    const names = await this.#namesThere(bodies);
    const writes = batch.map((write, at) => writeAs(write, there[at] as TargetId, names));
    const receipts = await this.#target.write(writes, signal);
    return receipts.map((receipt, at) => ({ ...receipt, ...nameOf(batch[at] as Write) }));
  }

  async fetch(
    ids: readonly TargetId[],
    want: 'head' | 'body',
    signal: AbortSignal,
  ): Promise<readonly Stored[]> {
    const stored = await this.#target.fetch(await this.#there(ids), want, signal);
    const bodies = stored.flatMap((one) => (one.state === 'present' && one.body) || []);
    const names = await this.#namesHere(bodies);
    return stored.map((one, at): Stored => {
      const { type, id } = ids[at] as TargetId;
      if (one.state !== 'present' || one.body === undefined) return { ...one, type, id };
      return { ...one, type, id, body: exchanged(one.body, names, one.id === id ? undefined : id) };
    });
  }

  async *scan(after: string | undefined, signal: AbortSignal): AsyncGenerator<StoredBatch> {
    for await (const { resources, cursor } of this.#target.scan(after, signal)) {
      const formed = resources.filter(({ id }) => isStableId(id));
      const asked = formed.filter(({ type }) => existingTypes.includes(type));
      const known = await this.#ids.ours(asked);
      const theirs = new Set(asked.filter((_, at) => known[at] !== undefined));
      yield { resources: formed.filter((one) => !theirs.has(one)), cursor };
    }
  }

  /** Undefined: what the target had of its own is among them, and cannot be created. */
  async #creations(all: Creations): Promise<Creations | undefined> {
    const places = all.ids.map((id, at) => ({ type: all.types[all.typeOf[at] ?? 0] ?? '', id }));
    const there = await this.#there(places);
    if (there.some(({ id }, at) => id !== all.ids[at])) return undefined;
    const bodies = all.ids.map((_, at) => itemAt(all, at));
    const names = await this.#namesThere(bodies);
    if (names.size === 0) return all;
    const digests = Buffer.from(all.digests);
    const led = bodies.map((body, at) => {
      const other = exchanged(body, names);
      if (other !== body) digests.write(this.#digest(other), at * digestBytes, 'hex');
      return other;
    });
    return { ...all, digests, ...packItems(led) };
  }

  /** The same resources by the ids that they have there. */
  async #there(ids: readonly TargetId[]): Promise<TargetId[]> {
    const asked = ids.filter(({ type }) => existingTypes.includes(type));
    const given = (await this.#ids.given(asked)).values();
    return ids.map(({ type, id }) => {
      const known = existingTypes.includes(type) ? given.next().value : undefined;
      return { type, id: known ?? id };
    });
  }

  #namesThere(bodies: readonly Buffer[]): Promise<Map<string, string>> {
    return this.#names(bodies, (ids) => this.#ids.given(ids));
  }

  #namesHere(bodies: readonly Buffer[]): Promise<Map<string, string>> {
    return this.#names(bodies, (ids) => this.#ids.ours(ids));
  }

  /** What bodies refer to, where it has another name on the other side. */
  async #names(
    bodies: readonly Buffer[],
    otherSide: (ids: readonly TargetId[]) => Promise<readonly (string | undefined)[]>,
  ): Promise<Map<string, string>> {
    const referred = [...new Set(bodies.flatMap(referredIn))];
    if (referred.length === 0) return new Map();
    const ids = referred.map((name) => {
      const slash = name.indexOf('/');
      return { type: name.slice(0, slash), id: name.slice(slash + 1) };
    });
    const others = await otherSide(ids);
    return new Map(
      referred.flatMap((name, at) => {
        const other = others[at];
        return other === undefined ? [] : [[name, `${ids[at]?.type}/${other}`] as const];
      }),
    );
  }
}

function nameOf({ type, id }: TargetId): TargetId {
  return { type, id };
}

function bodyOf(write: Write): Buffer | undefined {
  if (write.kind === 'put') return write.body;
  return write.kind === 'revert' ? write.before : undefined;
}

function writeAs(write: Write, { id }: TargetId, names: ReadonlyMap<string, string>): Write {
  const own = write.id === id ? undefined : id;
  if (write.kind === 'remove') return { ...write, id };
  if (write.kind === 'revert') {
    const before = write.before && exchanged(write.before, names, own);
    return { ...write, id, ...(before && { before }) };
  }
  const body = exchanged(write.body, names, own);
  if (body === write.body) return write;
  // The digest that it brings is of what it was.
  const { digest: _, ...rest } = write;
  return { ...rest, id, body };
}

import type { Random } from '../../base/random.ts';
import type { Creations, Receipt, TargetId, Write } from '../../model/target.ts';
import type { Transaction } from '../../store/session.ts';
import { packItems } from '../../staging/packedItems.ts';
import type { PackedItems } from '../../staging/packedItems.ts';
import { blockBytes, blockItems } from './block.ts';
import { encodeVersions } from './blockEncoder.ts';
import type { Encoded, EncodeJob, EncoderParts } from './blockEncoder.ts';
import { copyBlocks, copyResources } from './copyRows.ts';
import { indexEntryOf } from './indexEntry.ts';
import type { IndexEntry } from './indexEntry.ts';
import { readHeads } from './reader.ts';
import { isFhirId, typeNumber } from './resourceTypes.ts';
import { revertNewest } from './revert.ts';
import { idArrays, keyOf } from './rows.ts';
import { search } from './search.ts';
import type { SearchQuery } from './search.ts';
import type { Version } from './reader.ts';
import type { ThreadEncoder } from './threadEncoder.ts';
import { decide, delivered, refused, roundsOf } from './writePlan.ts';
import type { Decision, Head } from './writePlan.ts';

/** What writes need of the store. */
export interface WriteParts extends EncoderParts {
  random: Random;
  digest(data: Uint8Array): string;
  /** For what is worth handing to a thread. */
  thread: ThreadEncoder;
}

/** A put with what is computed from its body, at most once however often it is tried. */
class Prepared {
  readonly write: Write & { kind: 'put' };
  readonly #parts: WriteParts;
  #digest: string | undefined;
  #index: IndexEntry | undefined;
  #read = false;

  constructor(write: Write & { kind: 'put' }, parts: WriteParts) {
    this.write = write;
    this.#parts = parts;
  }

  get digest(): string {
    return (this.#digest ??= this.write.digest ?? this.#parts.digest(this.write.body));
  }

  /** Undefined when the body is not the resource that the write says. */
  get index(): IndexEntry | undefined {
    if (!this.#read) {
      this.#read = true;
      this.#index = indexEntryOf(this.write.type, this.write.id, this.write.body);
    }
    return this.#index;
  }
}

/** A put or removal that will become a row. */
interface Planned {
  place: number;
  write: Write;
  version: number;
  prepared: Prepared | undefined;
}

/**
 * `absent`: what a write says must not exist does not. Where it does, the primary key breaks the
 * transaction, which is then to be run again with `nothing` presumed.
 */
export type Presumption = 'absent' | 'nothing';

export interface UnitOptions {
  now: Date;
  signal?: AbortSignal | undefined;
  presume?: Presumption;
}

/** Bodies prepared while the database looks up what is there. */
const preparedAhead = 4096;
/** Resources of a batch that are asked for to tell whether it is new. */
const probes = 16;

/**
 * One transaction on the store: what is written in it is seen by what is searched in it, and all of
 * it comes to be, or nothing.
 */
export class Unit {
  readonly #transaction: Transaction;
  readonly #parts: WriteParts;
  readonly #now: Date;
  readonly #signal: AbortSignal | undefined;
  readonly #presume: Presumption;

  constructor(transaction: Transaction, parts: WriteParts, options: UnitOptions) {
    this.#transaction = transaction;
    this.#parts = parts;
    this.#now = options.now;
    this.#signal = options.signal;
    this.#presume = options.presume ?? 'nothing';
  }

  /** One receipt per write, in the same order; refused writes change nothing. */
  async write(batch: readonly Write[]): Promise<Receipt[]> {
    const receipts: Receipt[] = Array.from({ length: batch.length });
    const prepared = batch.map((write) =>
      write.kind === 'put' ? new Prepared(write, this.#parts) : undefined,
    );
    for (const round of roundsOf(batch)) {
      await this.#round(batch, round, prepared, receipts);
    }
    return receipts;
  }

  /**
   * Every version of these resources goes, and their rows; what else their blocks hold is sealed again.
   * @returns how many versions went.
   */
  async erase(ids: readonly TargetId[]): Promise<number> {
    let heads = await readHeads(this.#transaction, ids, 'for update of r');
    let versions = 0;
    while (heads.length > 0) {
      versions += heads.length;
      const earlier = await revertNewest(this.#transaction, this.#parts.seal, heads);
      heads = earlier.filter(({ version }) => version > 0);
    }
    return versions;
  }

  /** The instant that what is written gets. */
  get now(): Date {
    return this.#now;
  }

  search(query: SearchQuery): Promise<Version[]> {
    return search(this.#transaction, this.#parts.seal, this.#parts.tokens, query);
  }

  /** Until the transaction ends, others who ask for the same words wait. */
  async exclude(words: string): Promise<void> {
    const key = Buffer.from(this.#parts.digest(Buffer.from(words)).slice(0, 16), 'hex');
    await this.#transaction.query('select pg_advisory_xact_lock($1)', [
      key.readBigInt64BE().toString(),
    ]);
  }

  async #round(
    batch: readonly Write[],
    round: readonly number[],
    prepared: readonly (Prepared | undefined)[],
    receipts: Receipt[],
  ): Promise<void> {
    const possible = round.filter((place) => {
      const problem = problemWith(batch[place] as Write);
      if (problem !== undefined) receipts[place] = refused(batch[place] as Write, problem);
      return problem === undefined;
    });
    const lookup = this.#lookUp(possible.map((place) => batch[place] as Write));
    if (this.#presume === 'nothing') prepareSome(prepared);
    const current = new Map((await lookup).map((head) => [keyOf(head), head]));
    await this.#carryOut(batch, possible, current, prepared, receipts);
  }

  /**
   * What is there. Of a batch of nothing but creations a few are asked for: when none of them is
   * there it is tried as if nothing were. A batch that was written before shows itself that way.
   */
  async #lookUp(writes: readonly Write[]): Promise<Head[]> {
    if (this.#presume === 'absent' && writes.every(creates)) {
      const step = Math.ceil(writes.length / probes);
      const some = writes.filter((_, at) => at % step === 0);
      if ((await readHeads(this.#transaction, some)).length === 0) return [];
    }
    return readHeads(this.#transaction, writes, 'for update of r');
  }

  async #carryOut(
    batch: readonly Write[],
    places: readonly number[],
    current: ReadonlyMap<string, Head>,
    prepared: readonly (Prepared | undefined)[],
    receipts: Receipt[],
  ): Promise<void> {
    const rows: Planned[] = [];
    const superseded: Head[] = [];
    const reverted: { place: number; head: Head }[] = [];
    for (const place of places) {
      const write = batch[place] as Write;
      const head = current.size === 0 ? undefined : current.get(keyOf(write));
      const decision = decideWith(write, head, prepared[place]);
      if (decision.step === 'answer') receipts[place] = decision.receipt;
      else if (decision.step === 'revert') reverted.push({ place, head: head as Head });
      else {
        rows.push({ place, write, version: decision.version, prepared: prepared[place] });
        if (head !== undefined) superseded.push(head);
      }
    }
    await this.#supersede(superseded);
    await this.#insert(rows, receipts);
    const earlier = await revertNewest(
      this.#transaction,
      this.#parts.seal,
      reverted.map(({ head }) => head),
    );
    reverted.forEach(({ place }, at) => {
      receipts[place] = delivered(earlier[at] as Head, false);
    });
  }

  async #supersede(heads: readonly Head[]): Promise<void> {
    if (heads.length === 0) return;
    await this.#transaction.query(
      `with superseded as (
         delete from resource r using unnest($1::smallint[], $2::text[]) as w (type, id)
         where r.type = w.type and r.id = w.id returning r.*)
       insert into history select * from superseded`,
      idArrays(heads),
    );
  }

  async #insert(planned: readonly Planned[], receipts: Receipt[]): Promise<void> {
    for (let from = 0; from < planned.length; from += rowsAtOnce) {
      const some = planned.slice(from, from + rowsAtOnce);
      const refusedPlaces = new Set(await this.#store(jobOf(some, this.#now), 'the others'));
      for (const [at, one] of some.entries()) {
        receipts[one.place] = refusedPlaces.has(at)
          ? refused(one.write, 'body-invalid')
          : receiptOf(one);
      }
    }
  }

  /**
   * Create all of them, of which none may exist; what is not the resource it should be leads to
   * nothing being created.
   * @returns false: nothing was created.
   * @throws HandoverError or what PostgreSQL says when one exists: the transaction is then broken.
   */
  async create(all: Creations): Promise<boolean> {
    if (all.ids.length > rowsAtOnce || !all.types.every((type) => typeNumber(type) !== undefined)) {
      return false;
    }
    if (!all.ids.every(isFhirId)) return false;
    this.#signal?.throwIfAborted();
    // A load begins with few and goes on with many.
    this.#parts.thread.start();
    const { types, typeOf, digests, bytes, offsets } = all;
    const step = Math.ceil(all.ids.length / probes);
    const some = all.ids.flatMap((id, at) =>
      at % step === 0 ? [{ type: types[typeOf[at] as number] as string, id }] : [],
    );
    if ((await readHeads(this.#transaction, some)).length > 0) return false;
    const rest = { ids: all.ids.join(' '), removals: [], bodies: { bytes, offsets } };
    const job = { updatedMs: this.#now.getTime(), types, typeOf, digests, ...rest };
    return (await this.#store(job, 'nothing')).length === 0;
  }

  /** Rows and blocks for versions; returns the places of those that are not what they should be. */
  async #store(
    job: Omit<EncodeJob, 'blocks'>,
    storedThen: 'the others' | 'nothing',
  ): Promise<readonly number[]> {
    const starts = blockStarts(job.bodies);
    const numbers = await this.#blockNumbers(starts.length);
    const blocks = starts.map((from, at) => ({ from, block: numbers[at] as number }));
    const encoded = await this.#encode({ ...job, blocks });
    this.#signal?.throwIfAborted();
    if (encoded.refused.length > 0 && storedThen === 'nothing') return encoded.refused;
    await this.#transaction.copyIn(copyResources, [encoded.rows]);
    if (encoded.blocks) await this.#transaction.copyIn(copyBlocks, [encoded.blocks]);
    return encoded.refused;
  }

  /** A thread pays for many. */
  async #encode(job: EncodeJob): Promise<Encoded> {
    if (job.blocks.length < fewBlocks) return encodeVersions(job, this.#parts);
    return this.#parts.thread.encode(job);
  }

  async #blockNumbers(count: number): Promise<number[]> {
    const { rows } = await this.#transaction.query<{ block: string }>(
      `select nextval('block_number') as block from generate_series(1, $1::int)`,
      [count],
    );
    return rows.map(({ block }) => Number(block));
  }
}

const noBody = Buffer.alloc(0);
/** In hex. */
const noDigest = '00'.repeat(32);
/** Fewer are made by this thread. */
const fewBlocks = 3;
/** More are stored in several pieces, each of which is in memory as a whole. */
const rowsAtOnce = 65_536;

/** Of a version that was stored. */
function receiptOf({ write: { type, id }, version, prepared }: Planned): Receipt {
  const digest = prepared?.digest ?? '';
  return { type, id, state: 'delivered', version, digest, unchanged: false };
}

function jobOf(planned: readonly Planned[], now: Date): Omit<EncodeJob, 'blocks'> {
  const types = [...new Set(planned.map(({ write }) => write.type))];
  const places = new Map(types.map((type, at) => [type, at]));
  const digests = planned.map(({ prepared }) => prepared?.digest ?? noDigest);
  return {
    updatedMs: now.getTime(),
    types,
    typeOf: Uint8Array.from(planned, ({ write }) => places.get(write.type) as number),
    ids: planned.map(({ write }) => write.id).join(' '),
    versions: Uint32Array.from(planned, ({ version }) => version),
    removals: [...planned.keys()].filter((at) => planned[at]?.prepared === undefined),
    digests: Buffer.from(digests.join(''), 'hex'),
    bodies: packItems(planned.map(({ prepared }) => prepared?.write.body ?? noBody)),
  };
}

function prepareSome(prepared: Iterable<Prepared | undefined>): void {
  let left = preparedAhead;
  for (const one of prepared) {
    if (left-- === 0) return;
    if (one?.index !== undefined) void one.digest;
  }
}

/** What would replace a version must be a resource; a new one is found out when it is stored. */
function decideWith(
  write: Write,
  head: Head | undefined,
  prepared: Prepared | undefined,
): Decision {
  if (head !== undefined && prepared !== undefined && prepared.index === undefined) {
    return { step: 'answer', receipt: refused(write, 'body-invalid') };
  }
  return decide(write, head, () => prepared?.digest ?? '');
}

function problemWith({ type, id }: Write): string | undefined {
  if (typeNumber(type) === undefined) return 'type-unknown';
  return isFhirId(id) ? undefined : 'id-invalid';
}

/** Where blocks begin: one is full at {@link blockItems} versions or {@link blockBytes} bytes. */
function blockStarts({ offsets }: PackedItems): number[] {
  const starts: number[] = [];
  let end = 0;
  for (let at = 0; at < offsets.length - 1; at++) {
    const from = starts.at(-1) ?? 0;
    const isFull = at - from >= blockItems || end - (offsets[from] as number) >= blockBytes;
    if (at === 0 || isFull) starts.push(at);
    end = offsets[at + 1] as number;
  }
  return starts;
}

function creates(write: Write): boolean {
  return write.kind === 'put' && write.ifVersion === 0;
}

import type { Random } from '../../base/random.ts';
import type { Receipt, Write } from '../../model/target.ts';
import type { Transaction } from '../../store/session.ts';
import { packItems } from '../../staging/packedItems.ts';
import { blockBytes, blockItems } from './block.ts';
import { encodeBlock } from './blockEncoder.ts';
import type { BlockJob, EncodedBlock, EncoderParts } from './blockEncoder.ts';
import { blockRows, copyBlocks, copyHead, copyResources, copyTrailer } from './copyRows.ts';
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
  /** Number of the type. */
  type: number;
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
        const type = typeNumber(write.type) ?? 0;
        const { version } = decision;
        rows.push({ place, write, type, version, prepared: prepared[place] });
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
    if (planned.length === 0) return;
    // In order of the primary key: its B-tree then takes neighbours one after the other.
    const groups = blockGroups(planned.toSorted(byKey));
    const numbers = await this.#blockNumbers(groups.length);
    const blocks: { block: number; sealed: Uint8Array }[] = [];
    await this.#transaction.copyIn(copyResources, this.#rows(groups, numbers, blocks, receipts));
    if (blocks.length > 0) await this.#transaction.copyIn(copyBlocks, blockRows(blocks));
  }

  /** Rows of `resource`, a block's worth at a time: PostgreSQL takes one in while the next is made. */
  async *#rows(
    groups: readonly Planned[][],
    numbers: readonly number[],
    blocks: { block: number; sealed: Uint8Array }[],
    receipts: Receipt[],
  ): AsyncGenerator<Uint8Array> {
    yield copyHead;
    const encode = this.#encoder(groups);
    const ahead: (EncodedBlock | Promise<EncodedBlock>)[] = [];
    for (const [at, group] of groups.entries()) {
      this.#signal?.throwIfAborted();
      for (let next = at + ahead.length; next < groups.length; next++) {
        if (ahead.length === blocksAhead) break;
        ahead.push(encode(this.#job(groups[next] as Planned[], numbers[next] as number)));
      }
      const { rows, sealed, refused: invalid } = (await ahead.shift()) as EncodedBlock;
      const block = numbers[at] as number;
      if (sealed !== undefined) blocks.push({ block, sealed });
      for (const one of group) receipts[one.place] = receiptOf(one);
      for (const place of invalid) {
        const one = group[place] as Planned;
        receipts[one.place] = refused(one.write, 'body-invalid');
      }
      yield rows;
    }
    yield copyTrailer;
  }

  /** A thread pays for many; what waits for it until somebody asks must not count as unheard. */
  #encoder(groups: readonly Planned[][]): (job: BlockJob) => EncodedBlock | Promise<EncodedBlock> {
    if (groups.length < fewBlocks) return (job) => encodeBlock(job, this.#parts);
    return (job) => {
      const encoded = this.#parts.thread.encode(job);
      encoded.catch(() => undefined);
      return encoded;
    };
  }

  #job(group: readonly Planned[], block: number): BlockJob {
    const digests = group.map(({ prepared }) => prepared?.digest ?? noDigest);
    return {
      block,
      updatedMs: this.#now.getTime(),
      ...typesOf(group),
      ids: group.map(({ write }) => write.id).join(' '),
      versions: Uint32Array.from(group, ({ version }) => version),
      removals: [...group.keys()].filter((at) => group[at]?.prepared === undefined),
      digests: Buffer.from(digests.join(''), 'hex'),
      bodies: packItems(group.map(({ prepared }) => prepared?.write.body ?? noBody)),
    };
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
/** Blocks that are made before PostgreSQL asks for them. */
const blocksAhead = 4;
/** Fewer are made by this thread. */
const fewBlocks = 3;

/** Of a version that was stored. */
function receiptOf({ write: { type, id }, version, prepared }: Planned): Receipt {
  const digest = prepared?.digest ?? '';
  return { type, id, state: 'delivered', version, digest, unchanged: false };
}

function typesOf(group: readonly Planned[]): Pick<BlockJob, 'types' | 'typeOf'> {
  const types: string[] = [];
  const typeOf = new Uint8Array(group.length);
  for (const [at, { write }] of group.entries()) {
    // In order of their keys: what has another type than the last one is the first of its own.
    if (types.at(-1) !== write.type) types.push(write.type);
    typeOf[at] = types.length - 1;
  }
  return { types, typeOf };
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

/** Cut at {@link blockItems} rows or {@link blockBytes} bytes. */
function blockGroups(planned: readonly Planned[]): Planned[][] {
  const groups: Planned[][] = [];
  let group: Planned[] = [];
  let bytes = 0;
  for (const one of planned) {
    group.push(one);
    bytes += one.prepared?.write.body.length ?? 0;
    if (group.length < blockItems && bytes < blockBytes) continue;
    groups.push(group);
    group = [];
    bytes = 0;
  }
  if (group.length > 0) groups.push(group);
  return groups;
}

function byKey(a: Planned, b: Planned): number {
  return a.type === b.type ? (a.write.id < b.write.id ? -1 : 1) : a.type - b.type;
}

function creates(write: Write): boolean {
  return write.kind === 'put' && write.ifVersion === 0;
}

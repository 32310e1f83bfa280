import type { Delimiters } from './delimiters.ts';
import { guideOf, supportedSets } from './guides.ts';
import type { FoundGuide, TransactionKind } from './guides.ts';
import type { Loop } from './loop.ts';
import { verdictOf } from './problem.ts';
import type { Verdict, X12Problem } from './problem.ts';
import type { X12Segment } from './segment.ts';
import { TransactionBuilder, mostProblems } from './transactionBuilder.ts';

/** ISA to IEA. */
export interface Interchange {
  header: X12Segment;
  delimiters: Delimiters;
  /** Groups that began. */
  groups: number;
  problems: X12Problem[];
  trailer: X12Segment | undefined;
  verdict: Verdict;
}

/** GS to GE. */
export interface Group {
  header: X12Segment;
  interchange: Interchange;
  /** Transactions that began, and those of them that were not refused. */
  transactions: number;
  accepted: number;
  /** What became of each; empty unless they are asked for. */
  results: TransactionResult[];
  problems: X12Problem[];
  trailer: X12Segment | undefined;
  verdict: Verdict;
}

/** What a 999 tells of a transaction. */
export interface TransactionResult {
  /** ST01, ST02 and ST03 as sent. */
  set: string;
  control: string;
  guide: string;
  problems: X12Problem[];
  verdict: Verdict;
}

/** ST to SE. */
export interface Transaction extends TransactionResult {
  kind: TransactionKind | undefined;
  interchange: Interchange;
  /** Absent where it stands in none. */
  group: Group | undefined;
  header: X12Segment;
  /** Absent where no guide says what its loops are. */
  root: Loop | undefined;
  segments: number;
  /** It was too long to be held: its units were given before its verdict was known. */
  streamed: boolean;
}

export type X12Event =
  | { kind: 'stray'; offset: number; problem: X12Problem }
  /** Units of a transaction that is not at its end. */
  | { kind: 'units'; transaction: Transaction; units: Loop[] }
  /** A transaction that ended, with the units that were not given before; none when it is refused. */
  | { kind: 'transaction'; transaction: Transaction; units: Loop[] }
  | { kind: 'acknowledgement'; segment: X12Segment; interchange: Interchange }
  | { kind: 'group'; group: Group }
  | { kind: 'interchange'; interchange: Interchange };

export interface EnvelopeLimits {
  /** Keep what became of each transaction of a group. */
  acknowledge: boolean;
  /** Characters that are held before the units that are whole are given. */
  mostHeld: number;
  /** Characters of a unit; with a longer one nothing is made of its transaction. */
  longestUnit: number;
}

/** Follows the envelopes: begins and ends, counts, control numbers. */
export class Envelope {
  readonly #limits: EnvelopeLimits;
  #events: X12Event[] = [];
  #interchange: Interchange | undefined;
  #group: Group | undefined;
  #transaction: Transaction | undefined;
  #builder: TransactionBuilder | undefined;
  /** Characters of the transaction since units were last given. */
  #held = 0;

  constructor(limits: EnvelopeLimits) {
    this.#limits = limits;
  }

  take(): X12Event[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** Place that the next segment has in its transaction. */
  get position(): number {
    return this.#transaction === undefined ? 1 : this.#transaction.segments + 1;
  }

  stray(code: X12Problem['code'], segment: string, offset: number): void {
    const problem = { code, refuses: true, segment, position: 0 };
    this.#events.push({ kind: 'stray', offset, problem });
  }

  begin(header: X12Segment, delimiters: Delimiters): void {
    this.#interchange = {
      header,
      delimiters,
      groups: 0,
      problems: [],
      trailer: undefined,
      verdict: 'accepted',
    };
  }

  segment(segment: X12Segment, hasControl: boolean): void {
    switch (segment.id) {
      case 'ST':
        this.#beginTransaction(segment);
        break;
      case 'SE':
        this.#endTransaction(segment);
        return;
      case 'GS':
        this.#beginGroup(segment);
        break;
      case 'GE':
        this.#endGroup(segment);
        break;
      case 'IEA':
        this.#endInterchange(segment);
        break;
      default:
        this.#content(segment);
    }
    if (hasControl) this.#tell('x12-character-control', segment.id, segment.position);
  }

  tooLong(id: string): void {
    if (this.#transaction !== undefined) this.#transaction.segments++;
    this.#tell('x12-segment-too-long', id, this.#transaction?.segments ?? 0);
  }

  /** The file ended in the middle of a segment. */
  cut(): void {
    if (this.#transaction !== undefined) this.#transaction.segments++;
    this.end();
  }

  /** Nothing more comes of this interchange. */
  end(): void {
    if (this.#interchange !== undefined) this.#endInterchange(undefined);
  }

  /** Of the smallest thing that is open. */
  #tell(code: X12Problem['code'], segment: string, position: number, refuses = true): void {
    const problem = { code, refuses, segment, position };
    const open = this.#transaction ?? this.#group ?? this.#interchange;
    if (open !== undefined && open.problems.length < mostProblems) open.problems.push(problem);
  }

  #content(segment: X12Segment): void {
    const transaction = this.#transaction;
    if (transaction === undefined) {
      const interchange = this.#interchange as Interchange;
      if (segment.id === 'TA1' && this.#group === undefined) {
        this.#events.push({ kind: 'acknowledgement', segment, interchange });
      } else this.#tell('x12-envelope-segment', segment.id.slice(0, 3), 0);
      return;
    }
    transaction.segments++;
    const builder = this.#builder;
    if (builder === undefined) return;
    builder.add(segment);
    segment.release();
    this.#held += segment.raw.length;
    if (this.#held > this.#limits.mostHeld) this.#relieve(transaction, builder);
  }

  /** What is held grows too large: units are given now, or nothing is made of the transaction. */
  #relieve(transaction: Transaction, builder: TransactionBuilder): void {
    const refused = verdictOf(transaction.problems) === 'refused';
    if (!refused && builder.closed.length === 0 && this.#held <= this.#limits.longestUnit) return;
    if (refused || builder.closed.length === 0) {
      if (!refused) {
        this.#tell('x12-unit-too-large', transaction.header.id, transaction.segments);
      }
      this.#builder = undefined;
      transaction.root = undefined;
      return;
    }
    if (!transaction.streamed) {
      transaction.streamed = true;
      builder.forget();
    }
    this.#events.push({ kind: 'units', transaction, units: builder.closed });
    builder.closed = [];
    this.#held = 0;
  }

  #beginGroup(header: X12Segment): void {
    this.#endTransaction(undefined);
    this.#endGroup(undefined);
    const interchange = this.#interchange as Interchange;
    interchange.groups++;
    this.#group = {
      header,
      interchange,
      transactions: 0,
      accepted: 0,
      results: [],
      problems: [],
      trailer: undefined,
      verdict: 'accepted',
    };
  }

  #beginTransaction(header: X12Segment): void {
    this.#endTransaction(undefined);
    const group = this.#group;
    if (group !== undefined) group.transactions++;
    const set = header.peek(1);
    const implementation = header.peek(3) || (group?.header.peek(8) ?? '');
    const guide = guideOf(set, implementation.trim());
    const builder = guide === undefined ? undefined : new TransactionBuilder(guide, header);
    this.#builder = builder;
    this.#held = 0;
    const transaction: Transaction = {
      set,
      control: header.peek(2),
      guide: header.peek(3),
      problems: builder?.problems ?? [],
      verdict: 'accepted',
      kind: guide?.kind,
      interchange: this.#interchange as Interchange,
      group,
      header,
      root: builder?.root,
      segments: 1,
      streamed: false,
    };
    this.#transaction = transaction;
    this.#judgeGuide(transaction, guide);
  }

  #judgeGuide({ set, guide: named, group }: Transaction, guide: FoundGuide | undefined): void {
    if (group === undefined) this.#tell('x12-no-group', 'GS', 0);
    if (guide === undefined) {
      const known = supportedSets.has(set);
      this.#tell(known ? 'x12-guide-unknown' : 'x12-set-unsupported', 'ST', 1);
      return;
    }
    if (group === undefined) return;
    const grouped = group.header.peek(8).trim().slice(0, 10);
    const differs = named !== '' && grouped !== named.trim().slice(0, 10);
    if (differs || group.header.peek(1).trim() !== guide.group) {
      this.#tell('x12-guide-differs', 'ST', 1, false);
    }
  }

  #endTransaction(trailer: X12Segment | undefined): void {
    const transaction = this.#transaction;
    if (transaction === undefined) {
      if (trailer !== undefined) this.#tell('x12-envelope-segment', 'SE', 0);
      return;
    }
    const builder = this.#builder;
    const { header, problems } = transaction;
    if (trailer === undefined) this.#tell('x12-trailer-missing', 'SE', transaction.segments + 1);
    else {
      transaction.segments++;
      builder?.finish(trailer);
      problems.push(
        ...countProblems(trailer, transaction.segments),
        ...controlProblems(trailer, header.peek(2)),
      );
    }
    transaction.verdict = verdictOf(problems);
    const refused = transaction.verdict === 'refused';
    const units = refused || builder === undefined ? [] : builder.closed;
    this.#events.push({ kind: 'transaction', transaction, units });
    const { group } = transaction;
    if (group !== undefined) {
      if (!refused) group.accepted++;
      if (this.#limits.acknowledge) {
        const { set, control, guide, verdict } = transaction;
        group.results.push({ set, control, guide, problems, verdict });
      }
    }
    this.#transaction = undefined;
    this.#builder = undefined;
  }

  #endGroup(trailer: X12Segment | undefined): void {
    this.#endTransaction(undefined);
    const group = this.#group;
    if (group === undefined) {
      if (trailer !== undefined) this.#tell('x12-envelope-segment', 'GE', 0);
      return;
    }
    if (trailer === undefined) this.#tell('x12-trailer-missing', 'GE', 0);
    else {
      group.trailer = trailer;
      group.problems.push(
        ...countProblems(trailer, group.transactions),
        ...controlProblems(trailer, group.header.peek(6)),
      );
    }
    group.verdict = verdictOf(group.problems);
    this.#events.push({ kind: 'group', group });
    this.#group = undefined;
  }

  #endInterchange(trailer: X12Segment | undefined): void {
    this.#endTransaction(undefined);
    if (this.#group !== undefined) this.#endGroup(undefined);
    const interchange = this.#interchange as Interchange;
    if (trailer === undefined) this.#tell('x12-trailer-missing', 'IEA', 0);
    else {
      interchange.trailer = trailer;
      interchange.problems.push(...countProblems(trailer, interchange.groups));
      // All of it is there, by its counts: another number is a fault of who wrote it (TA105 001).
      for (const problem of controlProblems(trailer, interchange.header.peek(13))) {
        interchange.problems.push({ ...problem, refuses: false });
      }
    }
    interchange.verdict = verdictOf(interchange.problems);
    this.#events.push({ kind: 'interchange', interchange });
    this.#interchange = undefined;
  }
}

/**
 * A trailer's count beside what came. More declared than came: something was lost on the way, and
 * nobody knows what. Less declared: nothing is missing, and it is noted.
 */
function countProblems(trailer: X12Segment, came: number): X12Problem[] {
  const written = trailer.peek(1).trim();
  const place = { segment: trailer.id, position: positionOf(trailer), element: 1 };
  if (!/^\d{1,10}$/.test(written)) {
    return [{ code: 'x12-count-unreadable', refuses: true, ...place }];
  }
  const declared = Number(written);
  if (declared === came) return [];
  const lost = declared > came;
  return [{ code: lost ? 'x12-count-short' : 'x12-count-over', refuses: lost, ...place }];
}

/** The number of a trailer is its header's; with other zeros before it, it is still that number. */
function controlProblems(trailer: X12Segment, expected: string): X12Problem[] {
  const written = trailer.peek(2).trim();
  const wanted = expected.trim();
  if (written === wanted) return [];
  const refuses = withoutZeros(written) !== withoutZeros(wanted);
  const place = { segment: trailer.id, position: positionOf(trailer), element: 2 };
  return [{ code: 'x12-control-number', refuses, ...place }];
}

const withoutZeros = (number: string): string => number.replace(/^0+(?=.)/, '');

const positionOf = ({ id, position }: X12Segment): number => (id === 'SE' ? position : 0);

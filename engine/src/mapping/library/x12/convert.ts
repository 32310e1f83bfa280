import type { Transaction, X12Event } from '../../../formats/x12/envelope.ts';
import type { Loop } from '../../../formats/x12/loop.ts';
import { placeOf } from '../../../formats/x12/problem.ts';
import type { X12Problem } from '../../../formats/x12/problem.ts';
import type { X12Segment } from '../../../formats/x12/segment.ts';
import { referenceTo } from '../resource.ts';
import type { Resource } from '../resource.ts';
import { amountOr0, amountText } from './amount.ts';
import { mapAuthorization } from './authorizations.ts';
import { RemittanceBalance } from './balance.ts';
import type { Imbalance } from './balance.ts';
import { mapClaim } from './claims.ts';
import type { ClaimType } from './claims.ts';
import { Conversion } from './conversion.ts';
import type { ConversionSettings } from './conversion.ts';
import { isAsked, mapAnswer, mapQuestion } from './eligibility.ts';
import { mapMember } from './enrollment.ts';
import { mapPayment, mapReconciliation, remittanceOf } from './payments.ts';
import type { PaidClaim } from './payments.ts';
import { mapStatus } from './status.ts';

/** What one unit of a transaction became: a claim, a payment, a member, an enquiry. */
export interface ConvertedUnit {
  /** Where it starts in its file, in bytes. */
  offset: number;
  resources: Resource[];
  /** Populated places that no rule touched: `837P/2010AA/NM1-7`. */
  unread: string[];
  issues: { code: string; path: string }[];
  /** Why nothing was made of it, and where: `x12-segment-missing 2010AA/N3@8`. */
  refused?: string;
  /**
   * Where its transaction starts, whose end has not come: it holds unless a later unit withdraws it.
   * The transaction is settled when a unit comes that is not provisional or of another one, or at the
   * end of the file.
   */
  provisional?: number;
  /** What was told provisionally of the transaction that starts there does not hold. */
  withdraws?: number;
}

const claimTypes: Readonly<Record<string, ClaimType>> = {
  '837P': 'professional',
  '837I': 'institutional',
  '837D': 'oral',
};

/** Elements by which the reader found its way: nobody else has to read them. */
const structural: Readonly<Record<string, readonly number[]>> = {
  ST: [1, 2, 3],
  BHT: [1, 2],
  HL: [1, 2, 3, 4],
  LX: [1],
  LS: [1],
  LE: [1],
};

/** Converts what a reader gives, unit by unit. Nothing is thrown for what a file holds. */
export class X12Converter {
  readonly #settings: ConversionSettings;
  /** Of the transaction that is being given. */
  #transaction: Transaction | undefined;
  #told = new WeakSet<Loop>();
  #units = 0;
  #balance = new RemittanceBalance();
  #paid: PaidClaim[] = [];
  /** Places of levels of which nothing was made, for the end of the transaction. */
  #left: string[] = [];

  constructor(settings: ConversionSettings) {
    this.#settings = settings;
  }

  /** Units as they are asked for: what many of them become is never held at once. */
  *convert(event: X12Event): Generator<ConvertedUnit> {
    switch (event.kind) {
      case 'stray':
        yield refusal(event.offset, event.problem);
        break;
      case 'units':
        this.#begin(event.transaction);
        if (event.transaction.kind === '835') {
          for (const unit of event.units) this.#balance.add(unit);
        }
        for (const unit of this.#given(event.transaction, event.units)) {
          yield { ...unit, provisional: event.transaction.header.offset };
        }
        break;
      case 'transaction':
        yield* this.#ended(event.transaction, event.units);
        break;
      case 'acknowledgement': {
        const unread = event.segment.unread().map((place) => `TA1/${place}`);
        yield { ...nothing(event.segment.offset), unread };
        break;
      }
      case 'group':
        yield* envelope(event.group.header, event.group.problems);
        break;
      case 'interchange':
        yield* envelope(event.interchange.header, event.interchange.problems);
    }
  }

  #begin(transaction: Transaction): void {
    if (this.#transaction === transaction) return;
    this.#transaction = transaction;
    this.#told = new WeakSet();
    this.#units = 0;
    this.#balance = new RemittanceBalance();
    this.#paid = [];
    this.#left = [];
  }

  *#given(transaction: Transaction, units: readonly Loop[]): Generator<ConvertedUnit> {
    this.#begin(transaction);
    for (const unit of units) {
      const made = this.#unit(unit, transaction);
      if (made !== undefined) yield made;
    }
  }

  *#ended(transaction: Transaction, units: readonly Loop[]): Generator<ConvertedUnit> {
    this.#begin(transaction);
    const { root, problems, header, kind } = transaction;
    const first = problems.find(({ refuses }) => refuses);
    const withdrawn = transaction.streamed ? { withdraws: header.offset } : {};
    if (first !== undefined || root === undefined) {
      yield { ...refusal(header.offset, first as X12Problem), ...withdrawn };
      return;
    }
    // A payment that does not tie is quarantined whole, before any of it is made.
    const imbalance = kind === '835' ? this.#imbalance(units, root) : undefined;
    if (imbalance !== undefined) {
      const { path, difference } = imbalance;
      const refused = `x12-payment-unbalanced ${path} by ${amountText(difference)}`;
      yield { ...nothing(header.offset), refused, ...withdrawn };
      return;
    }
    yield* this.#given(transaction, units);
    const rest = this.#rest(root, transaction);
    rest.issues.push(...problems.map(issueOf));
    const { resources, unread, issues } = rest;
    if (resources.length + unread.length + issues.length > 0 || units.length === 0) yield rest;
  }

  #imbalance(units: readonly Loop[], root: Loop): Imbalance | undefined {
    for (const unit of units) this.#balance.add(unit);
    this.#balance.finish(root);
    return this.#balance.imbalances[0];
  }

  /** What a transaction says beside its units; of an 835, the payment as a whole. */
  #rest(root: Loop, transaction: Transaction): ConvertedUnit {
    const conversion = new Conversion(transaction, this.#settings, currencyOf(root));
    if (transaction.kind === '835') {
      mapReconciliation(root, remittanceOf(root, conversion), this.#paid, conversion);
    }
    const unread = this.#left;
    this.#collect(root, transaction, unread);
    const { resources, issues } = conversion;
    return { offset: transaction.header.offset, resources, unread, issues: [...issues] };
  }

  #unit(unit: Loop, transaction: Transaction): ConvertedUnit | undefined {
    const root = transaction.root as Loop;
    const billing = unit.around('2000A');
    const conversion = new Conversion(transaction, this.#settings, currencyOf(root, billing));
    if (!this.#map(unit, root, conversion)) {
      this.#collect(unit, transaction, this.#left);
      return undefined;
    }
    const unread: string[] = [];
    for (let at: Loop | undefined = unit; at !== undefined && at !== root; at = at.parent) {
      this.#collect(at, transaction, unread);
    }
    const { resources, issues } = conversion;
    return { offset: unit.first.offset, resources, unread, issues: [...issues] };
  }

  /** Whether the unit is one of which something can be made. */
  #map(unit: Loop, root: Loop, conversion: Conversion): boolean {
    const { kind } = conversion.transaction;
    this.#units++;
    switch (kind) {
      case '837P':
      case '837I':
      case '837D':
        mapClaim(unit, claimTypes[kind] as ClaimType, conversion);
        return true;
      case '835':
        this.#payment(unit, root, conversion);
        return true;
      case '834':
        mapMember(unit, root, conversion);
        return true;
      case '270':
        if (!isAsked(unit)) return false;
        mapQuestion(unit, this.#units, conversion);
        return true;
      case '271':
        if (!isAsked(unit)) return false;
        mapAnswer(unit, this.#units, conversion);
        return true;
      case '276':
      case '277':
      case '277CA':
        mapStatus(unit, this.#units, conversion);
        return true;
      case '278':
        mapAuthorization(unit, this.#units, root, conversion);
        return true;
      case '999':
      case '997':
      case undefined:
        return false;
    }
  }

  #payment(unit: Loop, root: Loop, conversion: Conversion): void {
    const remittance = remittanceOf(root, conversion);
    const benefit = mapPayment(unit, root, remittance, conversion);
    const number = apart(unit.first.peek(1).trim());
    this.#paid.push({ benefit: referenceTo(benefit), number, paid: amountOr0(unit.first.peek(4)) });
  }

  /** Places of a loop and of those in it that are no units; each is told once. */
  #collect(loop: Loop, transaction: Transaction, unread: string[]): void {
    if (!this.#told.has(loop)) {
      this.#told.add(loop);
      const { kind = '' } = transaction;
      for (const segment of loop.segments) {
        segment.pass(...(structural[segment.id] ?? []));
        for (const place of segment.unread()) unread.push(`${kind}/${loop.id}/${place}`);
        segment.release();
      }
    }
    for (const inside of loop.loops) {
      if (!inside.holdsUnits) this.#collect(inside, transaction, unread);
    }
  }
}

function currencyOf(root: Loop, billing?: Loop): string {
  const cur = billing?.segment('CUR') ?? root.segment('CUR');
  cur?.pass(1);
  return cur?.text(2) || 'USD';
}

/** Units that hold when all have come. */
export function settled(units: readonly ConvertedUnit[]): ConvertedUnit[] {
  const withdrawn = new Set(units.map(({ withdraws }) => withdraws));
  return units.filter(
    ({ provisional }) => provisional === undefined || !withdrawn.has(provisional),
  );
}

/** A text with memory of its own: a part of another would keep the whole chunk it was read in. */
const apart = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');

const nothing = (offset: number): ConvertedUnit => ({
  offset,
  resources: [],
  unread: [],
  issues: [],
});

function refusal(offset: number, problem: X12Problem): ConvertedUnit {
  return { ...nothing(offset), refused: `${problem.code} ${placeOf(problem)}` };
}

function issueOf(problem: X12Problem): { code: string; path: string } {
  return { code: problem.code, path: placeOf({ ...problem, position: 0 }) };
}

/** An envelope is told only where something is wrong with it. */
function envelope({ offset }: X12Segment, problems: readonly X12Problem[]): ConvertedUnit[] {
  const first = problems.find(({ refuses }) => refuses);
  if (first !== undefined) return [refusal(offset, first)];
  return problems.length === 0 ? [] : [{ ...nothing(offset), issues: problems.map(issueOf) }];
}

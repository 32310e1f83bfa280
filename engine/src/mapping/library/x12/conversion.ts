import type { Transaction } from '../../../formats/x12/envelope.ts';
import type { Loop } from '../../../formats/x12/loop.ts';
import type { X12Segment } from '../../../formats/x12/segment.ts';
import { decimalOf } from '../decimal.ts';
import type { Element, Resource } from '../resource.ts';
import { fhirTime } from '../times.ts';
import type { DefaultZone } from '../times.ts';

/** A part of a transaction that could not be carried as it stands. Its value is never told. */
export interface ConversionIssue {
  code:
    | 'date-unreadable'
    | 'time-zone-missing'
    | 'number-unreadable'
    | 'code-unmapped'
    | 'patient-missing'
    | 'x12-claim-unbalanced'
    /** What another payer paid is not the charge less what it took away. */
    | 'x12-other-payer-unbalanced'
    | 'x12-diagnosis-without-code'
    | 'x12-pointer-without-diagnosis';
  /** `2300/CLM-2`. */
  path: string;
}

export interface ConversionSettings {
  /** The id of a resource, from what tells it apart from all others. */
  identify: (key: string) => string;
  /** Zone of the times of day: X12 has none. */
  zone: DefaultZone;
}

/** What is being made of one unit of a transaction: a claim, a payment, a member. */
export class Conversion {
  readonly transaction: Transaction;
  readonly issues: ConversionIssue[] = [];
  readonly #issued = new Set<string>();
  /** Of the money of the transaction: CUR02, or US dollars, which the guides take for granted. */
  readonly currency: string;
  readonly #settings: ConversionSettings;
  readonly #resources = new Map<string, Resource>();

  constructor(transaction: Transaction, settings: ConversionSettings, currency = 'USD') {
    this.transaction = transaction;
    this.#settings = settings;
    this.currency = currency;
  }

  get resources(): Resource[] {
    return [...this.#resources.values()];
  }

  /** Tells this transaction apart from all others: who sent it, and by which numbers. */
  get transactionKey(): string {
    const { interchange, group, control } = this.transaction;
    const { header } = interchange;
    const numbers = [header.peek(13), group?.header.peek(6) ?? '', control];
    return [header.peek(6).trim(), ...numbers].join('|');
  }

  /**
   * The resource of that type and key, made at its first mention. `key` is what tells it apart from
   * all others of its type in any transaction.
   */
  make(type: string, key: string): Resource {
    const whole = `${type}|${key}`;
    let resource = this.#resources.get(whole);
    if (resource === undefined) {
      resource = { resourceType: type, id: this.#settings.identify(whole) };
      this.#resources.set(whole, resource);
    }
    return resource;
  }

  /** Told once for a path, however many rules read it. */
  issue(code: ConversionIssue['code'], path: string): void {
    const key = `${code} ${path}`;
    if (this.#issued.has(key)) return;
    this.#issued.add(key);
    this.issues.push({ code, path });
  }

  /** A date or a date with its time (`CCYYMMDD`, `CCYYMMDDHHMM`) as FHIR's `dateTime`. */
  time(written: string, path: string): string | undefined {
    if (written === '') return undefined;
    const time = fhirTime(written, this.#settings.zone);
    if (time === undefined) this.issue('date-unreadable', path);
    else if (time.problem !== undefined) this.issue(time.problem, path);
    return time?.text;
  }

  date(written: string, path: string): string | undefined {
    return this.time(written, path)?.slice(0, 10);
  }

  /** A number with the digits that it has. */
  decimal(segment: X12Segment, element: number, loop: Loop): unknown {
    const written = segment.text(element);
    if (written === '') return undefined;
    const number = decimalOf(written);
    if (number === undefined) this.issue('number-unreadable', pathOf(loop, segment, element));
    return number;
  }

  money(segment: X12Segment, element: number, loop: Loop): Element | undefined {
    const value = this.decimal(segment, element, loop);
    return value === undefined ? undefined : { value, currency: this.currency };
  }

  /** When this was written: BHT04 and BHT05, else the date of the group. */
  get created(): string | undefined {
    const header = this.transaction.root?.segment('BHT');
    const date = header?.text(4) ?? '';
    const time = header?.text(5) ?? '';
    const clock = /^\d{4,8}$/.test(time) ? time.slice(0, 6) : '';
    const told =
      date === '' ? undefined : this.time(clock.length === 5 ? date : date + clock, 'BHT-4');
    const group = this.transaction.group?.header.peek(4) ?? '';
    const century = group.length === 6 ? `20${group}` : group;
    return told ?? fhirTime(century, undefined)?.text;
  }
}

export function pathOf(loop: Loop, { id }: X12Segment, element: number): string {
  return `${loop.id}/${id}-${element}`;
}

export interface Span {
  start?: string | undefined;
  end?: string | undefined;
}

/** DTP: a date (`D8`), a time (`DT`) or a range (`RD8`, `RDT`), as a period. */
export function spanOf(segment: X12Segment, loop: Loop, conversion: Conversion): Span | undefined {
  segment.pass(1);
  const format = segment.text(2);
  const written = segment.text(3);
  const path = pathOf(loop, segment, 3);
  const [from = '', to] = format.startsWith('R') ? written.split('-') : [written];
  const start = conversion.time(from, path);
  const end = to === undefined ? start : conversion.time(to, path);
  return start === undefined && end === undefined ? undefined : { start, end };
}

/** A span as `prefixDate` where it is one day, else as `prefixPeriod`. */
export function timing(prefix: string, span: Span | undefined): Element {
  if (span === undefined) return {};
  const { start, end } = span;
  if (start !== undefined && start === end && !start.includes('T')) {
    return { [`${prefix}Date`]: start };
  }
  return { [`${prefix}Period`]: { ...(start && { start }), ...(end && { end }) } };
}

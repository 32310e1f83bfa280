import type { Loop } from '../../../formats/x12/loop.ts';
import type { X12Segment } from '../../../formats/x12/segment.ts';
import { decimalOf } from '../decimal.ts';
import type { Element, Resource } from '../resource.ts';
import { coded, nubc, own, terminology } from './codes.ts';
import { spanOf, timing } from './conversion.ts';
import type { Conversion } from './conversion.ts';

/** Dates of a claim that have a category of their own (data element 374). */
const dateCategories: Readonly<Record<string, string>> = {
  '431': 'onset',
  '435': 'hospitalized',
  '096': 'discharge',
};

/** Segments of a claim or line that are told as they are, with the code in their first element. */
const texts: Readonly<Record<string, string>> = { NTE: 'note', K3: 'file' };

/** What a claim says beside its parties, codes and lines: FHIR's `supportingInfo`. */
export class ClaimFacts {
  readonly #claim: Resource;
  readonly #conversion: Conversion;
  readonly #facts: Element[] = [];

  constructor(claim: Resource, conversion: Conversion) {
    this.#claim = claim;
    this.#conversion = conversion;
  }

  /** Its sequence, by which a line refers to it. */
  add(category: string, said: Element): number {
    const sequence = this.#facts.length + 1;
    const system = `${terminology}claiminformationcategory`;
    this.#facts.push({ sequence, category: coded(system, category), ...said });
    return sequence;
  }

  /** A code of the National Uniform Billing Committee. */
  code(kind: string, list: string, code: string): void {
    const category = coded(own('claim-information'), kind);
    this.add('info', { code: coded(nubc + list, code) });
    (this.#facts.at(-1) as Element)['category'] = category;
  }

  text(kind: string, code: string, value: string): number {
    const system = own(kind);
    return this.add('info', {
      ...(code !== '' && { code: coded(system, code) }),
      valueString: value,
    });
  }

  /** Dates, amounts, notes and attachments of a claim or line; the places of what was said. */
  readRest(loop: Loop, besides: readonly string[] = ['434', '439', '472']): number[] {
    const places: number[] = [];
    for (const segment of loop.segments) {
      const qualifier = segment.peek(1);
      switch (segment.id) {
        case 'DTP': {
          if (besides.includes(qualifier)) break;
          const span = spanOf(segment, loop, this.#conversion);
          if (span === undefined) break;
          const category = dateCategories[qualifier] ?? 'info';
          const code = coded(own('date'), qualifier);
          places.push(this.add(category, { code, ...timing('timing', span) }));
          break;
        }
        case 'AMT': {
          segment.pass(1);
          const value = decimalOf(segment.text(2));
          const quantity = {
            value,
            unit: this.#conversion.currency,
            system: 'urn:iso:std:iso:4217',
          };
          const valueQuantity = { ...quantity, code: this.#conversion.currency };
          places.push(this.add('info', { code: coded(own('amount'), qualifier), valueQuantity }));
          break;
        }
        case 'PWK': {
          segment.pass(5);
          const control = segment.text(6);
          const code = coded(own('attachment'), segment.text(1));
          const value = control === '' ? {} : { valueString: control };
          const reason = coded(own('attachment-transmission'), segment.text(2));
          places.push(this.add('attachment', { code, ...value, reason }));
          break;
        }
        case 'CRC':
          places.push(...this.#conditions(segment));
          break;
        case 'HCP':
        case 'CN1': {
          const kind = segment.id === 'HCP' ? 'repricing' : 'contract';
          const code = qualifier === '' ? undefined : coded(own(kind), segment.text(1));
          const valueQuantity = this.#amount(segment, loop);
          if (code !== undefined) {
            places.push(this.add('info', { code, ...(valueQuantity && { valueQuantity }) }));
          }
          break;
        }
        case 'CL1':
          this.#admission(segment.text(1), segment.text(2), segment.text(3));
          break;
        case 'NTE':
          places.push(this.text(texts['NTE'] as string, segment.text(1), segment.text(2)));
          break;
        case 'K3':
          places.push(this.text(texts['K3'] as string, '', segment.text(1)));
          break;
      }
    }
    return places;
  }

  /** HCP02, CN102: an amount of money. */
  #amount(segment: X12Segment, loop: Loop): Element | undefined {
    const value = this.#conversion.decimal(segment, 2, loop);
    const unit = this.#conversion.currency;
    return value === undefined
      ? undefined
      : { value, unit, system: 'urn:iso:std:iso:4217', code: unit };
  }

  /** CRC: conditions of a category (CRC01) that hold or do not (CRC02). */
  #conditions(segment: X12Segment): number[] {
    const system = own(`condition:${segment.text(1)}`);
    const answer = segment.text(2);
    const codes = [3, 4, 5, 6, 7].map((at) => segment.text(at)).filter((code) => code !== '');
    return codes.map((code) =>
      this.add('info', {
        code: coded(system, code),
        ...((answer === 'Y' || answer === 'N') && { valueBoolean: answer === 'Y' }),
      }),
    );
  }

  #admission(type: string, source: string, status: string): void {
    if (type !== '') this.code('admtype', 'PriorityTypeOfAdmitOrVisit', type);
    if (source !== '') this.code('pointoforigin', 'PointOfOrigin', source);
    if (status !== '') this.code('discharge-status', 'PatDischargeStatus', status);
  }

  finish(): void {
    if (this.#facts.length > 0) this.#claim['supportingInfo'] = this.#facts;
  }
}

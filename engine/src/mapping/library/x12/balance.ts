import type { Loop } from '../../../formats/x12/loop.ts';
import type { X12Segment } from '../../../formats/x12/segment.ts';
import { amountOr0, isNothing, minus, nothing, plus, sumOf } from './amount.ts';
import type { Amount } from './amount.ts';

/** Where sums do not tie, and by how much. */
export interface Imbalance {
  /** `BPR-2`, `2100/CLP-4@22`. */
  path: string;
  /** What is written less what it should be. */
  difference: Amount;
}

/** The charge of a service line, by the segment that tells it. */
const charges: Readonly<Record<string, number>> = { SV1: 2, SV2: 3, SV3: 2 };

/** CLM02 less the charges of its lines; undefined where they tie. */
export function claimImbalance(claim: Loop): Imbalance | undefined {
  const lines = claim.within('2400').map((line) => {
    const service = line.segments.find(({ id }) => Object.hasOwn(charges, id));
    return service === undefined ? nothing : amountOr0(service.peek(charges[service.id] as number));
  });
  const difference = minus(amountOr0(claim.first.peek(2)), sumOf(lines));
  return isNothing(difference) ? undefined : { path: '2300/CLM-2', difference };
}

/** What CAS segments take away: an amount in every third element from the third (CAS03, CAS06…). */
export function adjustmentsOf(segments: readonly X12Segment[]): Amount {
  let sum = nothing;
  for (const segment of segments) {
    if (segment.id !== 'CAS') continue;
    for (let at = 3; at < segment.elements.length; at += 3) {
      sum = plus(sum, amountOr0(segment.peek(at)));
    }
  }
  return sum;
}

/**
 * An 835 ties on three levels (005010X221, 1.10.2.1): a service's charge less its adjustments is its
 * payment (SVC02, CAS, SVC03), a claim's charge less all adjustments in it is its payment (CLP03, CAS,
 * CLP04), and the claims' payments less the provider's adjustments are what is paid (CLP04, PLB,
 * BPR02). Claims are added as they come.
 */
export class RemittanceBalance {
  readonly imbalances: Imbalance[] = [];
  #paid = nothing;

  add(payment: Loop): void {
    const claim = payment.first;
    let adjusted = adjustmentsOf(payment.segments);
    for (const line of payment.within('2110')) {
      const service = line.first;
      const taken = adjustmentsOf(line.segments);
      adjusted = plus(adjusted, taken);
      this.#tie(service, 3, minus(amountOr0(service.peek(2)), taken), '2110');
    }
    this.#tie(claim, 4, minus(amountOr0(claim.peek(3)), adjusted), '2100');
    this.#paid = plus(this.#paid, amountOr0(claim.peek(4)));
  }

  /** At the end of the transaction. */
  finish(root: Loop): void {
    let expected = this.#paid;
    for (const loop of root.within('PLB')) {
      for (let at = 4; at < loop.first.elements.length; at += 2) {
        expected = minus(expected, amountOr0(loop.first.peek(at)));
      }
    }
    const difference = minus(amountOr0(root.segment('BPR')?.peek(2) ?? ''), expected);
    if (!isNothing(difference)) this.imbalances.push({ path: 'BPR-2', difference });
  }

  #tie(segment: X12Segment, element: number, expected: Amount, loop: string): void {
    const difference = minus(amountOr0(segment.peek(element)), expected);
    if (isNothing(difference) || this.imbalances.length >= 100) return;
    const path = `${loop}/${segment.id}-${element}@${segment.position}`;
    this.imbalances.push({ path, difference });
  }
}

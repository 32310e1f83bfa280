import { standsFirm } from '../../chartItem.ts';
import type { Person } from '../../people.ts';
import type { World } from '../../world.ts';
import { createAdjustments, createPayments } from '../../tables/account.ts';
import { createCharges, type Charge } from '../../tables/charges.ts';
import type { Payer } from '../../tables/house.ts';
import { personsOfBlock } from '../feed.ts';

/** A charge that an insurer was asked to pay. */
export interface Billed {
  charge: Charge;
  payer: Payer;
  kind: 'professional' | 'institutional';
}

/** What an insurer paid on one day for one charge. */
export interface Paid extends Billed {
  paymentId: number;
  day: number;
  /** In cents. */
  allowed: number;
  paid: number;
  /** Booked and taken back: the remittance says both. */
  isVoid: boolean;
}

/** Claims are few: a file has those of this many patients. */
export const patientsPerInterchange = 2_000;

/** The claims of a block of patients: open charges with somebody else who pays. */
export function billedOfBlock(world: World, block: number): Billed[] {
  const billed: Billed[] = [];
  for (const person of personsOfBlock(world, block, patientsPerInterchange)) {
    billed.push(...billedOf(world, person));
  }
  return billed;
}

function billedOf(world: World, person: Person): Billed[] {
  return createCharges(world, person).flatMap((charge): Billed[] => {
    const { payer } = charge.coverage;
    if (payer === null || charge.status !== 'O' || !standsFirm(charge)) return [];
    const inside = charge.visit?.class === 'I' || charge.visit?.class === 'E';
    return [{ charge, payer, kind: inside ? 'institutional' : 'professional' }];
  });
}

/** Payments of insurers for the claims of a block; those that a clerk deleted were no payments. */
export function paidOfBlock(world: World, block: number): Paid[] {
  const paid: Paid[] = [];
  for (const person of personsOfBlock(world, block, patientsPerInterchange)) {
    const billed = new Map(billedOf(world, person).map((each) => [each.charge.id, each]));
    if (billed.size === 0) continue;
    const allowances = new Map<number, number>();
    for (const { charge, code, cents } of createAdjustments(world, person)) {
      if (charge !== undefined && code === 'CON') allowances.set(charge.id, cents);
    }
    for (const payment of createPayments(world, person)) {
      const { charge, payerId, cents, day, status, id } = payment;
      const claim = charge && billed.get(charge.id);
      if (claim === undefined || payerId === null || !standsFirm(payment)) continue;
      const allowed = claim.charge.total - (allowances.get(claim.charge.id) ?? 0);
      paid.push({ ...claim, paymentId: id, day, allowed, paid: cents, isVoid: status === 'V' });
    }
  }
  return paid;
}

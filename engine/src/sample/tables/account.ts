import type { Random } from '../../base/random.ts';
import type { Day } from '../calendar.ts';
import { chartItems, standsFirm, type ChartItem } from '../chartItem.ts';
import { between, chance, pick } from '../draw.ts';
import { lastDay, type Person } from '../people.ts';
import type { World } from '../world.ts';
import { createCharges, type Charge } from './charges.ts';

export interface Payment extends ChartItem {
  /** Undefined: cash that nobody has applied to a charge yet. */
  charge: Charge | undefined;
  /** `null`: the patient or guarantor paid. */
  payerId: number | null;
  day: Day;
  cents: number;
  method: 'CK' | 'EFT' | 'CC' | 'CA';
  number: string | null;
  status: 'P' | 'V';
}

export interface Adjustment extends ChartItem {
  charge: Charge | undefined;
  code: AdjustmentCode;
  day: Day;
  cents: number;
}

/** Contractual allowance, bad debt, charity, small balance. */
export type AdjustmentCode = 'CON' | 'BD' | 'CHR' | 'SB';

interface Entry {
  charge: Charge;
  day: Day;
  cents: number;
}
type PaidEntry = Entry & { payerId: number | null };
type AdjustedEntry = Entry & { code: AdjustmentCode };

/** What happened to one charge since it was billed. */
interface Course {
  paid: PaidEntry[];
  adjusted: AdjustedEntry[];
}

/** Hundredths of a charge that a payer allows, and of that what it pays itself. */
const terms = { MCR: [54, 80], MCD: [43, 100], COM: [71, 82] } as const;

const smallBalance = 500;
const badDebtAfter = 240;

const paymentRange = { table: 'payments', first: 16_000_000, perPatient: 200 };
const adjustmentRange = { table: 'adjustments', first: 17_000_000, perPatient: 120 };

export function createPayments(world: World, person: Person): Payment[] {
  const paid = courses(world, person).flatMap((course) => course.paid);
  const open = soundCharges(world, person);
  return chartItems(
    world,
    person,
    paymentRange,
    (random) => paid.length + (chance(random, 0.03) ? 1 : 0),
    (random, base, at): Payment => {
      const entry = paid[at];
      const planted = base.defect ? open[0] : undefined;
      const payerId = entry?.payerId ?? null;
      return {
        ...base,
        charge: entry?.charge ?? planted,
        payerId,
        day: entry?.day ?? lastDay - between(random, 1, 200),
        cents: entry?.cents ?? between(random, 4, 80) * 250,
        method:
          payerId !== null
            ? pick(random, ['EFT', 'CK'] as const)
            : pick(random, ['CC', 'CK', 'CA']),
        number: chance(random, 0.8) ? `T${between(random, 100_000, 999_999)}` : null,
        status: base.defect === undefined && chance(random, 0.02) ? 'V' : 'P',
      };
    },
  );
}

export function createAdjustments(world: World, person: Person): Adjustment[] {
  const adjusted = courses(world, person).flatMap((course) => course.adjusted);
  const open = soundCharges(world, person);
  return chartItems(
    world,
    person,
    adjustmentRange,
    () => adjusted.length,
    (random, base, at): Adjustment => {
      const entry = adjusted[at];
      return {
        ...base,
        charge: entry?.charge ?? open[0],
        code: entry?.code ?? 'SB',
        day: entry?.day ?? lastDay - between(random, 1, 200),
        cents: entry?.cents ?? between(random, 1, 4) * 105,
      };
    },
  );
}

/** Money is booked on charges that stand: voids, deleted ones and planted faults have none. */
function soundCharges(world: World, person: Person): Charge[] {
  return createCharges(world, person).filter(
    (charge) => standsFirm(charge) && charge.status === 'O',
  );
}

function courses(world: World, person: Person): Course[] {
  return soundCharges(world, person).map((charge) =>
    courseOf(world.draws('account', charge.id), charge),
  );
}

function courseOf(random: Random, charge: Charge): Course {
  const course: Course = { paid: [], adjusted: [] };
  const rest = charge.financialClass === 'SLF' ? charge.total : byPayer(random, charge, course);
  byPatient(random, charge, rest, course);
  const late = (entry: Entry): boolean => entry.day <= lastDay && entry.cents !== 0;
  return { paid: course.paid.filter(late), adjusted: course.adjusted.filter(late) };
}

/** @returns what is left for the patient. */
function byPayer(random: Random, charge: Charge, course: Course): number {
  const { total, billed, coverage, financialClass } = charge;
  const day = billed + between(random, 12, 70);
  if (day > lastDay || chance(random, 0.07)) return 0;
  const [allowedShare, paidShare] = terms[financialClass as keyof typeof terms];
  const allowed = Math.round((total * allowedShare) / 100);
  const cents = Math.round((allowed * paidShare) / 100);
  const payerId = coverage.payer?.id ?? null;
  course.adjusted.push({ charge, day, cents: total - allowed, code: 'CON' });
  course.paid.push({ charge, day, cents, payerId });
  // Now and then a payer pays twice, and the account has a credit.
  if (chance(random, 0.02)) course.paid.push({ charge, day: day + 9, cents, payerId });
  return allowed - cents;
}

function byPatient(random: Random, charge: Charge, rest: number, course: Course): void {
  if (rest <= 0) return;
  const day = charge.billed + between(random, 40, 140);
  if (rest <= smallBalance) {
    course.adjusted.push({ charge, day: day + 60, cents: rest, code: 'SB' });
    return;
  }
  const manner = random.next();
  if (manner < 0.58) course.paid.push({ charge, day, cents: rest, payerId: null });
  else if (manner < 0.74) payInParts(random, charge, rest, day, course);
  else if (manner < 0.8) course.adjusted.push({ charge, day, cents: rest, code: 'CHR' });
  else if (manner < 0.9) {
    course.adjusted.push({ charge, day: day + badDebtAfter, cents: rest, code: 'BD' });
  }
}

/** Some stop paying before the end. */
function payInParts(random: Random, charge: Charge, rest: number, day: Day, course: Course): void {
  const part = Math.ceil(rest / 3);
  const parts = between(random, 1, 3);
  for (let at = 0; at < parts; at++) {
    const cents = Math.min(part, rest - at * part);
    course.paid.push({ charge, day: day + at * 30, cents, payerId: null });
  }
}

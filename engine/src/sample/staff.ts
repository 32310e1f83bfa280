import type { Random } from '../base/random.ts';
import { dayOf, type Day } from './calendar.ts';
import { between, chance, weighted } from './draw.ts';
import { drawFamilyName, drawFemaleName, drawMaleName, middleInitials } from './names.ts';
import { drawPhone } from './places.ts';

export interface Provider {
  id: number;
  npi: string;
  family: string;
  given: string;
  middle: string | null;
  degree: string;
  specialty: string;
  phone: string;
  licence: string;
  licensedFrom: Day;
  licensedTo: Day | null;
  active: boolean;
}

const drawPractice = weighted<readonly [degree: string, specialty: string]>([
  [['MD', 'FM'], 24],
  [['MD', 'IM'], 22],
  [['DO', 'FM'], 10],
  [['MD', 'EM'], 10],
  [['MD', 'PED'], 8],
  [['MD', 'CAR'], 5],
  [['MD', 'OB'], 5],
  [['MD', 'SUR'], 5],
  [['MD', 'PSY'], 4],
  [['NP', 'NP'], 12],
  [['PA', 'PA'], 8],
]);

const firstProviderId = 1001;

/** A provider id that nobody has. */
export const missingProviderId = 990_001;

/** How many providers a hospital of so many patients employs. */
export function staffSize(patients: number): number {
  return Math.max(12, Math.ceil(patients / 150));
}

export function createProvider(random: Random, index: number): Provider {
  const [degree, specialty] = drawPractice(random);
  const licensedFrom = dayOf(between(random, 1985, 2020), between(random, 1, 12), 1);
  const active = chance(random, 0.92);
  return {
    id: firstProviderId + index,
    npi: npi(index),
    family: drawFamilyName(random),
    given: chance(random, 0.5) ? drawFemaleName(random) : drawMaleName(random),
    middle: chance(random, 0.3) ? (middleInitials[random.integer(20)] ?? null) : null,
    degree,
    specialty,
    phone: drawPhone(random),
    licence: `036.${String(100_000 + index * 13)}`,
    licensedFrom,
    licensedTo: active ? null : dayOf(between(random, 2021, 2025), 12, 31),
    active,
  };
}

export function providerId(index: number): number {
  return firstProviderId + index;
}

/**
 * A National Provider Identifier: nine digits and the Luhn digit over them with the prefix 80840
 * (45 CFR 162.406). Those issued so far begin with 1; the invented ones begin with 2.
 */
function npi(index: number): string {
  const body = String(200_000_000 + index * 17);
  const digits = Array.from(`80840${body}`, Number).toReversed();
  const sum = digits.reduce((total, digit, at) => {
    if (at % 2 === 1) return total + digit;
    return total + (digit > 4 ? digit * 2 - 9 : digit * 2);
  }, 0);
  return `${body}${(10 - (sum % 10)) % 10}`;
}

import type { Random } from '../base/random.ts';
import { between, chance, pick, weighted } from './draw.ts';

export interface Address {
  line1: string;
  line2: string | null;
  city: string;
  state: string;
  postalCode: string;
}

const drawTown = weighted<readonly [city: string, state: string, zip3: string, last2: number]>([
  [['Chicago', 'IL', '606', 60], 60],
  [['Cicero', 'IL', '608', 4], 8],
  [['Oak Park', 'IL', '603', 4], 7],
  [['Evanston', 'IL', '602', 4], 6],
  [['Joliet', 'IL', '604', 36], 6],
  [['Aurora', 'IL', '605', 6], 5],
  [['Gary', 'IN', '464', 9], 4],
  [['Kenosha', 'WI', '531', 44], 2],
]);

const streets = [
  'N Clark St',
  'S Halsted St',
  'W Belmont Ave',
  'N Milwaukee Ave',
  'E 53rd St',
  'S Archer Ave',
  'Maple St',
  'Oak Ave',
  'Elm Ct',
  'County Road 12',
  'Lake Shore Dr',
  'Martin Luther King Jr Dr',
  'Cañon Way',
] as const;

export function drawAddress(random: Random): Address {
  const [city, state, zip3, last2] = drawTown(random);
  const zip = `${zip3}${String(between(random, 1, last2)).padStart(2, '0')}`;
  return {
    line1: `${between(random, 1, 9899)} ${pick(random, streets)}`,
    line2: chance(random, 0.22) ? drawUnit(random) : null,
    city: chance(random, 0.08) ? city.toUpperCase() : city,
    state,
    postalCode: chance(random, 0.2) ? `${zip}-${between(random, 1000, 9998)}` : zip,
  };
}

function drawUnit(random: Random): string {
  return pick(random, ['Apt ', 'Apt. ', 'Unit ', '#', 'Fl ']) + String(between(random, 1, 40));
}

/** The block 555-0100 to 555-0199 is reserved for invented numbers. */
export function drawPhone(random: Random): string {
  const area = pick(random, ['312', '773', '708', '847', '630', '219']);
  const line = `01${String(random.integer(100)).padStart(2, '0')}`;
  switch (random.integer(6)) {
    case 0:
      return `(${area}) 555-${line}`;
    case 1:
      return `${area}-555-${line}`;
    case 2:
      return `${area}555${line}`;
    case 3:
      return `${area}.555.${line}`;
    case 4:
      return `+1 ${area} 555 ${line}`;
    default:
      return `555-${line}`;
  }
}

import { it } from 'node:test';
import { seedsFrom, simulate } from './seeds.ts';

const seeds = seedsFrom(1);

it(`R01 every record is accounted for, whatever strikes: ${seeds.length} odd seeds`, async () => {
  await simulate(seeds);
});

import { it } from 'node:test';
import { seedsFrom, simulateAll } from './seeds.ts';

const seeds = seedsFrom(0);

it(`R01 every record is accounted for, whatever strikes: ${seeds.length} even seeds`, (context) =>
  simulateAll(context, seeds));

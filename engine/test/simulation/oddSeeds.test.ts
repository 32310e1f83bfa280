import { it } from 'node:test';
import { seedsFrom, simulateAll } from './seeds.ts';

const seeds = seedsFrom(1);

it(`R01 every record is accounted for, whatever strikes: ${seeds.length} odd seeds`, (context) =>
  simulateAll(context, seeds));

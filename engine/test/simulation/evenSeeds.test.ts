import assert from 'node:assert/strict';
import { it } from 'node:test';
import { seedsFrom, simulate } from './seeds.ts';

const seeds = seedsFrom(0);

it(`R01 every record is accounted for, whatever strikes: ${seeds.length} even seeds`, async () => {
  const struck = await simulate(seeds);
  // All kinds of faults did strike; otherwise the seeds show less than they say.
  if (seeds.length >= 500) assert.ok(struck.size >= 20, [...struck.keys()].join());
});

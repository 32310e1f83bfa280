import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measurePlanted } from '../../measure/planted.ts';

test('R11 R26 every planted defect of a whole hospital is held, and nothing else', async (context) => {
  const figures = await measurePlanted({ patients: 300, seed: '1' });
  const { planted, caught, missed, deferred, falseFindings } = figures;
  context.diagnostic(
    `${planted} planted: ${caught} caught, ${missed} missed, ${deferred} deferred; ` +
      `${falseFindings} false findings there and in a clean hospital`,
  );
  assert.ok(planted - deferred >= 60);
  assert.deepEqual(figures.misses, []);
  assert.deepEqual(figures.falseCauses, []);
});

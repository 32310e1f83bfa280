import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { measureMutations } from '../../../measure/mutations.ts';
import { measureUsCore } from '../../../measure/usCore.ts';
import { measureValidator } from '../../../measure/validator.ts';

const checkout = path.join(import.meta.dirname, '../../../..');
const shared = process.env['HANDOVER_SHARED'] ?? path.join(checkout, '../shared/data');
const at = (name: string): string => path.join(shared, 'fhir', name);
const present = ['validator-cases', 'us-core', 'packages'].every((name) => existsSync(at(name)));
const skip = present ? false : 'FHIR examples and packages are not in the shared data';

test('verdicts are those of the reference validator', { skip }, () => {
  const { agreement, undecided, misses } = measureValidator(at('validator-cases'));
  assert.ok(agreement >= 0.9, JSON.stringify(misses));
  assert.ok(undecided <= 20, `${undecided} cases are undecided`);
});

test('planted faults are told, and examples of US Core are not', { skip }, () => {
  const { planted, caught, misses } = measureMutations(at('us-core'), at('packages'));
  assert.equal(planted, 64);
  assert.equal(caught, planted, JSON.stringify(misses));
  const { examples, falseErrors, misses: wrong } = measureUsCore(at('us-core'), at('packages'));
  // One example has a narrative without its required text.
  assert.ok(examples > 200 && falseErrors <= 1, JSON.stringify(wrong));
});

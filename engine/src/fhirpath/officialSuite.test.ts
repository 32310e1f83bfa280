import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { runOfficialSuite } from '../../measure/fhirpathSuite.ts';

const shared = process.env['HANDOVER_SHARED'];
const checkout = join(import.meta.dirname, '../../..');
const data = shared === undefined ? join(checkout, '../shared/data') : shared;
const folder = join(data, 'fhir/fhirpath');
const present = existsSync(join(folder, 'tests-fhir-r4.xml'));

it(
  'passes at least 95 % of the official R4 suite',
  { skip: present ? false : 'the suite is not in the shared data' },
  () => {
    const { passed, total, misses } = runOfficialSuite(folder);
    const names = misses.map(({ group, test }) => `${group}/${test}`).join(', ');
    assert.ok(total > 900, `the suite has ${total} tests`);
    assert.ok(passed / total >= 0.95, `${passed} of ${total}; missed: ${names}`);
  },
);

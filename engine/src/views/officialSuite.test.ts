import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { measureViews } from '../../measure/views.ts';

const shared = process.env['HANDOVER_SHARED'];
const checkout = join(import.meta.dirname, '../../..');
const folder = join(shared ?? join(checkout, '../shared/data'), 'fhir/sql-on-fhir');
const present = existsSync(join(folder, 'basic.json'));

it(
  'passes the official suite of SQL on FHIR v2',
  { skip: present ? false : 'the suite is not in the shared data' },
  () => {
    const { passed, total, misses } = measureViews(folder);
    assert.ok(total > 100, `the suite has ${total} tests`);
    assert.equal(passed, total, misses.map(({ file, test }) => `${file} ${test}`).join(', '));
  },
);

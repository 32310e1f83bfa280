import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { measureCcda } from '../../measure/ccda.ts';

const shared =
  process.env['HANDOVER_SHARED'] ??
  fileURLToPath(new URL('../../../../shared/data', import.meta.url));

test('R07 R13 shared clinical documents: read or refused, and nothing that the source does not say', (context) => {
  const folder = path.join(shared, 'ccda');
  if (!existsSync(folder)) return context.skip('the shared data is not there: set HANDOVER_SHARED');
  const found = measureCcda(path.join(folder, 'msfhir'), [path.join(folder, 'hl7-examples')]);
  assert.deepEqual([found.threw, found.wrong], [0, 0]);
  assert.equal(found.documents, found.converted + found.refused);
  const { allergies, medications } = found.accounted;
  assert.deepEqual(allergies.carried, allergies.source);
  assert.deepEqual(medications.carried, medications.source);
  assert.ok(found.recall >= 0.95, `recall is ${found.recall}`);
});

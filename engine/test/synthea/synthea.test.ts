import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { measureSynthea } from '../../measure/synthea.ts';
import { testCluster } from '../../src/store/testing.ts';

const shared =
  process.env['HANDOVER_SHARED'] ??
  fileURLToPath(new URL('../../../../shared/data', import.meta.url));

test("Synthea's tables say what its FHIR bundles say", async (context) => {
  const data = join(shared, 'synthea');
  const there = await access(data).then(
    () => true,
    () => false,
  );
  if (!there) return context.skip('the shared data is not there: set HANDOVER_SHARED');
  const cluster = await testCluster();
  const [control, target] = [await cluster.freshDatabase(), await cluster.freshDatabase()];
  const found = await measureSynthea(data, {
    DATABASE_URL: control.spec.url,
    HANDOVER_TARGET_URL: target.spec.url,
  });
  await control.drop();
  await target.drop();
  assert.ok(found.expected > 3000);
  assert.equal(found.presentRate, 1);
  assert.equal(found.extra, 0);
  assert.equal(found.clinicalDisagreements, 0);
  assert.ok(found.fields > 30_000);
  assert.ok(found.agreement >= 0.97, `agreement is ${found.agreement}`);
  assert.ok(found.unknowable.every(({ why }) => why !== ''));
});

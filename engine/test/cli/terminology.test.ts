import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../src/store/testing.ts';
import { start, type Ended } from './commandLine.ts';

test('cli: codes are answered without a project, by what is loaded; what is not loaded is said', async () => {
  const folder = await temporaryFolder();
  const ask = (...words: string[]): Promise<Ended> =>
    start(['terminology', ...words, '--json'], { folder }).end;
  const told = async (...words: string[]): Promise<Record<string, unknown>> =>
    JSON.parse((await ask(...words)).stdout) as Record<string, unknown>;
  const own = ['--terminology', '.'];
  try {
    const loinc = 'LOINC_NUM,STATUS,LONG_COMMON_NAME\n1-8,ACTIVE,First\n2-6,DEPRECATED,Second\n';
    await writeFile(join(folder, 'Loinc.csv'), loinc);
    await writeFile(join(folder, '2018_I9gem.txt'), '0010  A000    00000\n');
    await writeFile(join(folder, 'Loinc_2.78.zip'), 'x');
    const { leftAlone, systems } = await told('list', ...own);
    assert.deepEqual(leftAlone, ['Loinc_2.78.zip']);
    assert.deepEqual(systems, [{ system: 'http://loinc.org', concepts: 2 }]);
    const found = await told('lookup', '2-6', '--system', 'http://loinc.org', ...own);
    assert.deepEqual([found['display'], found['inactive']], ['Second', true]);
    const unit = await told('validate', 'mg/dL', '--system', 'http://unitsofmeasure.org');
    assert.equal(unit['result'], true);
    assert.equal((await ask('validate', '9-9', ...own, '--strict')).code, 6);
    const icd9 = 'http://hl7.org/fhir/sid/icd-9-cm';
    const { kind } = await told('translate', '001.0', '--system', icd9, ...own);
    assert.equal(kind, 'matched');
    const gender = 'http://hl7.org/fhir/ValueSet/administrative-gender';
    assert.equal((await told('expand', gender, '--filter', 'male'))['total'], 2);
    const absent = await ask('expand', 'urn:none');
    assert.equal(absent.code, 2);
    assert.ok(absent.stderr.includes('terminology-not-loaded'));
  } finally {
    await rm(folder, { recursive: true });
  }
});

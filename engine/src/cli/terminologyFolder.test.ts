import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { HandoverError } from '../base/errors.ts';
import { temporaryFolder } from '../store/testing.ts';
import { loadTerminology } from './terminologyFolder.ts';

test('terminology: a folder of releases and resources is loaded; a bad file is named with its line', async () => {
  const folder = await temporaryFolder();
  try {
    await writeFile(join(folder, 'Loinc.csv'), 'LOINC_NUM,LONG_COMMON_NAME\r\n1-8,"First"\r\n');
    await writeFile(join(folder, '2018_I9gem.txt'), '0010  A000    00000\r\n');
    const concept = [{ code: 'a', concept: [{ code: 'b' }] }];
    const resource = { resourceType: 'CodeSystem', url: 'urn:a', content: 'complete', concept };
    const bundle = { resourceType: 'Bundle', entry: [{ resource }] };
    await writeFile(join(folder, 'own.json'), JSON.stringify(bundle));
    await writeFile(join(folder, 'read.me'), 'nothing');
    await writeFile(join(folder, 'units.csv'), 'local,ucum\nMG/DL,mg/dL\n');
    const { terminology, files, leftAlone } = await loadTerminology(folder);
    assert.deepEqual(
      files.map(({ file, concepts }) => [file, concepts]),
      [
        ['2018_I9gem.txt', 1],
        ['Loinc.csv', 1],
        ['own.json', 2],
        ['units.csv', 1],
      ],
    );
    assert.deepEqual(leftAlone, ['read.me']);
    assert.equal(terminology.system('urn:a')?.isA('b', 'a'), true);
    await writeFile(join(folder, 'RXNCONSO.RRF'), 'SECRET|x');
    const failed = await loadTerminology(folder).catch((error: unknown) => error);
    assert.ok(failed instanceof HandoverError && failed.code === 'terminology-unreadable');
    assert.equal(failed.message, 'RXNCONSO.RRF: line 1 has fewer fields than RXNCONSO.');
    const absent = await loadTerminology(join(folder, 'none')).catch((error: unknown) => error);
    assert.equal((absent as HandoverError).code, 'terminology-missing');
  } finally {
    await rm(folder, { recursive: true });
  }
});

import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { sha256Hex } from '../../base/digest.ts';
import { readStream, sourceOf, streamNamed, testFolder } from '../csv/testFolder.ts';
import type { Source } from '../../model/source.ts';
import { exportSetConnector } from './exportSetConnector.ts';

const never = new AbortController().signal;
const undo: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

const patients = 'id,born\n1,2001-02-03\n2,\n';
const dictionary = 'Table,Column,Type,Key\npatients,id,int,1\npatients,born,date,\n';

interface Wish {
  /** Files on top of, or instead of, a sound delivery's. */
  files?: Readonly<Record<string, string>>;
  manifest?: object;
  settings?: object;
  before?: (folder: string) => Promise<void>;
}

async function delivery({ files = {}, manifest = {}, settings = {}, before }: Wish = {}) {
  const folder = await testFolder();
  undo.push(folder.remove);
  await mkdir(join(folder.path, 'tables'));
  const listed = [
    { file: 'tables/patients.csv', sha256: sha256Hex(patients), records: 2 },
    { file: 'tables/audit.csv', sha256: sha256Hex('at\n'), records: 0 },
  ];
  const all: Record<string, string> = {
    'tables/patients.csv': patients,
    'tables/audit.csv': 'at\n',
    'dictionary.csv': dictionary,
    'manifest.json': JSON.stringify({ delivery: 3, files: listed, ...manifest }),
    'letter.pdf': 'a letter',
    ...files,
  };
  for (const [name, text] of Object.entries(all)) await writeFile(join(folder.path, name), text);
  await before?.(folder.path);
  const source: Source = sourceOf(exportSetConnector(folder.path), {
    folder: '.',
    delivery: 3,
    ...settings,
  });
  undo.push(() => source.close());
  return { source, path: folder.path };
}

describe('export set', () => {
  it('reads tables as the dictionary says, and lists all else for a decision', async () => {
    const { source } = await delivery();
    await source.open(never);
    const streams = await source.streams();
    assert.deepEqual(
      streams.map(({ name, count }) => [name, count]),
      [
        ['patients', 2],
        ['tables/audit.csv', undefined],
        ['letter.pdf', undefined],
      ],
    );
    const stream = await streamNamed(source, 'patients');
    assert.deepEqual(
      [stream.key, stream.columns.map(({ type }) => type)],
      [['id'], ['integer', 'date']],
    );
    const [batch] = await readStream(source, stream);
    assert.deepEqual(batch?.keys, ['1', '2']);
  });

  it('reads nothing of a delivery that is not what its manifest says', async () => {
    const wrong: [Wish, string, RegExp][] = [
      [{ files: { 'tables/patients.csv': `${patients}3,\n` } }, 'export-differs', /digest/],
      [
        { before: (folder) => rm(join(folder, 'tables/audit.csv')) },
        'export-differs',
        /audit\.csv is missing/,
      ],
      [
        {
          manifest: {
            files: [{ file: 'tables/patients.csv', sha256: sha256Hex(patients), records: 9 }],
          },
        },
        'export-differs',
        /number of records/,
      ],
      [{ manifest: { delivery: 4 } }, 'export-delivery', /delivery 4/],
      [{ files: { 'manifest.json': '{' } }, 'export-manifest-invalid', /manifest/],
      [{ files: { 'dictionary.csv': 'table,column\n' } }, 'export-dictionary-invalid', /type/],
      [
        { files: { 'dictionary.csv': dictionary.replace(',1', ',2') } },
        'export-dictionary-invalid',
        /gap/,
      ],
      [
        { files: { 'dictionary.csv': dictionary.replace('born', 'birth') } },
        'source-header-differs',
        /header/,
      ],
      [{ settings: { manifest: 'none.json' } }, 'source-file-missing', /none/],
    ];
    for (const [wish, code, message] of wrong) {
      const { source } = await delivery(wish);
      await assert.rejects(source.open(never), (error: Error) => {
        assert.equal('code' in error && error.code, code);
        assert.match(error.message, message);
        return 'next' in error && String(error.next).length > 10;
      });
    }
  });

  it('is over when a file of it is changed while it is read', async () => {
    const { source, path } = await delivery();
    await source.open(never);
    const stream = await streamNamed(source, 'patients');
    await writeFile(join(path, 'tables/patients.csv'), patients.replace('2001', '2002'));
    await assert.rejects(readStream(source, stream), { code: 'export-differs' });
  });
});

import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { HandoverError } from '../base/errors.ts';
import { packageOf } from '../quality/validator/definitions/testing.ts';
import { readProject, type ProjectFiles } from '../run/plan/read.ts';
import { temporaryFolder } from '../store/testing.ts';
import { draftJudges } from './packages.ts';

const isError =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof HandoverError && error.code === code && error.exitCode === 3;

const plan = (check: string): string => `name: a
sources: {}
targets: {}
strategy: { kind: big-bang }
${check}
`;

test('a guide that the plan names is part of its revision; another file in its place is noticed', async () => {
  const folder = await temporaryFolder();
  try {
    const judged = async (): Promise<{ digest: string; guides: readonly object[] | undefined }> => {
      const { value } = await readProject(folder);
      assert.ok(value !== undefined);
      return { digest: value.digest, guides: value.files.guides };
    };
    await writeFile(join(folder, 'handover.yaml'), plan('check: { packages: [guide.tgz] }'));
    const without = await judged();
    await writeFile(join(folder, 'guide.tgz'), packageOf({}, '1.0.0'));
    const before = await judged();
    await writeFile(join(folder, 'guide.tgz'), packageOf({}, '2.0.0'));
    const after = await judged();
    assert.equal(new Set([without.digest, before.digest, after.digest]).size, 3);

    const check = { packages: ['guide.tgz'], profiles: [] };
    const judge = draftJudges(folder);
    const asked = (guides: readonly object[] | undefined): Promise<unknown> =>
      judge(check, { guides } as ProjectFiles);
    assert.equal(typeof (await asked(after.guides)), 'function');
    await assert.rejects(asked(before.guides), isError('package-replaced'));
    assert.equal(typeof (await judge(check)), 'function');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('terminology that the plan names is part of its revision; another file in its folder is noticed', async () => {
  const folder = await temporaryFolder();
  const loinc = (codes: string): Promise<void> =>
    writeFile(join(folder, 'own', 'Loinc.csv'), `LOINC_NUM,LONG_COMMON_NAME\n${codes}`);
  try {
    const read = async (): Promise<{ digest: string; files: ProjectFiles }> =>
      (await readProject(folder)).value ?? assert.fail('the plan has problems');
    await writeFile(join(folder, 'handover.yaml'), plan('check: { terminology: own }'));
    const without = await read();
    await mkdir(join(folder, 'own'));
    await loinc('1-8,First\n');
    const before = await read();
    await loinc('1-8,First\n2-6,Second\n');
    const after = await read();
    assert.equal(new Set([without.digest, before.digest, after.digest]).size, 3);
    await writeFile(join(folder, 'own', 'read.me'), 'of no layout');
    assert.equal((await read()).digest, after.digest);

    const check = { packages: [], profiles: [], terminology: 'own' };
    const judge = draftJudges(folder);
    assert.equal(await judge(check, after.files), await judge(check, after.files));
    await assert.rejects(judge(check, before.files), isError('terminology-replaced'));
    await writeFile(join(folder, 'own', 'RXNCONSO.RRF'), 'a|b');
    await assert.rejects(judge(check), isError('terminology-unreadable'));
    const nowhere = judge({ ...check, terminology: 'nowhere' });
    await assert.rejects(nowhere, isError('terminology-missing'));
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a plan that names no guide keeps the digest that it had', async () => {
  const folder = await temporaryFolder();
  try {
    await writeFile(join(folder, 'handover.yaml'), plan(''));
    const { value } = await readProject(folder);
    assert.equal(value?.digest, '5e4196c0836d6790d58cd51a2b17628632c1cd432d436f7a21ee16a26c5f1271');
  } finally {
    await rm(folder, { recursive: true });
  }
});

import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { HandoverError } from '../base/errors.ts';
import { readProject } from '../run/plan/read.ts';
import { temporaryFolder } from '../store/testing.ts';
import { draftJudges } from './packages.ts';

/** A package with nothing but its manifest. */
function packageOf(version: string): Buffer {
  const content = Buffer.from(JSON.stringify({ name: 'guide.example', version }));
  const header = Buffer.alloc(512);
  header.write('package/package.json', 0);
  header.write(content.length.toString(8).padStart(11, '0'), 124);
  header.write('0', 156);
  const padding = Buffer.alloc(512 - (content.length % 512));
  return gzipSync(Buffer.concat([header, content, padding, Buffer.alloc(1024)]));
}

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
    await writeFile(join(folder, 'guide.tgz'), packageOf('1.0.0'));
    const before = await judged();
    await writeFile(join(folder, 'guide.tgz'), packageOf('2.0.0'));
    const after = await judged();
    assert.equal(new Set([without.digest, before.digest, after.digest]).size, 3);

    const check = { packages: ['guide.tgz'], profiles: [] };
    const judge = draftJudges(folder);
    assert.equal(typeof judge(check, after.guides as never), 'function');
    assert.throws(
      () => judge(check, before.guides as never),
      (error) => error instanceof HandoverError && error.code === 'package-replaced',
    );
    assert.equal(typeof judge(check), 'function');
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

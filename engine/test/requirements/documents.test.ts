/**
 * Documents of a share: the files that the index names arrive byte for byte, what cannot is held with
 * its reason, and a byte lost on the wire or at rest is found.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parseJson, type JsonObject } from '../../src/base/json.ts';
import { listExceptions } from '../../src/ledger/exceptions.ts';
import type { Stored, Target, Write } from '../../src/model/target.ts';
import { texts } from '../../src/verification/concepts/elements.ts';
import { owned } from './owned.ts';
import { testProject, type TestProject } from './project.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

const wish = { patients: 30, tables: 'all' } as const;
const never = new AbortController().signal;

/** A project with a share of its own, which a test may change; of the tables only what it needs. */
async function withShare(context: TestContext): Promise<TestProject & { share: string }> {
  const project = owned(context, await testProject(wish));
  const share = join(project.folder, 'share');
  await cp(project.environment['CLINIC_SHARE'] ?? '', share, { recursive: true });
  project.environment['CLINIC_SHARE'] = share;
  return { ...project, share };
}

async function filesOf(share: string): Promise<string[]> {
  const entries = await readdir(share, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(share.length + 1));
}

/** What the target holds of a type. */
async function storedOf(project: TestProject, type: string): Promise<JsonObject[]> {
  const chart = await project.openChart();
  const found: JsonObject[] = [];
  for await (const { resources } of chart.scan(undefined, never)) {
    const ids = resources.filter((one) => one.type === type && one.state === 'present');
    for (const one of await chart.fetch(ids, 'body', never)) {
      if (one.state === 'present' && one.body) {
        found.push(parseJson(one.body.toString('utf8')) as JsonObject);
      }
    }
  }
  await chart.close();
  return found;
}

async function heldOf(bench: Workbench, run: string): Promise<Map<string, number>> {
  const held = await listExceptions(bench.database, run, { kind: 'quarantined' });
  const counts = new Map<string, number>();
  for (const { key, code } of held) {
    const name = `${key.stream} ${code}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

test('R04 R26 every file of the share arrives byte for byte, and its reference tells of it', async (context) => {
  const project = await withShare(context);
  // Larger than a frame and than a piece, and of a length that is no whole base64 group.
  const [large] = (await filesOf(project.share)).toSorted().filter((path) => path.endsWith('pdf'));
  assert.ok(large);
  const bytes = Buffer.alloc(9 * 1024 * 1024 + 1);
  for (let at = 0; at < bytes.length; at++) bytes[at] = (at * 7) % 251;
  bytes.write('%PDF-1.7');
  await writeFile(join(project.share, large), bytes);
  const mapping = 'mappings/clinic/documents.yaml';
  await project.edit(mapping, "file_len != file_path.lookup('share.files').bytes", 'file_len < 0');
  const bench = owned(context, await openWorkbench(project.opened, { records: 50 }));
  const { run, state, code } = await bench.run();
  assert.equal(state, 'finished', code);
  assert.deepEqual(await bench.findings(run), []);
  const report = await bench.report(run);
  assert.ok(report.streams.every(({ balanced, waiting }) => balanced && waiting === 0));
  const files = report.streams.find(({ stream }) => stream === 'share.files');
  assert.equal(files?.read, (await filesOf(project.share)).length);

  const binaries = new Map<string, JsonObject>();
  for (const one of await storedOf(project, 'Binary')) {
    binaries.set(`Binary/${texts(one, 'id').join()}`, one);
  }
  const references = (await storedOf(project, 'DocumentReference')).filter((one) => {
    return 'identifier' in one;
  });
  assert.equal(references.length, binaries.size);
  assert.ok(references.length > 8);
  let found = 0;
  for (const reference of references) {
    const told = (path: string): string => texts(reference, path).join();
    const path = told('identifier.value');
    const binary = binaries.get(told('content.attachment.url')) ?? {};
    const content = await readFile(join(project.share, path));
    const held = Buffer.from(texts(binary, 'data').join(), 'base64');
    assert.ok(held.equals(content), 'the bytes of a document');
    assert.equal(told('content.attachment.size'), String(content.length));
    const hash = createHash('sha1').update(content).digest('base64');
    assert.equal(told('content.attachment.hash'), hash);
    assert.equal(texts(binary, 'contentType').join(), told('content.attachment.contentType'));
    if (path === large) found = held.length;
  }
  assert.equal(found, bytes.length);
});

test('R11 R26 files without row, rows without file and files that cannot be moved are held', async (context) => {
  const project = await withShare(context);
  const paths = (await filesOf(project.share)).toSorted();
  const at = (path: string | undefined): string => join(project.share, path ?? 'none');
  const bench = owned(context, await openWorkbench(project.opened));
  const clean = await heldOf(bench, (await bench.run()).run);
  assert.deepEqual(clean, new Map());

  const indexed = await rowsOf(project);
  const [missing, cut, empty, linked] = paths.filter((path) => indexed.has(path));
  await rm(at(missing));
  await truncate(at(cut), 7);
  await truncate(at(empty), 0);
  await rm(at(linked));
  await symlink('/etc/hostname', at(linked));
  await mkdir(at('LAB/nobody'), { recursive: true });
  await writeFile(at('LAB/nobody/knows.pdf'), '%PDF-1.4\n');
  const { run, state, code } = await bench.run();
  assert.equal(state, 'finished', code);
  assert.deepEqual(
    await heldOf(bench, run),
    new Map([
      ['clinic.documents document-empty', 1],
      ['clinic.documents document-missing', 1],
      ['clinic.documents document-not-a-file', 1],
      ['clinic.documents document-truncated', 1],
      ['share.files document-empty', 1],
      ['share.files document-not-a-file', 1],
      ['share.files document-orphan', 1],
    ]),
  );
});

/** Paths that the index names, of rows that are not deleted. */
async function rowsOf(project: TestProject): Promise<Set<string>> {
  const references = await storedOf(project, 'DocumentReference');
  return new Set(references.flatMap((one) => texts(one, 'identifier.value')));
}

test('R04 a byte of a document that is lost on the wire, swapped or left out is found twice', async (context) => {
  const project = owned(context, await testProject(wish));
  const changes: [string, (data: string) => string][] = [
    ['a byte changed', (data) => `${data[0] === 'J' ? 'K' : 'J'}${data.slice(1)}`],
    ['the last bytes lost', (data) => data.slice(0, -8)],
    ['left out', (data) => `object:${createHash('sha256').update(data).digest('hex')}:9`],
    ['empty', () => ''],
  ];
  const touched = new Map<string, string>();
  const between = (target: Target): Target => ({
    ...passing(target),
    async write(batch, signal) {
      const changed = batch.map((write): Write => {
        const change = changes[touched.size];
        if (write.kind !== 'put' || write.type !== 'Binary' || !change) return write;
        const [name, alter] = change;
        touched.set(write.id, name);
        const text = write.body.toString('utf8');
        const data = /"data":"([^"]*)"/.exec(text)?.[1] ?? '';
        return { ...write, body: Buffer.from(text.replace(data, alter(data))) };
      });
      return target.write(changed, signal);
    },
  });
  const bench = owned(context, await openWorkbench(project.opened, { between }));
  const { run } = await bench.run();
  const findings = await bench.findings(run);
  assert.equal(touched.size, changes.length);
  for (const [id, name] of touched) {
    const own = findings.filter((one) => one.id === id);
    assert.deepEqual(
      new Set(own.map(({ verifier }) => verifier)),
      new Set(['delivery', 'facts']),
      name,
    );
  }
  assert.ok(findings.every(({ id }) => touched.has(id)));
});

function passing(target: Target): Target {
  return {
    open: (signal) => target.open(signal),
    write: (batch, signal) => target.write(batch, signal),
    fetch: (ids, want, signal): Promise<readonly Stored[]> => target.fetch(ids, want, signal),
    scan: (after, signal) => target.scan(after, signal),
    flush: async () => target.flush?.(),
    close: () => target.close(),
  };
}

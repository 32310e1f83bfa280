/** Bytes in columns, whatever holds them, become Binary byte for byte, and their facts say the same. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { sha256Hex } from '../../src/base/digest.ts';
import { parseJson, type JsonObject } from '../../src/base/json.ts';
import { readStream, sourceOf, streamNamed } from '../../src/connectors/csv/testFolder.ts';
import { mysqlConnector } from '../../src/connectors/mysql/mysqlConnector.ts';
import { noServer, startTestServer } from '../../src/connectors/mysql/testServer.ts';
import { postgresConnector } from '../../src/connectors/postgres/postgresConnector.ts';
import { sqliteConnector } from '../../src/connectors/sqlite/sqliteConnector.ts';
import { compileMapping } from '../../src/mapping/compile.ts';
import { compileFacts } from '../../src/mapping/facts/compile.ts';
import { plainIdentities } from '../../src/mapping/testProject.ts';
import type { Source } from '../../src/model/source.ts';
import { checkDraft } from '../../src/quality/draftJudge.ts';
import { itemAt } from '../../src/staging/packedItems.ts';
import { withClient } from '../../src/store/provision.ts';
import { temporaryFolder, testCluster } from '../../src/store/testing.ts';
import { concepts } from '../../src/verification/concepts/catalogue.ts';
import { texts } from '../../src/verification/concepts/elements.ts';
import { compareFacts } from '../../src/verification/facts.ts';
import { ReadBack } from '../../src/verification/readBack.ts';

/** Every byte there is, a large one of odd length, and one with nothing in it. */
const scans: readonly Buffer[] = [
  Buffer.concat([
    Buffer.from('%PDF-1.4\n'),
    Buffer.from(Array.from({ length: 256 }, (_, at) => at)),
  ]),
  Buffer.from('{\\rtf1\\ansi a letter\\par}'),
  Buffer.alloc(400_001, 'II*\0\b\0\0\0', 'latin1'),
  Buffer.alloc(0),
];
const kinds = ['application/pdf', 'text/rtf', 'image/tiff', ''];

const mapping = `
stream: clinic.scans
key: id
hold: { when: scan.byteCount() = 0, reason: document-empty }
resources:
  Binary: { contentType: scan.mediaType(), data: scan.base64() }
  DocumentReference:
    status: =current
    content:
      - attachment: { url: link('Binary'), size: scan.byteCount(), hash: scan.sha1() }
facts:
  - resource: Binary
    declare: [{ concept: binary-digest, value: scan, digest: true }]
  - resource: DocumentReference
    declare:
      - { concept: document-content, value: id, reference: { stream: clinic.scans, resource: Binary } }
`;

async function holdsAll(source: Source): Promise<void> {
  await source.open(new AbortController().signal);
  const bare = await streamNamed(source, 'scans');
  const [batch] = await readStream(source, bare, { bytes: 1 << 24 });
  await source.close();
  assert.ok(batch);
  const stream = { ...bare, name: 'clinic.scans' };
  const files = [{ path: 'scans.yaml', text: mapping }];
  const { mappings, problems } = compileMapping(files, {
    streams: [stream],
    codeMaps: new Map(),
    ...plainIdentities,
  });
  const stated = compileFacts(files, { streams: [stream], concepts, ...plainIdentities });
  assert.deepEqual([...problems, ...stated.problems], []);
  const mapped = mappings.get(stream.name)?.map({ ...batch, stream: stream.name });
  const facts = stated.facts.get(stream.name)?.read({ ...batch, stream: stream.name });
  assert.ok(mapped && facts);
  assert.deepEqual(
    mapped.outcomes.map((one) => ('reason' in one ? one.reason : one.state)),
    ['mapped', 'mapped', 'mapped', 'document-empty'],
  );
  const readBacks = new Map<string, ReadBack>();
  for (const [at, { type, id, from }] of mapped.drafts.entries()) {
    const body = itemAt(mapped.bodies, at);
    const resource = parseJson(body.toString('utf8')) as JsonObject;
    assert.deepEqual(checkDraft(resource), []);
    const stored = { type, id, state: 'present', version: 1, digest: '', body } as const;
    readBacks.set(`${type}/${id}`, new ReadBack(stored));
    const bytes = scans[from[0] ?? -1] ?? Buffer.alloc(0);
    const told = (path: string): string => texts(resource, path).join();
    if (type === 'Binary') {
      assert.ok(Buffer.from(told('data'), 'base64').equals(bytes));
      assert.equal(told('contentType'), kinds[from[0] ?? -1]);
    } else {
      assert.equal(told('content.attachment.size'), String(bytes.length));
      const hash = createHash('sha1').update(bytes).digest('base64');
      assert.equal(told('content.attachment.hash'), hash);
    }
  }
  const digests = facts.facts.filter(({ concept }) => concept === 'binary-digest');
  assert.deepEqual(
    digests.map(({ value }) => value),
    scans.slice(0, 3).map((bytes) => sha256Hex(bytes)),
  );
  const mappedFacts = { ...facts, facts: facts.facts.filter(({ ordinal }) => ordinal < 3) };
  const { declared } = stated.facts.get(stream.name) ?? assert.fail();
  assert.deepEqual(compareFacts(mappedFacts, readBacks, declared), []);
  // A byte that is another one at the target is a finding of the facts alone.
  const [name, held] = [...readBacks].find(([key]) => key.startsWith('Binary/')) ?? assert.fail();
  assert.ok(held.stored.state === 'present' && held.stored.body);
  const body = Buffer.from(
    held.stored.body.toString('utf8').replace('"data":"JVBE', '"data":"JVBF'),
  );
  readBacks.set(name, new ReadBack({ ...held.stored, body }));
  const found = compareFacts(mappedFacts, readBacks, declared);
  assert.deepEqual(
    found.map(({ kind, path }) => [kind, path]),
    [['different', 'binary-digest']],
  );
}

test('R04 bytea of PostgreSQL becomes Binary byte for byte', async () => {
  const fresh = await (await testCluster()).freshDatabase();
  await withClient(fresh.spec, async (client) => {
    await client.query('create table scans (id int primary key, scan bytea)');
    for (const [at, scan] of scans.entries()) {
      await client.query('insert into scans values ($1, $2)', [at, scan]);
    }
  });
  await holdsAll(sourceOf(postgresConnector, { url: fresh.spec.url, schema: 'public' }));
  await fresh.drop();
});

test('R26 300 MiB in a column of PostgreSQL hold their row alone, and are never read', async () => {
  const fresh = await (await testCluster()).freshDatabase();
  await withClient(fresh.spec, async (client) => {
    await client.query('create table scans (id int primary key, scan bytea, name text)');
    await client.query(
      `insert into scans values (1, 'a', 'handover:value-too-large'), (3, 'c', 'x')`,
    );
    await client.query(
      `insert into scans values (2, convert_to(repeat('x', 300 * 1024 * 1024), 'UTF8'), 'x')`,
    );
  });
  const source = sourceOf(postgresConnector, { url: fresh.spec.url, schema: 'public' });
  await source.open(new AbortController().signal);
  const bare = await streamNamed(source, 'scans');
  const before = process.memoryUsage.rss();
  const [batch] = await readStream(source, bare, { bytes: 1 << 24 });
  assert.ok(process.memoryUsage.rss() - before < 200 * 1024 ** 2);
  await source.close();
  await fresh.drop();
  assert.ok(batch);
  assert.deepEqual(batch.keys, ['1', '2', '3']);
  const stream = { ...bare, name: 'clinic.scans' };
  const outcomesOf = (column: string): string[] => {
    const text = `stream: clinic.scans\nresources: { Basic: { code: { text: ${column} } } }\n`;
    const files = [{ path: 'scans.yaml', text }];
    const compiled = compileMapping(files, {
      streams: [stream],
      codeMaps: new Map(),
      ...plainIdentities,
    });
    assert.deepEqual(compiled.problems, []);
    const mapped = compiled.mappings.get(stream.name)?.map({ ...batch, stream: stream.name });
    return mapped?.outcomes.map((one) => ('reason' in one ? one.reason : one.state)) ?? [];
  };
  assert.deepEqual(outcomesOf('name'), ['mapped', 'mapped', 'mapped']);
  assert.deepEqual(outcomesOf('scan.base64()'), ['mapped', 'value-too-large', 'mapped']);
});

test('R04 BLOB of SQLite becomes Binary byte for byte', async () => {
  const folder = await temporaryFolder();
  const database = new DatabaseSync(join(folder, 'scans.sqlite'));
  database.exec('create table scans (id integer primary key, scan blob)');
  const insert = database.prepare('insert into scans values (?, ?)');
  for (const [at, scan] of scans.entries()) insert.run(at, scan);
  database.close();
  await holdsAll(sourceOf(sqliteConnector(folder), { file: 'scans.sqlite' }));
  await rm(folder, { recursive: true });
});

test('R04 LONGBLOB of MariaDB becomes Binary byte for byte', async (context) => {
  const missing = noServer();
  if (missing !== undefined) return context.skip(missing);
  const server = await startTestServer();
  context.after(() => server.stop());
  const url = await server.freshDatabase();
  const connection = await server.connect(url);
  await connection.query('create table scans (id int primary key, scan longblob)');
  for (const [at, scan] of scans.entries()) {
    await connection.query('insert into scans values (?, ?)', [at, scan]);
  }
  await connection.end();
  await holdsAll(sourceOf(mysqlConnector, { url }));
});

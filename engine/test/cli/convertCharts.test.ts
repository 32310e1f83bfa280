import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../src/store/testing.ts';
import { start, type Ended } from './commandLine.ts';

async function convert(folder: string, to: string, ...words: string[]): Promise<Ended> {
  const environment = { HANDOVER_ID_KEY: 'the same' };
  return start(['convert', '--from', 'fhir', '--to', to, ...words], { folder, environment }).end;
}

const patient = (id: string): string =>
  `{"resourceType":"Patient","id":"${id}","identifier":[{"value":"N${id}"}],"name":[{"family":"SECRETNAME"}]}`;
const result = (id: string, of: string): string =>
  `{"resourceType":"Observation","id":"${id}","status":"final","subject":{"reference":"Patient/${of}"},
    "performer":[{"reference":"Practitioner/d"}],"code":{"text":"Test"},"valueQuantity":{"value":1.10,"unit":"mg"}}`.replace(
    /\n\s*/,
    '',
  );
const practitioner =
  '{"resourceType":"Practitioner","id":"d","name":[{"family":"Who"}],"photo":[{"title":"x"}]}';

/** Resources before the patient that they are of, in files of their own, a bundle among them. */
async function exportOf(folder: string): Promise<void> {
  await mkdir(join(folder, 'in'));
  const results = [result('1', 'a'), result('2', 'b'), result('3', 'nobody'), 'no json'];
  await writeFile(join(folder, 'in', '1.ndjson'), `${results.join('\n')}\n`);
  await writeFile(
    join(folder, 'in', '2.ndjson'),
    `${practitioner}\n${patient('a')}\n${patient('a')}\n`,
  );
  const entry = `{"fullUrl":"urn:uuid:9b1","resource":${patient('b')}},{"resource":{"resourceType":"CarePlan","subject":{"reference":"urn:uuid:9b1"}}}`;
  await writeFile(join(folder, 'in', '3.json'), `{"resourceType":"Bundle","entry":[${entry}]}`);
}

test('cli: convert writes messages patient by patient, and says what it did not write', async () => {
  const folder = await temporaryFolder();
  try {
    await exportOf(folder);
    const { code, stdout } = await convert(folder, 'hl7v2', '--json', 'in', 'out.hl7');
    assert.equal(code, 0);
    const report = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual([report['files'], report['resources'], report['written']], [3, 8, 4]);
    const places = report['places'] as { file: string; reason: string }[];
    assert.deepEqual(
      places.map(({ file, reason }) => `${file} ${reason}`),
      ['in/1.ndjson json-unreadable', 'in/2.ndjson fhir-repeated', ' fhir-no-patient'],
    );
    const unread = (report['unread'] as { path: string }[]).map(({ path }) => path);
    assert.ok(unread.includes('CarePlan'), unread.join());
    assert.ok(unread.includes('Practitioner.photo'), unread.join());
    assert.ok(!stdout.includes('SECRETNAME'));
    const segments = (await readFile(join(folder, 'out.hl7'), 'utf8')).split('\r');
    const numbers = segments.filter((each) => /^(PID|OBX)/.test(each));
    assert.deepEqual(
      numbers.map((each) => each.split('|').slice(0, 6).join('|')),
      ['PID|1||Na||SECRETNAME', 'PID|1||Na||SECRETNAME', 'OBX|1|NM|^^^^^^^^Test||1.10'].concat([
        'PID|1||Nb||SECRETNAME',
        'PID|1||Nb||SECRETNAME',
        'OBX|1|NM|^^^^^^^^Test||1.10',
      ]),
    );
    assert.deepEqual((await readdir(folder)).toSorted(), ['in', 'out.hl7']);

    assert.equal((await convert(folder, 'hl7v2', '--strict', 'in', 'strict.hl7')).code, 6);
    const again = await convert(folder, 'hl7v2', 'in', 'out.hl7');
    assert.deepEqual([again.code, again.stderr.startsWith('output-exists: ')], [2, true]);
    // What the messages say is read by our own reader.
    const back = start(['convert', '--from', 'hl7v2', '--to', 'fhir', 'out.hl7', 'b.ndjson'], {
      folder,
    });
    assert.match((await back.end).stdout, /^4 documents of 1 file: \d+ resources, 0 refused/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('cli: convert writes a document for each patient, in a folder of its own', async () => {
  const folder = await temporaryFolder();
  try {
    await exportOf(folder);
    const { code, stdout } = await convert(folder, 'ccda', '--json', 'in', 'out');
    assert.equal(code, 0);
    assert.equal((JSON.parse(stdout) as Record<string, unknown>)['written'], 2);
    assert.deepEqual(await readdir(join(folder, 'out')), ['0000001.xml', '0000002.xml']);
    const document = await readFile(join(folder, 'out', '0000001.xml'), 'utf8');
    assert.match(document, /<value xsi:type="PQ" value="1.10" unit="mg"\/>/);
    const again = await convert(folder, 'ccda', 'in', 'out');
    assert.ok(again.stderr.startsWith('output-exists: '), again.stderr);
    const back = start(['convert', '--from', 'ccda', '--to', 'fhir', 'out', 'b.ndjson'], {
      folder,
    });
    assert.match((await back.end).stdout, /^2 documents of 2 files: \d+ resources, 0 refused/);
    assert.deepEqual((await readdir(folder)).toSorted(), ['b.ndjson', 'in', 'out']);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('cli: messages and documents are made of FHIR alone, without a view', async () => {
  const folder = await temporaryFolder();
  try {
    await writeFile(join(folder, 'a.ndjson'), `${patient('a')}\n`);
    const wrong = start(['convert', '--from', 'ccda', '--to', 'hl7v2', 'a.ndjson', 'x.hl7'], {
      folder,
    });
    const { code, stderr } = await wrong.end;
    assert.equal(code, 2);
    assert.match(stderr, /^conversion-unknown: /);
    const viewed = await convert(folder, 'hl7v2', '--view', 'v.json', 'a.ndjson', 'x.hl7');
    assert.match(viewed.stderr, /^conversion-unknown: /);
    const missing = await convert(folder, 'hl7v2', 'missing', 'x.hl7');
    assert.match(missing.stderr, /^input-missing: /);
    await writeFile(join(folder, 'x.hl7.charts'), '');
    const waiting = await convert(folder, 'hl7v2', 'a.ndjson', 'x.hl7');
    assert.match(waiting.stderr, /^output-exists: /);
    assert.deepEqual((await readdir(folder)).toSorted(), ['a.ndjson', 'x.hl7.charts']);
  } finally {
    await rm(folder, { recursive: true });
  }
});

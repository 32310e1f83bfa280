import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  billingProvider,
  claimBody,
  claimLoop,
  interchange,
  professional,
  remittance,
  remittanceBody,
  submitter,
  subscriber,
  transaction,
} from '../../src/formats/x12/testing.ts';
import { temporaryFolder } from '../../src/store/testing.ts';
import { start, type Ended } from './commandLine.ts';

const header = 'MSH|^~\\&|APP|HOSP|||202401021015+0100||ADT^A08|';
const message = (n: number): string =>
  `${header}${n}|P|2.5\rEVN||20240102\rPID|1||${n}^^^HOSP||SECRETNAME^Jo\rZXX|1\r`;
const batch = `FHS|^~\\&|A\rBHS|^~\\&|A\r${message(1)}${message(2)}BTS|2\rFTS|1\r`;

async function convert(folder: string, ...words: string[]): Promise<Ended> {
  return convertFrom('hl7v2', folder, ...words);
}

async function convertFrom(format: string, folder: string, ...words: string[]): Promise<Ended> {
  const environment = { HANDOVER_ID_KEY: 'the same' };
  return start(['convert', '--from', format, '--to', 'fhir', ...words], { folder, environment })
    .end;
}

test('cli: R4 is written as another version, and what it has no place for is told', async () => {
  const folder = await temporaryFolder();
  try {
    const condition = {
      resourceType: 'Condition',
      encounter: { reference: 'Encounter/1' },
      recorder: { reference: 'Practitioner/1' },
    };
    await writeFile(join(folder, 'in.ndjson'), `${JSON.stringify(condition)}\n`);
    const words = ['--to-fhir-version', 'STU3', '--json', 'in.ndjson', 'out.ndjson'];
    const { code, stdout } = await convertFrom('fhir', folder, ...words);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(await readFile(join(folder, 'out.ndjson'), 'utf8')), {
      resourceType: 'Condition',
      context: { reference: 'Encounter/1' },
    });
    const { unread } = JSON.parse(stdout) as { unread: { path: string }[] };
    assert.deepEqual(
      unread.map(({ path }) => path),
      ['Condition.recorder'],
    );
    const oldest = ['--to-fhir-version', 'DSTU2', '--json', 'in.ndjson', 'oldest.ndjson'];
    assert.equal((await convertFrom('fhir', folder, ...oldest)).code, 0);
    assert.deepEqual(JSON.parse(await readFile(join(folder, 'oldest.ndjson'), 'utf8')), {
      resourceType: 'Condition',
      encounter: { reference: 'Encounter/1' },
    });
    const other = ['--to-fhir-version', 'R5', 'in.ndjson', 'x.ndjson'];
    assert.equal((await convert(folder, ...other)).code, 2);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('cli: convert writes a bundle for each message, and says what it did not read', async () => {
  const folder = await temporaryFolder();
  try {
    await writeFile(join(folder, 'feed.hl7'), `stray line\r${batch}`);
    const { code, stdout } = await convert(folder, '--json', 'feed.hl7', 'out.ndjson');
    assert.equal(code, 0);
    const report = JSON.parse(stdout) as Record<string, unknown>;
    assert.equal(report['format'], 'handover-convert/1');
    assert.deepEqual([report['files'], report['documents'], report['refused']], [1, 3, 1]);
    assert.deepEqual(report['places'], [
      { file: 'feed.hl7', offset: 0, reason: 'hl7v2-no-message' },
    ]);
    const unread = report['unread'] as { path: string; documents: number }[];
    assert.deepEqual(
      unread.find(({ path }) => path === 'ZXX-1'),
      { path: 'ZXX-1', documents: 2 },
    );
    assert.ok(!stdout.includes('SECRETNAME'));
    const lines = (await readFile(join(folder, 'out.ndjson'), 'utf8')).trim().split('\n');
    const bundles = lines.map((line) => JSON.parse(line) as { resourceType: string });
    assert.deepEqual(
      bundles.map(({ resourceType }) => resourceType),
      ['Bundle', 'Bundle'],
    );

    assert.equal((await convert(folder, '--strict', 'feed.hl7', 'strict.ndjson')).code, 6);
    const again = await convert(folder, 'feed.hl7', 'out.ndjson');
    assert.equal(again.code, 2);
    assert.match(again.stderr, /^output-exists: /);
    await convert(folder, 'feed.hl7', 'again.ndjson');
    assert.equal(await readFile(join(folder, 'again.ndjson'), 'utf8'), `${lines.join('\n')}\n`);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('cli: convert reads folders, writes resources, and leaves nothing half-made', async () => {
  const folder = await temporaryFolder();
  try {
    await writeFile(join(folder, 'a.hl7'), message(1));
    await writeFile(join(folder, 'b.hl7'), message(1));
    await writeFile(join(folder, 'notes.md'), 'no message');
    const { code, stdout } = await convert(folder, '--as', 'resources', '.', 'out.ndjson');
    assert.equal(code, 0);
    assert.match(stdout, /^2 documents of 2 files: /);
    const lines = (await readFile(join(folder, 'out.ndjson'), 'utf8')).trim().split('\n');
    const patients = lines.filter((line) => line.includes('"resourceType":"Patient"'));
    // The same patient has the same id in both.
    assert.equal(new Set(patients).size, 1);
    assert.equal((await convert(folder, 'missing', 'x.ndjson')).code, 2);
    assert.equal((await convert(folder, '--time-zone', 'Mars/Base', 'a.hl7', 'x.ndjson')).code, 2);
    assert.deepEqual((await readdir(folder)).toSorted(), [
      'a.hl7',
      'b.hl7',
      'notes.md',
      'out.ndjson',
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('cli: a long X12 transaction that is refused at its end takes back what it became', async () => {
  const folder = await temporaryFolder();
  try {
    const many = Array.from({ length: 1500 }, (_, at) => [
      `HL*${at + 2}*1*22*0`,
      ...subscriber.slice(1),
      ...claimLoop,
    ]);
    const body = [...submitter, ...billingProvider, ...many.flat()];
    const long = transaction(professional, body, '0002');
    const short = transaction(professional, claimBody);
    const file = interchange(professional, short, long, short.replaceAll('0001', '0003'));
    const broken = file.replace(/SE\*\d+\*0002/, 'SE*99999*0002');
    assert.ok(long.length > 300_000);
    await writeFile(join(folder, 'long.837'), file);
    await writeFile(join(folder, 'broken.837'), broken);
    const claimsOf = async (name: string): Promise<[number | undefined, number, string]> => {
      const words = ['--json', '--ack', `${name}.999`, `${name}.837`, `${name}.ndjson`];
      const { code, stdout } = await convertFrom('x12', folder, ...words);
      assert.equal(code, 0);
      const { refused } = JSON.parse(stdout) as Record<string, number>;
      const out = await readFile(join(folder, `${name}.ndjson`), 'utf8');
      const claims = out.split('"resourceType":"Claim"').length - 1;
      return [refused, claims, await readFile(join(folder, `${name}.999`), 'utf8')];
    };
    const [none, claims, answer] = await claimsOf('long');
    assert.deepEqual([none, claims], [0, 1502]);
    assert.match(answer, /~AK9\*A\*3\*3\*3~SE/);
    const [left, kept, refusal] = await claimsOf('broken');
    assert.deepEqual([left, kept], [1, 2]);
    assert.match(refusal, /~AK2\*837\*0002\*005010X222A1~IK5\*R\*4~/);
    assert.match(refusal, /~AK9\*P\*3\*3\*2~SE/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('cli: only X12 is acknowledged', async () => {
  const folder = await temporaryFolder();
  try {
    await writeFile(join(folder, 'a.hl7'), message(1));
    const { code, stderr } = await convert(folder, '--ack', 'a.999', 'a.hl7', 'a.ndjson');
    assert.equal(code, 2);
    assert.match(stderr, /^acknowledgement-unknown: /);
    assert.deepEqual(await readdir(folder), ['a.hl7']);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('cli: convert reads X12, and holds what does not tie with the difference', async () => {
  const folder = await temporaryFolder();
  try {
    const claims = interchange(professional, transaction(professional, claimBody));
    const body = remittanceBody.map((each) => each.replace('BPR*I*75.00', 'BPR*I*75.01'));
    const payment = interchange(remittance, transaction(remittance, body));
    await writeFile(join(folder, 'claims.837'), claims);
    await writeFile(join(folder, 'payment.835'), payment);
    const { code, stdout } = await convertFrom(
      'x12',
      folder,
      '--strict',
      '--json',
      '.',
      'x.ndjson',
    );
    assert.equal(code, 6);
    const report = JSON.parse(stdout) as { places: { file: string; reason: string }[] };
    assert.deepEqual(
      report.places.map(({ reason }) => reason),
      ['x12-payment-unbalanced BPR-2 by 0.01'],
    );
    const out = await readFile(join(folder, 'x.ndjson'), 'utf8');
    assert.match(out, /"total":\{"value":100\.00,"currency":"USD"\}/);
    assert.ok(!stdout.includes('DOE'));
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('cli: convert reads FHIR of another version, and tells what was lost', async () => {
  const folder = await temporaryFolder();
  try {
    const medication =
      '{"resourceType":"Medication","isBrand":true,"image":[{"title":"SECRETNAME"}]}';
    await writeFile(
      join(folder, 'in.ndjson'),
      `${medication}\nSECRETNAME\n{"resourceType":"Nonsense"}\n`,
    );
    await writeFile(
      join(folder, 'one.json'),
      '{\n "resourceType": "Observation",\n "comment": "x"\n}\n',
    );
    await writeFile(
      join(folder, 'two.xml'),
      '<Patient xmlns="http://hl7.org/fhir"><multipleBirthInteger value="2"/></Patient>',
    );
    const words = ['--fhir-version', 'STU3', '--json', '.', 'out.ndjson'];
    const { code, stdout } = await convertFrom('fhir', folder, ...words);
    assert.equal(code, 0);
    const report = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual([report['documents'], report['refused'], report['resources']], [5, 2, 3]);
    assert.deepEqual(report['unread'], [{ path: 'Medication.image', documents: 1 }]);
    assert.ok(!stdout.includes('SECRETNAME'));
    const lines = (await readFile(join(folder, 'out.ndjson'), 'utf8')).trim().split('\n');
    assert.deepEqual(lines.slice(1), [
      '{"resourceType":"Observation","note":[{"text":"x"}]}',
      '{"resourceType":"Patient","multipleBirthInteger":2}',
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('cli: convert refuses the first line of NDJSON alone when that is all that is wrong', async () => {
  const folder = await temporaryFolder();
  try {
    await writeFile(join(folder, 'in.ndjson'), `{"resourceType":\n{"resourceType":"Patient"}\n`);
    await writeFile(join(folder, 'empty.ndjson'), '');
    const { code, stdout } = await convertFrom('fhir', folder, '--json', '.', 'out.ndjson');
    assert.equal(code, 0);
    const { places, resources } = JSON.parse(stdout) as { places: unknown; resources: number };
    assert.equal(resources, 1);
    assert.deepEqual(places, [
      { file: 'in.ndjson', line: 1, offset: 0, reason: 'json-unreadable' },
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('cli: convert says what cannot be read or written, and what to do', async () => {
  const folder = await temporaryFolder();
  try {
    await writeFile(join(folder, 'feed.hl7'), message(1));
    await writeFile(join(folder, 'none.hl7'), '');
    await mkdir(join(folder, 'scans'));
    await writeFile(join(folder, 'scans', 'a.tiff'), 'II');
    const refusals: readonly (readonly [words: string[], said: RegExp])[] = [
      [['nowhere', 'out.ndjson'], /^input-missing: There is no file or folder nowhere\./],
      [['scans', 'out.ndjson'], /^input-missing: No file in scans is named as HL7 v2/],
      [['feed.hl7', 'no/out.ndjson'], /^output-unwritable: no\/out\.ndjson cannot .*ENOENT/],
      [['feed.hl7', 'feed.hl7/out'], /^output-unwritable: feed\.hl7\/out cannot .*ENOTDIR/],
    ];
    for (const [words, said] of refusals) {
      const { code, stderr } = await convert(folder, ...words);
      assert.equal(code, 2, stderr);
      assert.match(stderr, said);
      assert.match(stderr, /\n {2}next: \S/);
    }
    const { code, stdout } = await convert(folder, '--strict', 'none.hl7', 'out.ndjson');
    assert.equal(code, 6);
    assert.match(stdout, /none\.hl7 at byte 0: file-empty/);
    await writeFile(join(folder, 'cut.hl7'), batch.slice(0, batch.indexOf('BTS')));
    const cut = await convert(folder, '--strict', 'cut.hl7', 'cut.ndjson');
    assert.equal(cut.code, 6);
    assert.match(cut.stdout, /cut\.hl7 at byte 0: hl7v2-batch-unended/);
    await writeFile(join(folder, 'none.xml'), '');
    const none = await convertFrom('ccda', folder, 'none.xml', 'none.ndjson');
    assert.match(none.stdout, /1 refused\n {2}none\.xml at byte 0: file-empty/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

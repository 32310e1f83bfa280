import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sha256Hex } from '../../src/base/digest.ts';
import { convertReaders } from '../../src/cli/convert/readers.ts';
import type { ConvertedDocument } from '../../src/cli/convert/reader.ts';
import { timeZone } from '../../src/formats/zones.ts';
import { feedFiles } from '../../src/sample/feeds/feedWriter.ts';
import type { FeedFile, FeedTruth } from '../../src/sample/feeds/feed.ts';
import { tablesOf } from '../../src/sample/hospital.ts';
import { createWorld, type WorldOptions } from '../../src/sample/world.ts';

const settings = {
  identify: (key: string): string => sha256Hex(key).slice(0, 26),
  zone: timeZone('America/Chicago'),
};

function feedsOf(seed: string, defects: WorldOptions['defects'], patients = 300): FeedFile[] {
  return [...feedFiles(createWorld({ patients, seed, defects, tables: 'all' }), defects)];
}

async function converted({ path, bytes }: FeedFile): Promise<ConvertedDocument[]> {
  const format = path.slice(0, path.indexOf('/'));
  const reader = convertReaders[format];
  assert.ok(reader !== undefined && reader.files.test(path), path);
  async function* chunks(): AsyncGenerator<Buffer> {
    yield bytes;
  }
  const documents: ConvertedDocument[] = [];
  for await (const document of reader.read(chunks(), settings)) documents.push(document);
  return documents;
}

/** Types that a truth counts: what happened. Who and where comes along. */
const counted = (truths: readonly FeedTruth[]): ReadonlySet<string> =>
  new Set(truths.flatMap(({ makes = {} }) => Object.keys(makes)));

function made(
  { resources }: ConvertedDocument,
  types: ReadonlySet<string>,
): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { resourceType: type } of resources as { resourceType: string }[]) {
    if (types.has(type)) counts[type] = (counts[type] ?? 0) + 1;
  }
  return counts;
}

const codeOf = (told: string | undefined): string | undefined => told?.split(' ')[0];

/** What a conversion made, or refused: pieces of an interchange that hold neither are its envelope. */
function pieces(documents: readonly ConvertedDocument[], types: ReadonlySet<string>) {
  return documents
    .map((document) => ({ refused: codeOf(document.refused), made: made(document, types) }))
    .filter((piece) => piece.refused !== undefined || Object.keys(piece.made).length > 0);
}

describe('feeds of the sample: C-CDA', () => {
  for (const seed of ['a', 'b', 'c']) {
    it(`converts each document to what its truth says (seed ${seed})`, async () => {
      const files = feedsOf(seed, 'planted').filter(({ path }) => path.startsWith('ccda/'));
      const types = counted(files.flatMap(({ truths }) => truths));
      for (const file of files) {
        const [document, ...others] = await converted(file);
        const [truth] = file.truths as [FeedTruth];
        assert.ok(document !== undefined && others.length === 0);
        const refused = truth.outcome === 'refused' ? truth.reason : undefined;
        assert.equal(codeOf(document.refused), refused, file.path);
        assert.deepEqual(made(document, types), truth.makes ?? {}, file.path);
        assert.deepEqual(document.issues, [], file.path);
      }
    });
  }

  it('makes each kind of document, and denies what is denied', async () => {
    const files = feedsOf('a', 'none').filter(({ path }) => path.startsWith('ccda/'));
    const kinds = new Set(files.flatMap(({ truths }) => truths.map(({ kind }) => kind)));
    assert.deepEqual([...kinds].toSorted(), kindsOfDocument);
    const denied = files.filter(({ bytes }) => bytes.includes('negationInd="true"'));
    assert.ok(denied.length > 5);
    for (const { bytes } of files) {
      // Every entry leads to a line of the narrative that is there.
      const text = bytes.toString();
      const targets = [...text.matchAll(/<reference value="#([^"]+)"/g)].map(([, id]) => id);
      const lines = new Set([...text.matchAll(/ ID="([^"]+)"/g)].map(([, id]) => id));
      assert.deepEqual(
        targets.filter((id) => !lines.has(id)),
        [],
      );
    }
  });
});

const kindsOfDocument = [
  'C32',
  'CCD R1.1',
  'CCD R2.1',
  'Discharge Summary R2.1',
  'Unstructured R2.1',
];

describe('feeds of the sample: X12', () => {
  for (const defects of ['planted', 'none'] as const) {
    it(`converts each claim and payment to what its truth says (${defects})`, async () => {
      const files = feedsOf('a', defects).filter(({ path }) => path.startsWith('x12/'));
      assert.equal(files.length, 4);
      const types = counted(files.flatMap(({ truths }) => truths));
      assert.deepEqual([...types].toSorted(), [
        'Claim',
        'Coverage',
        'ExplanationOfBenefit',
        'PaymentReconciliation',
      ]);
      for (const file of files) {
        const documents = await converted(file);
        // A claim names coverages too: they are counted where somebody is enrolled.
        const own = counted(file.truths);
        const expected = file.truths.map(({ outcome, reason, makes = {} }) => ({
          refused: outcome === 'refused' ? reason : undefined,
          made: makes,
        }));
        assert.deepEqual(pieces(documents, own), expected, file.path);
        assert.deepEqual([...new Set(documents.flatMap(({ issues }) => issues))], []);
      }
    });
  }

  it('claims what the tables charge, and is paid what they book, to the cent', () => {
    const options = { patients: 300, seed: 'a', defects: 'none', tables: 'all' } as const;
    const charges = moneyOf(options, 'charges', 'total_amt', ({ status_cd: status, ...row }) => {
      return status === 'O' && row['deleted'] === 'N' && row['fin_cls'] !== 'SLF';
    });
    const payments = moneyOf(options, 'payments', 'pay_amt', (row) => {
      return row['status_cd'] === 'P' && row['deleted'] === 'N' && row['payer_id'] !== '';
    });
    const files = feedsOf('a', 'none');
    const claimed = summed(files, '.837', 'CLM', 2);
    assert.ok(charges > 100_000n);
    assert.deepEqual(
      [claimed, summed(files, '.837', 'SV1', 2) + summed(files, '.837', 'SV2', 3)],
      [charges, charges],
    );
    assert.deepEqual(
      [summed(files, '.835', 'CLP', 4), summed(files, '.835', 'BPR', 2)],
      [payments, payments],
    );
  });
});

/** Money of a column of the tables, in cents, added up by hand. */
function moneyOf(
  options: WorldOptions,
  name: string,
  column: string,
  wanted: (row: Record<string, string>) => boolean,
): bigint {
  const table = tablesOf('all').find((each) => each.name === name);
  let sum = 0n;
  for (const { values } of table?.rows(createWorld(options)) ?? []) {
    const row = Object.fromEntries(
      (table?.columns ?? []).map(({ name: key }, at) => [key, values[at] ?? '']),
    );
    if (wanted(row)) sum += cents(row[column] ?? '');
  }
  return sum;
}

/** Money of an element of all segments of a name, read by splitting the text and no more. */
function summed(files: readonly FeedFile[], ending: string, name: string, element: number): bigint {
  let sum = 0n;
  for (const { path, bytes } of files) {
    if (!path.endsWith(ending)) continue;
    for (const segment of bytes.toString('latin1').split(/~\s*/)) {
      const elements = segment.split('*');
      if (elements[0] === name) sum += cents(elements[element] ?? '');
    }
  }
  return sum;
}

function cents(amount: string): bigint {
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(amount) ?? [];
  assert.ok(whole !== undefined, amount);
  const value = BigInt(whole + fraction.padEnd(2, '0'));
  return sign === '-' ? -value : value;
}

describe('feeds of the sample: HL7 v2', () => {
  for (const seed of ['a', 'b']) {
    it(`converts each message to what its truth says, defects told (seed ${seed})`, async () => {
      const files = feedsOf(seed, 'planted').filter(({ path }) => path.startsWith('hl7v2/'));
      const types = counted(files.flatMap(({ truths }) => truths));
      let messages = 0;
      for (const file of files) {
        const documents = await converted(file);
        assert.equal(documents.length, file.truths.length, file.path);
        for (const [at, truth] of file.truths.entries()) {
          const document = documents[at] as ConvertedDocument;
          const { outcome, makes = {}, reason } = truth;
          const place = `${truth.file} ${truth.key} ${truth.kind}`;
          assert.equal(codeOf(document.refused), outcome === 'refused' ? reason : undefined, place);
          assert.deepEqual(made(document, types), makes, place);
          const told = new Set(document.issues.map(({ code }) => code));
          const issue = outcome === 'refused' ? undefined : reason;
          assert.deepEqual([...told], issue === undefined ? [] : [issue], place);
          messages++;
        }
      }
      assert.ok(messages > 3_000);
    });
  }

  it('shows every class of planted defect in 300 patients, and none in a clean hospital', () => {
    for (const seed of ['a', 'b', 'c']) {
      const truths = feedsOf(seed, 'planted').flatMap(({ truths: told }) => told);
      const classes = new Set(truths.flatMap(({ defect }) => defect ?? []));
      assert.deepEqual([...classes].toSorted(), plantedClasses);
    }
    const clean = feedsOf('a', 'none').flatMap(({ truths }) => truths);
    assert.ok(clean.every(({ defect, reason }) => defect === undefined && reason === undefined));
  });

  it('sends every kind of message, some twice, some late, and each number once otherwise', () => {
    const files = feedsOf('a', 'none').filter(({ path }) => path.startsWith('hl7v2/'));
    const truths = files.flatMap(({ truths: told }) => told);
    const kinds = new Set(truths.map(({ kind }) => kind));
    for (const kind of kindsOfMessage) assert.ok(kinds.has(kind), kind);
    const first = truths.filter(({ outcome }) => outcome === 'arrives').map(({ key }) => key);
    assert.equal(new Set(first).size, first.length);
    const repeated = truths.filter(({ outcome }) => outcome === 'repeated').length;
    assert.ok(repeated > truths.length * 0.005 && repeated < truths.length * 0.04);
  });
});

const kindsOfMessage = (
  'ADT^A01 ADT^A03 ADT^A04 ADT^A08 ADT^A31 ADT^A40 ORU^R01 SIU^S12 SIU^S15 SIU^S26 VXU^V04 MDM^T02 ' +
  'RDE^O01 DFT^P03'
).split(' ');

const plantedClasses = [
  'chart-cut-off',
  'chart-without-patient',
  'claims-malformed',
  'member-without-name',
  'message-birth-date-unreadable',
  'message-charset-broken',
  'message-delimiters-unusable',
  'message-dose-unreadable',
  'message-shot-date-unreadable',
  'message-status-unknown',
  'message-torn',
  'message-without-patient',
  'remittance-unbalanced',
];

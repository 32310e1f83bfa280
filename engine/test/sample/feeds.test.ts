import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sha256Hex } from '../../src/base/digest.ts';
import { convertReaders } from '../../src/cli/convert/readers.ts';
import type { ConvertedDocument } from '../../src/cli/convert/reader.ts';
import { timeZone } from '../../src/formats/zones.ts';
import { feedFiles } from '../../src/sample/feeds/feedWriter.ts';
import type { FeedFile, FeedTruth } from '../../src/sample/feeds/feed.ts';
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
    const truths = feedsOf('a', 'none').flatMap(({ truths: told }) => told);
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
  'message-birth-date-unreadable',
  'message-charset-broken',
  'message-delimiters-unusable',
  'message-dose-unreadable',
  'message-shot-date-unreadable',
  'message-status-unknown',
  'message-torn',
  'message-without-patient',
];

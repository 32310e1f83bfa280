import { hmacSha256Hex } from '../../base/digest.ts';
import { interchange, transaction } from '../../formats/x12/testing.ts';
import { keySeparator } from '../../model/record.ts';
import { sourceConformance, type ConformanceTable } from '../conformance/source.ts';
import { ccdaFeed } from './ccdaFeed.ts';
import type { FeedFormat } from './feedFormat.ts';
import { FeedSource } from './feedSource.ts';
import { digestOf, hl7v2Feed } from './hl7v2Feed.ts';
import { testFeed, type TestFeed } from './testFeed.ts';
import { x12Feed } from './x12Feed.ts';

const digest = hmacSha256Hex(Buffer.from('key'));

/** Records of one stream: the values of their keys but for the digest, and their text. */
function recordsOf(
  format: FeedFormat,
  name: string,
  count: number,
  record: (at: number) => { key: string[]; text: string },
): ConformanceTable {
  const named = format.key.map((column) => column.name);
  const rows = Array.from({ length: count }, (_, at) => {
    const { key, text } = record(at);
    return [...key, digestOf(Buffer.from(text)), text];
  });
  return { name, columns: [...named, 'content'], key: named, rows };
}

/** Messages of one type, each in its own way. */
function messages(type: string, count: number): ConformanceTable {
  return recordsOf(hl7v2Feed, type, count, (at) => {
    const time = `2024010508${String(at % 60).padStart(2, '0')}`;
    const note = `NTE|1||${'x'.repeat(at % 97)}${'é\t\\T\\'.repeat(at % 3)}`;
    const text = `MSH|^~\\&|REG|RIVER|||${time}||${type}^X01|C${at}|P|2.5\r${note}\r`;
    return { key: ['REG', 'RIVER', `C${at}`, time], text };
  });
}

function documents(name: string, code: string, count: number): ConformanceTable {
  return recordsOf(ccdaFeed, name, count, (at) => ({
    key: ['2.999.1', `${name}-${at}`],
    text: `<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="2.999.1" extension="${name}-${at}"/>
<code code="${code}"/><title>${'é\t\\'.repeat(at % 3)}</title></ClinicalDocument>`,
  }));
}

/** Each in an interchange of its own, whose trailers are no part of it. */
function transactions(name: string, guide: string, count: number): ConformanceTable {
  return recordsOf(x12Feed, name, count, (at) => {
    const control = String(at + 1).padStart(4, '0');
    const body = [`BHT*0019*00*${'X'.repeat(1 + (at % 29))}*20260103*1015*CH`];
    const [text = ''] = interchange(guide, transaction(guide, body, control)).split('GE*');
    return { key: ['SENDER', '000000001', '1', control], text };
  });
}

function feedConformance(
  kind: string,
  format: FeedFormat,
  tables: ConformanceTable[],
  write: (feed: TestFeed, texts: string[][]) => Promise<void>,
): void {
  const folders: TestFeed[] = [];
  sourceConformance(kind, {
    capabilities: { snapshot: true, slices: true, counts: true, follow: false, deletions: false },
    records: {
      tables,
      row: ({ keys, bytes, offsets }, ordinal) => [
        ...(keys[ordinal] as string).split(keySeparator),
        bytes.toString('utf8', offsets[ordinal], offsets[ordinal + 1]),
      ],
    },
    async create(all) {
      const feed = await testFeed();
      folders.push(feed);
      await write(
        feed,
        all.map(({ rows }) => rows.map((row) => row.at(-1) as string)),
      );
      return new FeedSource(feed.folder, format, digest);
    },
    async dispose() {
      for (const feed of folders) await feed.dispose();
    },
  });
}

/** Files of up to sixty messages of a type, types mixed, some in batches. */
feedConformance(
  'hl7v2',
  hl7v2Feed,
  [messages('ADT', 3_000), messages('ORU', 3), messages('SIU', 400)],
  async (feed, rest) => {
    for (let file = 0; rest.some(({ length }) => length > 0); file++) {
      const taken = rest.flatMap((left) => left.splice(0, (file % 7) * 9 + 1));
      const batch = ['BHS|^~\\&|REG\r', ...taken, `BTS|${taken.length}\r`];
      await feed.write(`${file % 5}/${file}.hl7`, (file % 2 === 0 ? taken : batch).join(''));
    }
  },
);

feedConformance(
  'ccda',
  ccdaFeed,
  [documents('CCD', '34133-9', 300), documents('Referral', '57133-1', 3)],
  async (feed, texts) => {
    for (const [kind, all] of texts.entries()) {
      for (const [at, text] of all.entries()) await feed.write(`${at % 7}/${kind}-${at}.xml`, text);
    }
  },
);

/** Interchanges one behind the other, sets mixed; what stands behind a transaction is its trailers. */
feedConformance(
  'x12',
  x12Feed,
  [
    transactions('837P', '837 005010X222A1', 2_100),
    transactions('835', '835 005010X221A1', 3),
    transactions('834', '834 005010X220A1', 150),
  ],
  async (feed, rest) => {
    const trailers = 'GE*1*1~IEA*1*000000001~\n';
    for (let file = 0; rest.some(({ length }) => length > 0); file++) {
      const taken = rest.flatMap((left) => left.splice(0, (file % 7) * 9 + 1));
      const text = taken.map((each) => `${each}${trailers}`).join('');
      await feed.write(`${file % 5}/${file}.x12`, text);
    }
  },
);

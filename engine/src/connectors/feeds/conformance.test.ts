import { hmacSha256Hex } from '../../base/digest.ts';
import { keySeparator } from '../../model/record.ts';
import { sourceConformance, type ConformanceTable } from '../conformance/source.ts';
import { FeedSource } from './feedSource.ts';
import { digestOf, hl7v2Feed } from './hl7v2Feed.ts';
import { testFeed, type TestFeed } from './testFeed.ts';

const digest = hmacSha256Hex(Buffer.from('key'));
const folders: TestFeed[] = [];

/** Messages of one type: those that `more` says, each in its own way. */
function messages(type: string, count: number): ConformanceTable {
  return {
    name: type,
    columns: [...hl7v2Feed.key.map(({ name }) => name), 'content'],
    key: hl7v2Feed.key.map(({ name }) => name),
    rows: Array.from({ length: count }, (_, at) => {
      const time = `2024010508${String(at % 60).padStart(2, '0')}`;
      const note = `NTE|1||${'x'.repeat(at % 97)}${'é\t\\T\\'.repeat(at % 3)}`;
      const text = `MSH|^~\\&|REG|RIVER|||${time}||${type}^X01|C${at}|P|2.5\r${note}\r`;
      return ['REG', 'RIVER', `C${at}`, time, digestOf(Buffer.from(text)), text];
    }),
  };
}

sourceConformance('hl7v2', {
  capabilities: { snapshot: true, slices: true, counts: true, follow: false, deletions: false },
  records: {
    tables: [messages('ADT', 3_000), messages('ORU', 3), messages('SIU', 400)],
    row: ({ keys, bytes, offsets }, ordinal) => [
      ...(keys[ordinal] as string).split(keySeparator),
      bytes.toString('utf8', offsets[ordinal], offsets[ordinal + 1]),
    ],
  },
  /** Files of up to sixty messages of a type, types mixed, some in batches. */
  async create(tables) {
    const feed = await testFeed();
    folders.push(feed);
    const rest = tables.map(({ rows }) => rows.map((row) => row.at(-1) as string));
    for (let file = 0; rest.some(({ length }) => length > 0); file++) {
      const taken = rest.flatMap((left) => left.splice(0, (file % 7) * 9 + 1));
      const parts = file % 2 === 0 ? taken : ['BHS|^~\\&|REG\r', ...taken, `BTS|${taken.length}\r`];
      await feed.write(`${file % 5}/${file}.hl7`, parts.join(''));
    }
    return new FeedSource(feed.folder, hl7v2Feed, digest);
  },
  async dispose() {
    for (const feed of folders) await feed.dispose();
  },
});

import { systemClock } from '../../base/clock.ts';
import { silentLog } from '../../base/log.ts';
import { systemRandom } from '../../base/random.ts';
import { temporaryProjectKey } from '../../keys/projectKey.ts';
import { keySeparator } from '../../model/record.ts';
import { openDatabase } from '../../store/database.ts';
import { migrate } from '../../store/migrate.ts';
import { testCluster } from '../../store/testing.ts';
import { sourceConformance, type ConformanceTable } from '../conformance/source.ts';
import { digestOf, hl7v2Feed } from '../feeds/hl7v2Feed.ts';
import { anonymous, Inbox } from './inbox.ts';
import { InboxSource } from './inboxSource.ts';

const key = temporaryProjectKey(systemRandom);
const undo: (() => Promise<unknown>)[] = [];

function messages(type: string, count: number): ConformanceTable {
  const named = hl7v2Feed.key.map(({ name }) => name);
  const rows = Array.from({ length: count }, (_, at) => {
    const time = `2024010508${String(at % 60).padStart(2, '0')}`;
    const note = `NTE|1||${'x'.repeat(at % 97)}${'é\t\\T\\'.repeat(at % 3)}`;
    const text = `MSH|^~\\&|REG|RIVER|||${time}||${type}^X01|C${at}|P|2.5\r${note}\r`;
    return ['REG', 'RIVER', `C${at}`, time, digestOf(Buffer.from(text)), text];
  });
  return { name: type, columns: [...named, 'content'], key: named, rows };
}

/** Arrivals are numbered and never change: what comes later is behind the snapshot. */
sourceConformance('mllp', {
  capabilities: { snapshot: true, slices: true, counts: true, follow: false, deletions: false },
  records: {
    tables: [messages('ADT', 2_600), messages('ORU', 3), messages('SIU', 300)],
    row: ({ keys, bytes, offsets }, ordinal) => [
      ...(keys[ordinal] as string).split(keySeparator),
      bytes.toString('utf8', offsets[ordinal], offsets[ordinal + 1]),
    ],
  },
  async create(tables) {
    const cluster = await testCluster();
    const fresh = await cluster.freshDatabase();
    undo.push(() => fresh.drop());
    const database = openDatabase(fresh.spec, { log: silentLog });
    undo.push(() => database.close());
    await migrate({
      database,
      folder: new URL('../../store/migrations/control/', import.meta.url),
    });
    const services = { clock: systemClock, random: systemRandom, log: silentLog };
    const inbox = new Inbox('feed', { ...services, database, key });
    await inbox.open();
    const arrivals = tables.flatMap(({ name, rows }) =>
      rows.map((row) => ({ stream: name, bytes: Buffer.from(row.at(-1) as string) })),
    );
    const mixed = arrivals.toSorted((a, b) => a.bytes.length - b.bytes.length);
    const kept = mixed.map(
      (each) =>
        new Promise<unknown>((settled, failed) => {
          const refused = (): void => failed(new Error('the inbox keeps nothing'));
          inbox.keep({ ...each, identity: anonymous, settled, failed: refused });
        }),
    );
    await Promise.all(kept);
    await inbox.close(10_000);
    return new InboxSource('feed', key, () => openDatabase(fresh.spec, { log: silentLog }));
  },
  async dispose() {
    for (const step of undo.splice(0).toReversed()) await step();
  },
});

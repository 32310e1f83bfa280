import { Client } from 'pg';
import { systemClock } from '../base/clock.ts';
import { silentLog } from '../base/log.ts';
import { systemRandom } from '../base/random.ts';
import { durableConformance } from './conformance.ts';
import type { Bench } from './conformance.ts';
import { dbosEngine } from './dbos.ts';
import { freshControl } from './testing.ts';

durableConformance('DBOS on PostgreSQL', async (): Promise<Bench> => {
  const database = await freshControl();
  return {
    engine: () =>
      dbosEngine({
        url: database.url,
        name: 'conformance',
        clock: systemClock,
        random: systemRandom,
        log: silentLog,
        pollMs: 20,
        beatMs: 100,
      }),
    dump: () => dumpDatabase(database.url),
    close: database.drop,
  };
});

async function dumpDatabase(url: string): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname in ('dbos', 'handover')`,
    );
    const tables: unknown[] = [];
    for (const { name } of rows) tables.push((await client.query(`select * from ${name}`)).rows);
    return JSON.stringify(tables);
  } finally {
    await client.end();
  }
}

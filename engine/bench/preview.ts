import { silentLog } from '../src/base/log.ts';
import { systemRandom } from '../src/base/random.ts';
import { postgresConfiguration } from '../src/connectors/postgres/configuration.ts';
import { PostgresSource } from '../src/connectors/postgres/postgresSource.ts';
import { temporaryProjectKey } from '../src/keys/projectKey.ts';
import { stableId } from '../src/keys/stableId.ts';
import { compileMapping } from '../src/mapping/compile.ts';
import { previewMapping, type PreviewRequest } from '../src/run/preview.ts';
import { withClient } from '../src/store/provision.ts';
import { testCluster } from '../src/store/testing.ts';
import { benchResult, rounded, type BenchResult } from './result.ts';

const text = `stream: clinic.person
key: person_id
resources:
  Patient:
    name: [{ family: last_nm }]
`;

/** How long a preview takes on a big table, the source opened anew each time, beside a second. */
export async function benchPreview(rows: number): Promise<BenchResult> {
  const cluster = await testCluster();
  const database = await cluster.freshDatabase();
  try {
    await withClient(database.spec, async (client) => {
      await client.query(`create unlogged table person as
        select g as person_id, 'N' || g as last_nm, g % ${Math.ceil(rows / 10)} as household, 'x' as note
          from generate_series(1, ${rows}) g`);
      await client.query('alter table person add primary key (person_id)');
      await client.query('create index on person (household)');
      await client.query('analyze person');
    });
    const middle = String(Math.floor(rows / 2));
    const byKey = await seconds(database.spec.url, { columns: ['person_id'], key: middle });
    const byIndex = await seconds(database.spec.url, { columns: ['household'], key: '7' });
    const first = await seconds(database.spec.url, undefined);
    return benchResult({
      bench: 'preview',
      compared: 'the slowest preview, beside a second',
      ratio: rounded(Math.max(byKey, byIndex, first)),
      goal: { most: 1 },
      figures: {
        rows,
        's, by key': rounded(byKey),
        's, by an indexed column': rounded(byIndex),
        's, the first twenty': rounded(first),
      },
    });
  } finally {
    await database.drop();
  }
}

/** From opening the source to the drafts. */
async function seconds(url: string, where: PreviewRequest['where']): Promise<number> {
  const began = performance.now();
  const parsed = postgresConfiguration.parse({ url });
  if (!('value' in parsed)) throw new RangeError('the bench configures its source wrongly');
  const source = new PostgresSource(parsed.value, silentLog);
  const { signal } = new AbortController();
  await source.open(signal);
  try {
    const described = await source.describe();
    const streams = described.map((one) => ({
      ...one,
      name: `clinic.${one.name}`,
      source: 'clinic',
    }));
    const key = temporaryProjectKey(systemRandom);
    const { mappings } = compileMapping([{ path: 'person.yaml', text }], {
      streams,
      codeMaps: new Map(),
      identify: (name, sourceKey) => key.tag(name, sourceKey),
      stableId,
    });
    const [stream] = streams;
    const mapping = mappings.get('clinic.person');
    if (stream === undefined || mapping === undefined) throw new RangeError('nothing to preview');
    const request = { stream, limit: 20, ...(where && { where }) };
    const sources = new Map([['clinic', source]]);
    const items = await previewMapping(sources, streams, mapping, request, signal);
    if (items.length === 0) throw new RangeError('the preview found nothing');
    return (performance.now() - began) / 1000;
  } finally {
    await source.close();
  }
}

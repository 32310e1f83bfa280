/** Messages that tell of things together are mapped once: what was made then is what is drafted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { uuid7 } from '../../src/base/id.ts';
import { systemRandom } from '../../src/base/random.ts';
import { bindPlan } from '../../src/cli/composition.ts';
import { enterMapped } from '../../src/ledger/mappedParcels.ts';
import { streamProgress } from '../../src/ledger/progress.ts';
import { streamsOf, unreadOf } from '../../src/ledger/streams.ts';
import type { BatchKey } from '../../src/ledger/workUnit.ts';
import type { CompiledMapping, PackedMappedBatch } from '../../src/mapping/mapper.ts';
import { keepMapped, readMapped } from '../../src/run/mappedBatches.ts';
import { createParcels } from '../../src/run/parcels.ts';
import { prepareMappings } from '../../src/run/phases/map.ts';
import { readProject } from '../../src/run/plan/read.ts';
import { compileStreams } from '../../src/run/plan/streams.ts';
import { readStaged } from '../../src/run/related.ts';
import { feedProject } from './feedProject.ts';
import { owned } from './owned.ts';
import { openWorkbench } from './workbench.ts';

function admission(control: string, time: string, born: string): string {
  return [
    `MSH|^~\\&|REG|RIVER|CHART|RIVER|${time}||ADT^A01|${control}|P|2.5.1`,
    `EVN|A01|${time}`,
    `PID|1||10${control}^^^RIVER^MR||NUNEZ^ANA||${born}|F`,
    'PV1|1|I|W1^101^1^RIVER|||||||||||||||||V77^^^RIVER^VN',
    'AL1|1|DA|7980^Penicillin^RXNORM|SV|Hives',
    'ZPI|1|own\r',
  ].join('\r');
}

/** Everything of a batch that drafts are made of. */
function contentOf({ drafts, bodies, outcomes, issues, unread, told }: PackedMappedBatch): object {
  return {
    drafts: drafts.map(({ type, id, from, references, body }) => [
      type,
      id,
      from,
      references,
      body,
    ]),
    bodies: bodies.bytes.toString('utf8'),
    offsets: [...bodies.offsets],
    outcomes,
    issues,
    unread,
    own: told?.own,
  };
}

test('R26 what a message became when it told is drafted, byte for byte, and kept no longer', async (context) => {
  const project = owned(context, await feedProject('hl7v2', ['ADT', 'unreadable']));
  const bench = owned(context, await openWorkbench(project.opened, { records: 2 }));
  await project.deliver({
    '1.hl7': admission('1', '20240105080000', '19741203') + admission('2', '20240106080000', ''),
    '2.hl7': `${admission('3', '20240107080000', 'long ago')}${admission('4', '20240108080000', '1980')}`,
    '3.hl7': admission('1', '20240109080000', '19741204'),
  });
  const { run } = await bench.run('assess');
  await bench.resume(run, 'extract');
  const { opened } = project;
  const { value } = await readProject(opened.folder);
  assert.ok(value);
  const streams = await streamsOf(bench.database, run);
  const { mappings } = compileStreams(bindPlan(opened, value), streams, opened.key);
  const own = { clock: systemClock, random: systemRandom, key: opened.key };
  const parcels = createParcels({ ...own, queries: bench.database, blobs: opened.blobs });
  const services = { ...own, database: bench.database, parcels, mappings };
  await prepareMappings(services, run, { keep: true });

  const progress = await streamProgress(bench.database, run);
  assert.deepEqual(
    progress.map(({ phase, stream, done, total }) => [phase, stream, done, total]),
    [['gather', 'feed.ADT', 5, 5]],
  );
  const keptBatches = async (): Promise<BatchKey[]> => {
    const { rows } = await bench.database.query<Pick<BatchKey, 'stream' | 'slice' | 'number'>>(
      `select stream, slice, number from handover.parcel where run = $1 and role = 'mapped'
        order by number`,
      [run],
    );
    return rows.map((row) => ({ run, phase: 'extract', target: '', ...row }));
  };
  const kept = await keptBatches();
  assert.equal(kept.length, 3);
  for (const key of kept) {
    const mapping = mappings.get(key.stream) as CompiledMapping;
    const records = await readStaged(parcels, key);
    assert.ok(records);
    const made = mapping.map(records);
    const read = await readMapped(parcels, key, mapping);
    assert.ok(read);
    assert.deepEqual(contentOf(read), contentOf(made));
    assert.equal(await readMapped(parcels, key, { ...mapping, digest: 'another' }), undefined);
    // A mark, by which it is seen again that nothing was mapped a second time.
    const marked = { ...made, unread: new Map([...made.unread, ['ZZZ-9', 1]]) };
    const attempt = uuid7(systemClock, systemRandom);
    const parcel = await keepMapped(parcels, key, attempt, mapping, marked);
    assert.ok(parcel);
    await bench.database.transaction((transaction) => enterMapped(transaction, key, parcel));
  }

  const { state, code } = await bench.resume(run);
  assert.equal(state, 'finished', code ?? String(bench.errors[0]));
  assert.deepEqual(await keptBatches(), []);
  const unread = await unreadOf(bench.database, run);
  assert.equal(unread.find(({ path }) => path === 'ZZZ-9')?.populated, 3);
});

import { createCipheriv } from 'node:crypto';
import { constants, zstdCompressSync } from 'node:zlib';
import { systemClock } from '../src/base/clock.ts';
import { systemRandom } from '../src/base/random.ts';
import { bindPlan, openControl } from '../src/cli/composition.ts';
import { openProject, type Project } from '../src/cli/project.ts';
import { stableId } from '../src/keys/stableId.ts';
import { batchCount } from '../src/ledger/pages.ts';
import { parcelOf } from '../src/ledger/batches.ts';
import { slicesOf } from '../src/ledger/slices.ts';
import { streamsOf, type RunStream } from '../src/ledger/streams.ts';
import type { CompiledMapping } from '../src/mapping/mapper.ts';
import type { RecordBatch } from '../src/model/record.ts';
import { chooseRun } from '../src/run/begin.ts';
import { packDrafts } from '../src/run/drafts.ts';
import { splitHeader } from '../src/run/packed.ts';
import { draftEntries, toDrafts } from '../src/run/phases/map.ts';
import type { RecordsHeader } from '../src/run/phases/recordEntries.ts';
import { compileStreams } from '../src/run/plan/streams.ts';
import { readRevision } from '../src/run/revision.ts';
import { MemoryStore } from '../src/staging/memoryStore.ts';
import { itemsOf } from '../src/staging/packedItems.ts';
import { openParcel, sealParcel, type ParcelManifest } from '../src/staging/parcel.ts';
import type { Database } from '../src/store/database.ts';
import { stageClinic } from './clinic.ts';
import { handMappings, type HandMapping } from './mapFloor.ts';
import { benchResult, rounded, type BenchResult } from './result.ts';

/** A records parcel as the blob store gives it, and what opens it. */
interface Sealed {
  stream: string;
  bytes: Buffer;
  dataKey: Buffer;
  manifest: ParcelManifest;
}

/** What both sides work with. */
interface Bench {
  project: Project;
  parcels: Sealed[];
  mappings: ReadonlyMap<string, CompiledMapping>;
  hand: ReadonlyMap<string, HandMapping>;
}

const rounds = 9;

/**
 * Rows to sealed drafts, one thread each side, on the four large tables of the sample. In: open the
 * records parcel, map, ids, references, the entries with their keyed digests, pack, compress, seal,
 * put. Out, on both sides: disk and ledger. The floor opens the same parcel, runs a mapping written
 * by hand, `JSON.stringify`, zstd level 1 and AES-256-GCM, and computes the same ids; it keeps no
 * account of anything.
 */
export async function benchMap(rows: number): Promise<BenchResult> {
  const clinic = await stageClinic(rows, 'none');
  try {
    await clinic.handover('run', '--only', 'assess');
    await clinic.handover('resume', '--only', 'extract');
    const project = await openProject(clinic.project, clinic.environment, 'error');
    const bench = await prepare(project);
    const differing = countDifferent(bench);
    const { own, floor } = await alternate(bench);
    await project.close();
    const records = bench.parcels.reduce((sum, { manifest }) => sum + manifest.items - 1, 0);
    return benchResult({
      bench: 'map',
      compared: 'rows to sealed drafts, against a hand-written floor on the same thread',
      ratio: rounded(floor / own),
      goal: { least: 0.5 },
      figures: {
        records,
        'records/s': Math.round(records / own),
        'floor records/s': Math.round(records / floor),
        'resources that differ from the floor': differing,
      },
    });
  } finally {
    await clinic.close();
  }
}

async function prepare(project: Project): Promise<Bench> {
  const database = openControl(project);
  try {
    const run = await chooseRun(database, undefined);
    const streams = await streamsOf(database, run.id);
    const plan = bindPlan(project, await readRevision(database, project.key, run.revision));
    const { mappings } = compileStreams(plan, streams, project.key);
    const hand = handMappings(project.key, (name) => columnsOf(streams, name));
    const parcels = await readParcels(project, database, run.id);
    return { project, mappings, hand, parcels: parcels.filter(({ stream }) => hand.has(stream)) };
  } finally {
    await database.close();
  }
}

function columnsOf(streams: readonly RunStream[], name: string): string[] {
  const stream = streams.find((one) => one.name === name);
  return (stream?.columns ?? []).map((column) => column.name);
}

async function readParcels(project: Project, database: Database, run: string): Promise<Sealed[]> {
  const parcels: Sealed[] = [];
  for (const { key } of await slicesOf(database, run, 'extract')) {
    for (let number = 0; number < (await batchCount(database, key)); number++) {
      const row = await parcelOf(database, { ...key, number }, 'records');
      const bytes = row && (await project.blobs.get(row.name));
      if (row === undefined || bytes === undefined) continue;
      const dataKey = project.key.unwrapDataKey(row.wrappedKey, row.name);
      const manifest = row.manifest as Omit<ParcelManifest, 'digest'> & { digest: string };
      const digest = Buffer.from(manifest.digest, 'hex');
      parcels.push({ stream: key.stream, bytes, dataKey, manifest: { ...manifest, digest } });
    }
  }
  return parcels;
}

function openRecords({ stream, bytes, dataKey, manifest }: Sealed): RecordBatch {
  const { header, items } = splitHeader<RecordsHeader>(openParcel(bytes, dataKey, manifest));
  return { stream, ...header, ...items, cursor: '' };
}

/**
 * Seconds of each side in its best round: they take turns, and what else the machine does can only
 * make a round longer.
 */
async function alternate(bench: Bench): Promise<{ own: number; floor: number }> {
  const own: number[] = [];
  const floor: number[] = [];
  for (let round = 0; round < rounds; round++) {
    own.push(await timed(() => mapAll(bench)));
    floor.push(await timed(() => mapByHand(bench)));
  }
  return { own: Math.min(...own), floor: Math.min(...floor) };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

async function mapAll({ project, parcels, mappings }: Bench): Promise<void> {
  const store = new MemoryStore(systemClock);
  const services = { key: project.key, random: systemRandom, route: () => undefined };
  for (const [at, parcel] of parcels.entries()) {
    const mapping = mappings.get(parcel.stream) as CompiledMapping;
    const drafts = toDrafts(services, mapping.map(openRecords(parcel)));
    const { bytes } = sealParcel(packDrafts(drafts), systemRandom);
    await store.put(`drafts/${at}`, bytes);
    draftEntries(services, drafts, mapping.digest);
  }
}

const fastest = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

async function mapByHand(bench: Bench): Promise<void> {
  const store = new MemoryStore(systemClock);
  for (const [at, parcel] of bench.parcels.entries()) {
    const packed = zstdCompressSync(handBodies(bench, parcel), fastest);
    const cipher = createCipheriv('aes-256-gcm', systemRandom.bytes(32), systemRandom.bytes(12));
    const sealed = [cipher.update(packed), cipher.final(), cipher.getAuthTag()];
    await store.put(`drafts/${at}`, Buffer.concat(sealed));
  }
}

/** The resources of a parcel as lines. */
function handBodies({ project, hand }: Bench, parcel: Sealed): string {
  const { bytes, offsets, keys, stream } = openRecords(parcel);
  const { name, resource } = hand.get(stream) as HandMapping;
  let text = '';
  for (let at = 0; at < keys.length; at++) {
    const row = bytes.toString('utf8', offsets[at], offsets[at + 1]).split('\t');
    const id = stableId(project.key.tag(stream, keys[at] as string), name);
    const made = resource(row.map(fieldOf), id);
    if (made !== undefined) text += `${JSON.stringify(made)}\n`;
  }
  return text;
}

function fieldOf(field: string): string | undefined {
  if (field === '' || field === '\\N') return undefined;
  return field.includes('\\') ? field.replace(/\\(.)/g, unescaped) : field;
}

function unescaped(_: string, letter: string): string {
  return { t: '\t', n: '\n', r: '\r', b: '\b', f: '\f', v: '\v' }[letter] ?? letter;
}

/** The floor must do the same work: how many resources of the two sides are not the same bytes. */
function countDifferent(bench: Bench): number {
  let differing = 0;
  for (const parcel of bench.parcels) {
    const mapping = bench.mappings.get(parcel.stream) as CompiledMapping;
    const own = new Set([...itemsOf(mapping.map(openRecords(parcel)).bodies)].map(String));
    const lines = handBodies(bench, parcel).split('\n').slice(0, -1);
    differing += Math.abs(lines.length - own.size);
    differing += lines.filter((line) => !own.has(line)).length;
  }
  return differing;
}

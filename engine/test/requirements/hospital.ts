import { join } from 'node:path';
import { silentLog } from '../../src/base/log.ts';
import { writeSample, type SampleRequest } from '../../src/sample/sample.ts';
import { feedFiles, writeFeeds } from '../../src/sample/feeds/feedWriter.ts';
import { writeShare } from '../../src/sample/shareWriter.ts';
import { createWorld } from '../../src/sample/world.ts';
import type { ConnectionSpec } from '../../src/store/connection.ts';
import { withClient } from '../../src/store/provision.ts';
import { temporaryFolder, testCluster, type FreshDatabase } from '../../src/store/testing.ts';

/** Which invented hospital a test reads from. */
export interface HospitalWish {
  /** 60 unless told otherwise. */
  patients?: number;
  /** `none` unless told otherwise. */
  defects?: 'planted' | 'none';
  seed?: string;
  /** `core`, the first five, unless told otherwise. */
  tables?: 'all' | 'core';
  /** Whether the project reads the feeds of the hospital too: only of a whole one. */
  feeds?: boolean;
  /** Statements on schema `legacy`: then the hospital is a copy of the test's own. */
  change?: readonly string[];
}

/** Each sample is written once a process and copied from then on. */
const written = new Map<string, Promise<FreshDatabase>>();
/** Copies that nobody changes, shared by all projects that only read. */
const shared = new Map<string, Promise<FreshDatabase>>();

/** A hospital to read from; one that no test changes is shared. */
export async function hospital(wish: HospitalWish = {}): Promise<FreshDatabase> {
  const { patients = 60, defects = 'none', seed = 'requirements', tables = 'core' } = wish;
  const { change } = wish;
  const sample = { patients, defects, seed, tables };
  const name = JSON.stringify(sample);
  if (change === undefined) return memoised(shared, name, () => copyOf(sample));
  const own = await copyOf(sample);
  await changeHospital(own.spec, change);
  return own;
}

const shares = new Map<string, Promise<string>>();

/** The document share of a hospital, for those that only read it. */
export function hospitalShare(wish: HospitalWish = {}): Promise<string> {
  const { patients = 60, defects = 'none', seed = 'requirements', tables = 'core' } = wish;
  const sample = { patients, defects, seed, tables };
  return memoised(shares, JSON.stringify(sample), async () => {
    const folder = join(await temporaryFolder(), 'share');
    await writeShare(folder, createWorld(sample));
    return folder;
  });
}

const feeds = new Map<string, Promise<string>>();

/** The feeds of a hospital, for those that only read them. */
export function hospitalFeeds(wish: HospitalWish = {}): Promise<string> {
  const { patients = 60, defects = 'none', seed = 'requirements' } = wish;
  const sample = { patients, defects, seed, tables: 'all' } as const;
  return memoised(feeds, JSON.stringify(sample), async () => {
    const folder = join(await temporaryFolder(), 'feeds');
    await writeFeeds(folder, feedFiles(createWorld(sample), defects), async () => undefined);
    return folder;
  });
}

/** Change a hospital that is the test's own. */
export async function changeHospital(
  spec: ConnectionSpec,
  statements: readonly string[],
): Promise<void> {
  await withClient(spec, async (client) => {
    await client.query('set search_path to legacy');
    for (const statement of statements) await client.query(statement);
  });
}

async function copyOf(sample: Omit<SampleRequest, 'out'>): Promise<FreshDatabase> {
  const template = await memoised(written, JSON.stringify(sample), async () => {
    const made = await (await testCluster()).freshDatabase();
    const out = { kind: 'postgres', url: made.spec.url } as const;
    await writeSample({ ...sample, out }, { log: silentLog });
    return made;
  });
  return (await testCluster()).freshDatabase(template.name);
}

function memoised<T>(
  known: Map<string, Promise<T>>,
  name: string,
  make: () => Promise<T>,
): Promise<T> {
  let made = known.get(name);
  if (made === undefined) {
    made = make();
    known.set(name, made);
  }
  return made;
}

import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { coreTables } from './hospital.ts';

/**
 * Leave of a copy of the project template what the first five tables need: a project small enough for
 * a first look, as `sample --tables core` is a hospital small enough for one.
 */
export async function keepCore(folder: string): Promise<void> {
  const core = new Set(coreTables.map(({ name }) => name));
  const mappings = join(folder, 'mappings/clinic');
  const used = new Set<string>();
  for (const file of await readdir(mappings)) {
    const path = join(mappings, file);
    if (!core.has(file.replace(/\.(yaml|test)$/, ''))) await rm(path, { recursive: true });
    else if (file.endsWith('.yaml')) {
      for (const name of mapsOf(await readFile(path, 'utf8'))) used.add(name);
    }
  }
  await withoutFeeds(folder);
  await rm(join(folder, 'mappings/share'), { recursive: true });
  await rm(join(folder, 'streams/share.yaml'));
  const codes = join(folder, 'codes');
  for (const file of await readdir(codes)) {
    if (!used.has(file.replace(/\.csv$/, ''))) await rm(join(codes, file));
  }
  const kept = (all: string, name: string): string => (core.has(name) ? all : '');
  const streams = join(folder, 'streams/clinic.yaml');
  await writeFile(streams, (await readFile(streams, 'utf8')).replaceAll(described, kept));
  const plan = join(folder, 'handover.yaml');
  const text = await readFile(plan, 'utf8');
  await writeFile(
    plan,
    text
      .replaceAll(dispositions, kept)
      .replace(scope, '')
      .replace(receivables, '')
      .replace(trialBalance, '')
      .replace(share, ''),
  );
}

/** Leave out of a copy of the project template what the feeds need: tables and share alone. */
export async function withoutFeeds(folder: string): Promise<void> {
  for (const name of feedSources) {
    await rm(join(folder, 'mappings', name), { recursive: true });
    await rm(join(folder, `streams/${name}.yaml`));
  }
  const plan = join(folder, 'handover.yaml');
  const text = await readFile(plan, 'utf8');
  const kept = (all: string, name: string): string => (feedSources.includes(name) ? '' : all);
  await writeFile(plan, text.replaceAll(decided, kept).replaceAll(feeds, '').replace(apart, ''));
}

/** Names of the code maps that a mapping reads. */
function mapsOf(mapping: string): string[] {
  return [...mapping.matchAll(/\.map\('([^']+)'/g)].map(([, name = '']) => name);
}

const dispositions = / {2}- stream: \w+\.(\w+)\n(?: {4}.*\n)+/g;

const described = /\n(\w+):\n(?: .*\n)+/g;

/** Nor are they of a domain with a scope of its own. */
const scope = /\n(?:# .*\n)*scope:\n(?: .*\n)+/;

/** The five tables hold no money. */
const receivables = /\n(?:# .*\n)*receivables:.*\n/;
const trialBalance = /\n(?:# .*\n)*trialBalance:\n(?: .*\n)+/;

const decided = / {2}- stream: (\w+)\.\w+\n(?: {4}.*\n)+/g;

/** Sources that read what the sample writes below its folder of feeds. */
const feedSources: readonly string[] = ['feeds', 'documents', 'billing'];
const feeds = / {2}(?:feeds|documents|billing):.*\n(?: {4}.*\n)+/g;

/** Nor is there an archive to be set apart. */
const apart = / {2}apart:.*\n(?: {4}.*\n)+/;

/** Nor any document. */
const share = / {2}share:.*\n(?: {4}.*\n)+/;

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject, parseJson, type JsonObject } from '../../src/base/json.ts';
import { Chart, text, values, type ChartEntry } from './chart.ts';

/** Every resource of the FHIR Bundles in a folder. @throws Error naming a file that is none. */
export async function readBundles(folder: string): Promise<Chart> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).toSorted();
  if (files.length === 0) throw new Error(`there is no FHIR bundle in ${folder}`);
  const entries: ChartEntry[] = [];
  for (const file of files) {
    const bundle = parseJson(await readFile(join(folder, file), 'utf8'));
    if (!isJsonObject(bundle) || bundle.resourceType !== 'Bundle') {
      throw new Error(`${file} is not a FHIR Bundle`);
    }
    for (const entry of values(bundle, 'entry')) entries.push(...entryOf(entry as JsonObject));
  }
  return new Chart(entries);
}

function entryOf({ fullUrl, resource }: JsonObject): ChartEntry[] {
  if (!isJsonObject(resource)) return [];
  return [{ resource, ...(fullUrl !== undefined && { fullUrl: text(fullUrl) }) }];
}

/** Every resource that the manifest of an NDJSON export names. */
export async function readExport(folder: string): Promise<Chart> {
  const manifest = parseJson(await readFile(join(folder, 'manifest.json'), 'utf8'));
  const entries: ChartEntry[] = [];
  for (const output of values(manifest, 'output')) {
    const lines = await readFile(join(folder, text((output as JsonObject).url)), 'utf8');
    for (const line of lines.split('\n')) {
      if (line !== '') entries.push({ resource: parseJson(line) as JsonObject });
    }
  }
  return new Chart(entries);
}

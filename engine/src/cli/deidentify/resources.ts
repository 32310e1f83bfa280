import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { canonicalJson, type JsonObject } from '../../base/json.ts';
import { deidentifyResource } from '../../privacy/deidentify/resource.ts';
import type { Rules } from '../../privacy/deidentify/rules.ts';
import { NewFile } from '../convert/newFile.ts';
import { resourcesOf } from '../view/resources.ts';

/** What became of the resources of a folder. */
export interface ResourceCounts {
  written: number;
  /** Of types that are nothing but text, pictures or traces of use. */
  withheld: number;
  /** What no resource could be read from. */
  unreadable: number;
  byType: Record<string, number>;
}

/**
 * Every resource of files under the rules, into one file of NDJSON for each type: a name of a file
 * that came in may be the name of a patient.
 */
export async function deidentifyResources(
  rules: Rules,
  files: readonly string[],
  out: string,
): Promise<ResourceCounts> {
  const counts: ResourceCounts = { written: 0, withheld: 0, unreadable: 0, byType: {} };
  const open = new Map<string, NewFile>();
  try {
    for (const { resource } of resourcesOf(files, '')) {
      if (resource === undefined) counts.unreadable++;
      else if (resource['resourceType'] !== 'Bundle') {
        await write(rules, resource as unknown as JsonObject, out, open, counts);
      }
    }
    for (const file of open.values()) await file.finish();
  } catch (error) {
    for (const file of open.values()) await file.abandon();
    throw error;
  }
  return counts;
}

async function write(
  rules: Rules,
  resource: JsonObject,
  out: string,
  open: Map<string, NewFile>,
  counts: ResourceCounts,
): Promise<void> {
  const under = deidentifyResource(rules, resource);
  if (under === undefined) {
    counts.withheld++;
    return;
  }
  const type = under['resourceType'] as string;
  const file = open.get(type) ?? (await NewFile.create(path.join(out, `${type}.ndjson`)));
  open.set(type, file);
  await file.write(`${canonicalJson(under)}\n`);
  counts.written++;
  counts.byType[type] = (counts.byType[type] ?? 0) + 1;
}

/** What the data is, beside it: nobody may take one kind for the other. */
export async function writeStatement(out: string, statement: object): Promise<void> {
  await writeFile(
    path.join(out, 'deidentification.json'),
    `${JSON.stringify(statement, null, 2)}\n`,
    {
      mode: 0o600,
    },
  );
}

import * as path from 'node:path';
import { readFileSync } from 'node:fs';
import { JsonSyntaxError } from '../../base/json.ts';
import { parseQuickly } from '../../base/quickJson.ts';
import type { FhirObject } from '../../fhirpath/value.ts';
import { linesOfFile, type Line } from './lines.ts';

/** A resource of a file, or why there is none. */
export interface FoundResource {
  file: string;
  /** Where it, or the bundle it is in, starts in its file, in bytes. */
  offset: number;
  resource?: FhirObject;
  refused?: string;
  /** The resource behind a `fullUrl` of the same bundle. */
  resolve?: (reference: string) => FhirObject | undefined;
}

/** Every resource of NDJSON files, and of JSON files that hold one; entries of bundles as well. */
export function* resourcesOf(files: readonly string[], folder: string): Generator<FoundResource> {
  for (const name of files) {
    const file = path.relative(folder, name);
    // What asks cannot wait, and nothing decompresses without waiting and without holding all of it.
    if (/\.gz$/i.test(name)) {
      yield { file, offset: 0, refused: 'fhir-compressed' };
      continue;
    }
    for (const line of name.endsWith('.json') ? jsonFile(name) : linesOfFile(name)) {
      yield* found(file, line);
    }
  }
}

/** A file of one value, or lines all the same: bulk exports name both `.json`. */
function* jsonFile(file: string): Generator<Line> {
  const lines = linesOfFile(file);
  const first = lines.next();
  if (first.done === true) return;
  if (first.value.text?.trimEnd().endsWith('}') === true && isWhole(first.value.text)) {
    yield first.value;
    yield* lines;
    return;
  }
  lines.return(undefined);
  yield { offset: 0, text: readFileSync(file, 'utf8').replace(/^\ufeff/, '') };
}

function isWhole(text: string): boolean {
  try {
    parseQuickly(text);
    return true;
  } catch {
    return false;
  }
}

function* found(file: string, { offset, text }: Line): Generator<FoundResource> {
  if (text === undefined) {
    yield { file, offset, refused: 'fhir-too-long' };
    return;
  }
  let json: unknown;
  try {
    json = parseQuickly(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    yield { file, offset, refused: 'fhir-unreadable' };
    return;
  }
  if (!isResource(json)) yield { file, offset, refused: 'fhir-no-resource' };
  else if (json['resourceType'] === 'Bundle') yield* entriesOf(json, file, offset);
  else yield { file, offset, resource: json };
}

function* entriesOf(bundle: FhirObject, file: string, offset: number): Generator<FoundResource> {
  yield { file, offset, resource: bundle };
  const { entry } = bundle;
  if (!Array.isArray(entry)) return;
  const byUrl = new Map<unknown, FhirObject>();
  for (const each of entry as (FhirObject | null)[]) {
    const resource = each?.['resource'];
    if (isResource(resource)) byUrl.set(each?.['fullUrl'], resource);
  }
  const resolve = (reference: string): FhirObject | undefined => byUrl.get(reference);
  for (const each of entry as (FhirObject | null)[]) {
    const resource = each?.['resource'];
    if (isResource(resource)) yield { file, offset, resource, resolve };
  }
}

function isResource(json: unknown): json is FhirObject {
  return (
    typeof json === 'object' &&
    json !== null &&
    typeof (json as FhirObject)['resourceType'] === 'string'
  );
}

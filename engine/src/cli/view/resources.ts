import * as path from 'node:path';
import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { JsonSyntaxError } from '../../base/json.ts';
import { parseQuickly } from '../../base/quickJson.ts';
import type { FhirObject } from '../../fhirpath/value.ts';
import { problemAt } from '../../formats/fhirText.ts';
import { mostBytes } from '../convert/fhirPieces.ts';
import { linesOfFile, type Line } from './lines.ts';

/** A resource of a file, or why there is none. */
export interface FoundResource {
  file: string;
  /** Where it, or the bundle it is in, starts in its file, in bytes. */
  offset: number;
  /** The line from 1, where it starts or where it is not what it should be. */
  line: number;
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
      yield { file, offset: 0, line: 1, refused: 'fhir-compressed' };
      continue;
    }
    if (/\.xml$/i.test(name)) {
      yield { file, offset: 0, line: 1, refused: 'fhir-xml' };
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
  yield wholeFile(file);
}

function wholeFile(file: string): Line {
  const place = { offset: 0, line: 1 };
  if (statSync(file).size > mostBytes) return { ...place, refused: 'fhir-too-long' };
  const bytes = readFileSync(file);
  if (!isUtf8(bytes)) return { ...place, refused: 'json-encoding' };
  return { ...place, text: bytes.toString('utf8').replace(/^\ufeff/, '') };
}

/** One that repeats a key is a line too, which is refused alone. */
function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function* found(file: string, { text, ...place }: Line): Generator<FoundResource> {
  if (text === undefined) {
    yield { file, ...place };
    return;
  }
  const { offset, line } = place;
  let json: unknown;
  try {
    json = parseQuickly(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const at = problemAt(text, error.code, error.offset);
    yield { file, offset, line: line + at.line - 1, refused: at.code };
    return;
  }
  if (!isResource(json)) yield { file, offset, line, refused: 'fhir-no-resource' };
  else if (json['resourceType'] === 'Bundle') yield* entriesOf(json, { file, offset, line });
  else yield { file, offset, line, resource: json };
}

function* entriesOf(
  bundle: FhirObject,
  place: Pick<FoundResource, 'file' | 'offset' | 'line'>,
): Generator<FoundResource> {
  yield { ...place, resource: bundle };
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
    if (isResource(resource)) yield { ...place, resource, resolve };
  }
}

function isResource(json: unknown): json is FhirObject {
  return (
    typeof json === 'object' &&
    json !== null &&
    typeof (json as FhirObject)['resourceType'] === 'string'
  );
}

import type { Issue } from '../../model/issue.ts';
import type { JsonObject } from '../../base/json.ts';
import { readFhirBytes } from '../../formats/fhirText.ts';
import { fromR4, toR4 } from '../../formats/fhirVersions/convert.ts';
import { modelOf } from '../../formats/fhirVersions/versions.ts';
import { fhirPieces, isBlank, type FhirPiece } from './fhirPieces.ts';
import type { ConvertedDocument, ConvertReader, ReaderSettings } from './reader.ts';

/** FHIR of any version in NDJSON, JSON or XML, to R4 and from there to the version that is asked for. */
export const fhirReader: ConvertReader = {
  summary: 'FHIR of another version, in NDJSON, JSON or XML',
  files: /\.(ndjson|jsonl|json|xml)$/i,
  resources: true,
  async *read(chunks, settings, name = '') {
    for await (const piece of fhirPieces(chunks, name)) yield* documents(piece, settings);
  },
};

function* documents(
  { offset, line, bytes }: FhirPiece,
  settings: ReaderSettings,
): Generator<ConvertedDocument> {
  const nothing = { offset, line, resources: [], unread: [], issues: [] };
  if (bytes === undefined) {
    yield { ...nothing, refused: 'fhir-too-long' };
    return;
  }
  if (isBlank(bytes)) return;
  const { fhirVersion = 'R4' } = settings;
  const read = readFhirBytes(bytes, modelOf(fhirVersion));
  if ('code' in read) {
    yield { ...nothing, line: line + read.line - 1, refused: read.code };
  } else if (typeof read.resource['resourceType'] !== 'string') {
    yield { ...nothing, refused: 'fhir-no-resource' };
  } else yield { ...document(read.resource, settings, read.issues), offset, line };
}

/** @param found what stood in its XML and not in the resource */
function document(
  resource: JsonObject,
  { fhirVersion = 'R4', toFhirVersion = 'R4' }: ReaderSettings,
  found: readonly Issue[],
): Omit<ConvertedDocument, 'offset' | 'line'> {
  const { resource: middle, losses: first } = toR4(resource, fhirVersion);
  const isDone = middle === undefined || toFhirVersion === 'R4';
  const { resource: converted, losses: then } = isDone
    ? { resource: middle, losses: [] }
    : fromR4(middle, toFhirVersion);
  const losses = [...first, ...then];
  const unread = losses.filter(({ code }) => code === 'no-place').map(({ path }) => path);
  // The order of elements says nothing that could be lost.
  const unsaid = found.filter(({ code }) => code !== 'xml-order-wrong');
  const issues = [...unsaid, ...losses.filter(({ code }) => code !== 'no-place')];
  const told = { resources: converted === undefined ? [] : [converted], unread, issues };
  return converted === undefined ? { ...told, refused: 'fhir-resource-unknown' } : told;
}

import type { JsonObject } from '../src/base/json.ts';
import { readFhirXml } from '../src/formats/fhirXml.ts';

/** A resource of the suite's files, one of which has its elements in another order than R4 has. */
export function resourceFromXml(text: string): JsonObject {
  const read = readFhirXml(text);
  if ('code' in read) throw new Error(`${read.code} at ${read.offset}`);
  return read.resource;
}

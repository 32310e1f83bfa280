import {
  canonicalJson,
  isJsonObject,
  JsonNumber,
  JsonSyntaxError,
  parseJson,
} from '../base/json.ts';
import type { Json, JsonObject } from '../base/json.ts';
import type { Version } from '../connectors/embedded/reader.ts';
import { HttpProblem } from './problem.ts';

/**
 * Read a request's JSON. Numbers keep their digits.
 * @throws HttpProblem 400, with the place and never the text.
 */
export function readJson(bytes: Buffer): JsonObject {
  try {
    const value = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (isJsonObject(value)) return value;
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new HttpProblem(400, 'structure', error.message);
    if (!(error instanceof TypeError)) throw error;
    throw new HttpProblem(400, 'structure', 'The body is not in UTF-8.');
  }
  throw new HttpProblem(400, 'structure', 'The body is not a JSON object.');
}

/**
 * The resource as it is stored: under its id, without what the server adds to it (FHIR R4, http:
 * a client's `meta.versionId` and `meta.lastUpdated` are ignored).
 * @throws HttpProblem 422 when it is of another type than the address says.
 */
export function storedText(resource: JsonObject, type: string, id: string): Buffer {
  if (resource['resourceType'] !== type) {
    throw new HttpProblem(422, 'invalid', 'The resource is not of the type in the address.');
  }
  const stored = copyOf(resource);
  stored['id'] = id;
  const meta = stored['meta'];
  if (isJsonObject(meta)) {
    const kept = copyOf(meta);
    delete kept['versionId'];
    delete kept['lastUpdated'];
    if (Object.keys(kept).length > 0) stored['meta'] = kept;
    else delete stored['meta'];
  }
  return Buffer.from(canonicalJson(stored));
}

/** The stored resource with `meta.versionId` and `meta.lastUpdated`; else byte for byte. */
export function shownResource({ body, version, updated }: Version & { body: Buffer }): Json {
  const resource = parseJson(body.toString()) as JsonObject;
  const meta = copyOf(isJsonObject(resource['meta']) ? resource['meta'] : objectOf({}));
  meta['versionId'] = String(version);
  meta['lastUpdated'] = updated.toISOString();
  return { ...resource, meta };
}

/** Replace every `reference` whose text is a key of `targets`. */
export function withReferences(value: Json, targets: ReadonlyMap<string, string>): Json {
  if (Array.isArray(value)) return value.map((item) => withReferences(item, targets));
  if (!isJsonObject(value)) return value;
  const result = objectOf({});
  for (const [key, member] of Object.entries(value)) {
    const target =
      key === 'reference' && typeof member === 'string' ? targets.get(member) : undefined;
    result[key] = target ?? withReferences(member, targets);
  }
  return result;
}

/** An object as `parseJson` makes them; members that are undefined are left out. */
export function objectOf(members: Readonly<Record<string, Json | undefined>>): JsonObject {
  const object = Object.create(null) as JsonObject;
  for (const [key, value] of Object.entries(members)) {
    if (value !== undefined) object[key] = value;
  }
  return object;
}

export function numberOf(value: number): JsonNumber {
  return new JsonNumber(String(value));
}

function copyOf(object: JsonObject): JsonObject {
  return Object.assign(Object.create(null) as JsonObject, object);
}

import { canonicalJson, isJsonObject, type JsonObject } from '../base/json.ts';
import type { Stored } from '../model/target.ts';
import { parseResource, ReadBack } from './readBack.ts';

/**
 * The resources in a document that stands for them, by `Type/id`, as if each had been read back by itself.
 * `undefined` when the Binary is there and holds no Bundle: then nothing of it can be compared.
 */
export function landedItems(document: ReadBack): ReadonlyMap<string, ReadBack> | undefined {
  if (document.stored.state !== 'present') return new Map();
  const items = new Map<string, ReadBack>();
  for (const resource of resourcesIn(document.resource) ?? [undefined]) {
    const [type, id] = [resource?.['resourceType'], resource?.['id']];
    if (resource === undefined || typeof type !== 'string' || typeof id !== 'string')
      return undefined;
    const body = Buffer.from(canonicalJson(resource));
    const stored: Stored = { type, id, state: 'present', version: 1, digest: '', body };
    items.set(`${type}/${id}`, new ReadBack(stored));
  }
  return items;
}

function resourcesIn(binary: JsonObject | undefined): (JsonObject | undefined)[] | undefined {
  const data = binary?.['data'];
  if (typeof data !== 'string') return undefined;
  const entries = parseResource(Buffer.from(data, 'base64'))?.['entry'];
  if (!Array.isArray(entries)) return undefined;
  return entries.map((entry) => {
    const resource = isJsonObject(entry) ? entry['resource'] : undefined;
    return isJsonObject(resource) ? resource : undefined;
  });
}

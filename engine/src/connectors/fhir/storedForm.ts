import { canonicalJson, isJsonObject } from '../../base/json.ts';
import type { Json, JsonObject } from '../../base/json.ts';

/** A tag by which a project's resources are known on a server (FHIR R4, Resource.meta.tag). */
export interface Tag {
  system: string;
  code: string;
}

export function tagOf(text: string): Tag {
  const bar = text.indexOf('|');
  return { system: text.slice(0, bar), code: text.slice(bar + 1) };
}

/**
 * A resource as it was sent: without `meta.versionId` and `meta.lastUpdated`, which tell of the version
 * and stand in its place beside the body (FHIR R4, http: a client's own are ignored), and without the
 * tags that the connector added. All else is as the server gave it.
 */
export function storedForm(resource: JsonObject, added: readonly Tag[]): JsonObject {
  const { meta } = resource;
  if (!isJsonObject(meta)) return resource;
  const { versionId: _version, lastUpdated: _updated, ...kept } = meta;
  const tags = kept['tag'];
  if (added.length > 0 && Array.isArray(tags)) {
    const others = tags.filter((one) => !added.some((tag) => isTag(one, tag)));
    if (others.length > 0) kept['tag'] = others;
    else delete kept['tag'];
  }
  return withMeta(resource, kept);
}

/** A stored form without the `meta.source` that a server may add; undefined where it has none. */
export function withoutSource(form: JsonObject): JsonObject | undefined {
  const { meta } = form;
  if (!isJsonObject(meta) || meta['source'] === undefined) return undefined;
  const { source: _source, ...kept } = meta;
  return withMeta(form, kept);
}

function withMeta({ meta: _meta, ...rest }: JsonObject, kept: JsonObject): JsonObject {
  return Object.keys(kept).length > 0 ? { ...rest, meta: kept } : rest;
}

/** The body with the tags, in canonical JSON; numbers keep their digits. */
export function taggedText(resource: JsonObject, tags: readonly Tag[]): Buffer {
  return Buffer.from(canonicalJson(withTags(resource, tags)));
}

export function withTags(resource: JsonObject, added: readonly Tag[]): JsonObject {
  if (added.length === 0) return resource;
  const meta = isJsonObject(resource['meta']) ? resource['meta'] : {};
  const tags = Array.isArray(meta['tag']) ? meta['tag'] : [];
  const missing = added.filter((tag) => !tags.some((one) => isTag(one, tag)));
  return { ...resource, meta: { ...meta, tag: [...tags, ...missing.map((tag) => ({ ...tag }))] } };
}

function isTag(value: Json, { system, code }: Tag): boolean {
  return isJsonObject(value) && value['system'] === system && value['code'] === code;
}

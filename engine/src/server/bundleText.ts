import { canonicalJson } from '../base/json.ts';
import type { Json, JsonObject } from '../base/json.ts';
import type { Version } from '../connectors/embedded/reader.ts';
import { objectOf, shownResource } from './resourceText.ts';

/** A version that has a body. */
export type Present = Version & { body: Buffer };

export function isPresent(version: Version): version is Present {
  return version.body !== undefined;
}

/** Weak ETag of a version (FHIR R4, http, "versioned updates"). */
export function etagOf(version: number): string {
  return `W/"${version}"`;
}

/** Headers that tell a version. */
export function versionHeaders(version: Pick<Version, 'version' | 'updated'>): {
  etag: string;
  'last-modified': string;
} {
  return { etag: etagOf(version.version), 'last-modified': version.updated.toUTCString() };
}

export function searchBundle(
  base: string,
  type: string,
  found: readonly Present[],
  next: string | undefined,
): JsonObject {
  const links = [link('self', `${base}/${type}/_search`)];
  if (next !== undefined) links.push(link('next', `${base}/${type}?_page=${next}`));
  return objectOf({
    resourceType: 'Bundle',
    type: 'searchset',
    link: links,
    entry: found.map((version) =>
      objectOf({
        fullUrl: `${base}/${version.type}/${version.id}`,
        resource: shownResource(version),
        search: objectOf({ mode: 'match' }),
      }),
    ),
  });
}

export function historyBundle(base: string, versions: readonly Version[]): string {
  const entry = versions.map((version) =>
    objectOf({
      fullUrl: `${base}/${version.type}/${version.id}`,
      resource: isPresent(version) ? shownResource(version) : undefined,
      request: objectOf({
        method: isPresent(version) ? (version.version === 1 ? 'POST' : 'PUT') : 'DELETE',
        url: `${version.type}/${version.id}`,
      }),
      response: objectOf({
        status: isPresent(version) ? (version.version === 1 ? '201' : '200') : '204',
        etag: etagOf(version.version),
        lastModified: version.updated.toISOString(),
      }),
    }),
  );
  return canonicalJson(objectOf({ resourceType: 'Bundle', type: 'history', entry }));
}

function link(relation: string, url: string): Json {
  return objectOf({ relation, url });
}

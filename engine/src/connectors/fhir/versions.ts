import { sha256 } from '../../base/digest.ts';

/**
 * The number by which the seam knows a version. FHIR's version ids are texts (R4, Resource.meta);
 * most servers count, and a count is kept. Another text gets a number from its digest, above every
 * count: equal texts have equal numbers, and their order says nothing.
 */
export function versionNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  return (sha256(text).readUInt32BE(0) % 2 ** 30) | (2 ** 30);
}

/** The version id in an entity tag (`W/"3"`, `"3"`); undefined when it is not one. */
export function versionInEtag(etag: string | null | undefined): string | undefined {
  return /^(?:W\/)?"([^"]+)"$/.exec(etag?.trim() ?? '')?.[1];
}

/** The version id at the end of a `Location` (`…/Patient/1/_history/3`). */
export function versionInLocation(location: string | null | undefined): string | undefined {
  return /\/_history\/([A-Za-z0-9\-.]{1,64})$/.exec(location ?? '')?.[1];
}

export function etagOf(version: string): string {
  return `W/"${version}"`;
}

/** One entry of a Bundle to be sent. */
export interface BundleEntry {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** `Type/id`; `Type` for a POST. */
  url: string;
  /** The resource, as it stands. */
  body?: Buffer;
  /** Entity tag of the version that must be current. */
  ifMatch?: string;
  /** `*`: none may be there. */
  ifNoneMatch?: string;
  /** Criteria that nothing may meet. */
  ifNoneExist?: string;
  /** What others in the same transaction call it. */
  fullUrl?: string;
}

/**
 * A batch or transaction Bundle, put together from the bytes of its resources: nothing is parsed or
 * written anew, so every digit and character stays as it is. Without `fullUrl`, references are what
 * they say: `Type/id` on the server (FHIR R4, Bundle, "Resolving references in Bundles"). What is created
 * without an id of ours has a `urn:uuid:` for one, by which others in the Bundle refer to it.
 */
export function bundleText(kind: 'batch' | 'transaction', entries: readonly BundleEntry[]): Buffer {
  const pieces: Buffer[] = [Buffer.from(`{"resourceType":"Bundle","type":"${kind}","entry":[`)];
  entries.forEach((entry, at) => {
    const { body, fullUrl, ...asked } = entry;
    const request = `"request":${JSON.stringify(asked)}`;
    const start = `${at === 0 ? '' : ','}{`;
    const named = fullUrl === undefined ? '' : `"fullUrl":"${fullUrl}",`;
    if (body === undefined) pieces.push(Buffer.from(`${start}${request}}`));
    else pieces.push(Buffer.from(`${start}${named}"resource":`), body, Buffer.from(`,${request}}`));
  });
  pieces.push(Buffer.from(']}'));
  return Buffer.concat(pieces);
}

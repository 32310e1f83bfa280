/** One entry of a Bundle to be sent. */
export interface BundleEntry {
  method: 'GET' | 'PUT' | 'DELETE';
  /** `Type/id`. */
  url: string;
  /** The resource, as it stands. */
  body?: Buffer;
  /** Entity tag of the version that must be current. */
  ifMatch?: string;
  /** `*`: none may be there. */
  ifNoneMatch?: string;
}

/**
 * A batch or transaction Bundle, put together from the bytes of its resources: nothing is parsed or
 * written anew, so every digit and character stays as it is. Without `fullUrl`, references are what
 * they say: `Type/id` on the server (FHIR R4, Bundle, "Resolving references in Bundles").
 */
export function bundleText(kind: 'batch' | 'transaction', entries: readonly BundleEntry[]): Buffer {
  const pieces: Buffer[] = [Buffer.from(`{"resourceType":"Bundle","type":"${kind}","entry":[`)];
  entries.forEach((entry, at) => {
    const { method, url, body, ifMatch, ifNoneMatch } = entry;
    const request = JSON.stringify({ method, url, ifMatch, ifNoneMatch });
    const start = at === 0 ? '' : ',';
    if (body === undefined) pieces.push(Buffer.from(`${start}{"request":${request}}`));
    else
      pieces.push(Buffer.from(`${start}{"resource":`), body, Buffer.from(`,"request":${request}}`));
  });
  pieces.push(Buffer.from(']}'));
  return Buffer.concat(pieces);
}

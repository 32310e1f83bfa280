import { createHash } from 'node:crypto';
import { hmacSha256, sha256Hex } from '../base/digest.ts';
import { exitCodes, HandoverError } from '../base/errors.ts';
import { readXml } from '../formats/xml/reader.ts';
import type { XmlElement } from '../formats/xml/element.ts';

/** A bucket of an S3 object store whose objects are locked, reached by its path. */
export interface Bucket {
  /** The service, such as `https://s3.eu-central-1.amazonaws.com`. */
  url: URL;
  name: string;
  region: string;
  accessKey: string;
  secretKey: string;
  timeoutMs: number;
}

/** One version of an object. */
export interface BucketObject {
  key: string;
  version: string;
}

interface Asked {
  method: 'GET' | 'PUT' | 'HEAD';
  key?: string;
  query?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
  body?: Buffer;
}

interface Answer {
  status: number;
  headers: Headers;
  body: Buffer;
}

/**
 * Put an object that nobody can delete or replace before `until`, the account's owner included (S3 Object Lock,
 * compliance mode). The store is asked whether it is locked: one that knows no locks takes the words for it.
 * @throws HandoverError `anchor-bucket-unreachable` (transient), `anchor-bucket-refused`, `anchor-not-locked`
 */
export async function putLocked(
  bucket: Bucket,
  key: string,
  body: Buffer,
  { now, until }: { now: Date; until: Date },
): Promise<void> {
  const put = await ask(bucket, now, {
    method: 'PUT',
    key,
    body,
    headers: {
      // A locked object is taken with a checksum of its body only.
      'content-md5': createHash('md5').update(body).digest('base64'),
      'content-type': 'text/plain; charset=utf-8',
      'x-amz-object-lock-mode': 'COMPLIANCE',
      'x-amz-object-lock-retain-until-date': until.toISOString(),
    },
  });
  if (put.status !== 200) throw refused(put);
  const version = put.headers.get('x-amz-version-id');
  const head = await ask(bucket, now, {
    method: 'HEAD',
    key,
    ...(version !== null && { query: { versionId: version } }),
  });
  const kept = Date.parse(head.headers.get('x-amz-object-lock-retain-until-date') ?? '');
  const isLocked = head.headers.get('x-amz-object-lock-mode') === 'COMPLIANCE';
  // Whole seconds are what a store keeps.
  if (head.status !== 200 || !isLocked || !(kept >= until.getTime() - 1000)) throw notLocked();
}

/**
 * Every version of every object under a prefix, oldest key first; those behind a delete marker too, which hides
 * an object and takes nothing away.
 * @throws HandoverError as {@link putLocked}
 */
export async function listVersions(
  bucket: Bucket,
  prefix: string,
  now: Date,
): Promise<BucketObject[]> {
  const found: BucketObject[] = [];
  let marker: Readonly<Record<string, string>> = {};
  for (;;) {
    const answer = await ask(bucket, now, {
      method: 'GET',
      query: { prefix, versions: '', ...marker },
    });
    if (answer.status !== 200) throw refused(answer);
    const list = documentIn(answer.body);
    for (const version of list.all('Version')) {
      found.push({ key: textOf(version, 'Key'), version: textOf(version, 'VersionId') });
    }
    if (textOf(list, 'IsTruncated') !== 'true') return found;
    marker = {
      'key-marker': textOf(list, 'NextKeyMarker'),
      'version-id-marker': textOf(list, 'NextVersionIdMarker'),
    };
  }
}

/** @throws HandoverError as {@link putLocked} */
export async function getVersion(
  bucket: Bucket,
  { key, version }: BucketObject,
  now: Date,
): Promise<Buffer> {
  const answer = await ask(bucket, now, { method: 'GET', key, query: { versionId: version } });
  if (answer.status !== 200) throw refused(answer);
  return answer.body;
}

const namespaces = new Map([['http://s3.amazonaws.com/doc/2006-03-01/', '']]);

function documentIn(body: Buffer): XmlElement {
  const roots = readXml(body.toString('utf8'), { namespaces, maxDepth: 8 });
  if (Array.isArray(roots) && roots[0] !== undefined) return roots[0];
  throw new HandoverError('anchor-bucket-refused', 'The bucket of the anchors gave no list.', {
    exitCode: exitCodes.unavailable,
    next: 'Check `anchors.bucket.url` in the plan: it is the address of the S3 service.',
  });
}

function textOf(element: XmlElement, name: string): string {
  return element.child(name)?.text.trim() ?? '';
}

/** Bytes that an answer may have: an anchor is some hundred, a list of a thousand versions half a megabyte. */
const answerBytes = 8 * 1024 * 1024;

async function ask(bucket: Bucket, now: Date, asked: Asked): Promise<Answer> {
  const path = `/${[bucket.name, ...(asked.key ?? '').split('/')].filter(Boolean).map(encoded).join('/')}`;
  const url = new URL(bucket.url);
  url.pathname = path;
  const query = canonicalQuery(asked.query ?? {});
  url.search = query;
  const headers = signedHeaders(bucket, now, { ...asked, path, query, host: url.host });
  try {
    const signal = AbortSignal.timeout(bucket.timeoutMs);
    const { method, body } = asked;
    const response = await fetch(url, {
      method,
      headers,
      redirect: 'manual',
      signal,
      ...(body && { body: new Uint8Array(body) }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    if (bytes.length > answerBytes || response.status === 429 || response.status >= 500)
      throw unreachable();
    return { status: response.status, headers: response.headers, body: bytes };
  } catch {
    throw unreachable();
  }
}

/** A request as it is signed: path and query as they stand in its first line. */
export interface Signing extends Omit<Asked, 'query'> {
  path: string;
  query: string;
  host: string;
}

/** The headers of a request with its signature (AWS Signature Version 4, one chunk). */
export function signedHeaders(
  { region, accessKey, secretKey }: Pick<Bucket, 'region' | 'accessKey' | 'secretKey'>,
  now: Date,
  { method, path, query, host, headers = {}, body = Buffer.alloc(0) }: Signing,
): Record<string, string> {
  const instant = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const day = instant.slice(0, 8);
  const digest = sha256Hex(body);
  const all: Record<string, string> = {
    ...headers,
    host,
    'x-amz-content-sha256': digest,
    'x-amz-date': instant,
  };
  const names = Object.keys(all).toSorted();
  const lines = names.map((name) => `${name}:${(all[name] as string).trim()}\n`).join('');
  const signed = names.join(';');
  const request = [method, path, query, lines, signed, digest].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', instant, scope, sha256Hex(request)].join('\n');
  const key = [day, region, 's3', 'aws4_request'].reduce<Buffer>(
    (secret, part) => hmacSha256(secret, part),
    Buffer.from(`AWS4${secretKey}`),
  );
  const signature = hmacSha256(key, text).toString('hex');
  const { host: _, ...sent } = all;
  return {
    ...sent,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKey}/${scope}, SignedHeaders=${signed}, Signature=${signature}`,
  };
}

function canonicalQuery(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .toSorted()
    .join('&');
}

/** RFC 3986: what `encodeURIComponent` leaves out of it is done too. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function unreachable(): HandoverError {
  return new HandoverError(
    'anchor-bucket-unreachable',
    'The bucket of the anchors does not answer.',
    {
      failure: 'transient',
      exitCode: exitCodes.unavailable,
      next: 'Nothing is lost: check that it is reached, then do this again.',
    },
  );
}

/** The store's own code for it (`AccessDenied`, …), which names nothing of ours. */
function refused({ status, body }: Answer): HandoverError {
  const code =
    /<Code>([A-Za-z]{1,60})<\/Code>/.exec(body.toString('latin1'))?.[1] ?? `status ${status}`;
  return new HandoverError('anchor-bucket-refused', `The bucket of the anchors refused: ${code}.`, {
    exitCode: exitCodes.unavailable,
    next: 'Check `anchors.bucket` in the plan: url, name, region and keys; and that object lock is on for the bucket.',
  });
}

function notLocked(): HandoverError {
  return new HandoverError('anchor-not-locked', 'The bucket took the anchor and did not lock it.', {
    exitCode: exitCodes.integrityBroken,
    next: 'What can be deleted shows nothing. Use a bucket that was made with object lock.',
  });
}

import {
  constants,
  createHash,
  verify,
  X509Certificate,
  type VerifyKeyObjectInput,
} from 'node:crypto';
import { der, DerError, derInteger, derOid, DerReader, oidText, tags } from '../base/der.ts';

/**
 * Time stamps of RFC 3161: that something existed at a time, said by somebody else. What is stamped is told by
 * its SHA-256 alone.
 */

const oids = {
  sha256: '2.16.840.1.101.3.4.2.1',
  signedData: '1.2.840.113549.1.7.2',
  timeStampInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  rsaPss: '1.2.840.113549.1.1.10',
  /** Extended key usage: time stamping. */
  timeStamping: '1.3.6.1.5.5.7.3.8',
} as const;

const hashes: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  [oids.sha256]: 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

export interface StampWish {
  /** SHA-256 of what is stamped. */
  digest: Buffer;
  /** Random, so that an old answer is none. */
  nonce: Buffer;
  /** Object identifier of the policy that is asked for, dotted. */
  policy?: string | undefined;
}

/** TimeStampReq (RFC 3161 §2.4.1), which asks for the certificate too. */
export function timeStampRequest({ digest, nonce, policy }: StampWish): Buffer {
  const algorithm = der(tags.sequence, derOid(oids.sha256), der(tags.null));
  const imprint = der(tags.sequence, algorithm, der(tags.octets, digest));
  return der(
    tags.sequence,
    derInteger(Buffer.of(1)),
    imprint,
    policy === undefined ? Buffer.alloc(0) : derOid(policy),
    derInteger(nonce),
    der(tags.boolean, Buffer.of(0xff)),
  );
}

/** Why a time stamp does not show what it should. */
export type StampFault =
  | 'not-granted' // the authority refused
  | 'malformed' // no time stamp token
  | 'imprint-differs' // of something else
  | 'nonce-differs' // an answer to another question
  | 'policy-differs'
  | 'signature-wrong'
  | 'signer-unfit' // its certificate is not for time stamps, or was not valid then
  | 'signer-unknown'; // no chain to an authority that is trusted

export interface Stamp {
  /** As the authority says it, UTC. */
  time: Date;
  policy: string;
}

/** @returns the token (ContentInfo, RFC 5652) in a TimeStampResp. */
export function tokenOfResponse(response: Buffer): Buffer | StampFault {
  return unlessMalformed(() => {
    const parts = new DerReader(response).inside(tags.sequence);
    const status = parts.inside(tags.sequence).take(tags.integer).content;
    // 0 granted, 1 granted with changes.
    if (status.length !== 1 || status[0]! > 1) return 'not-granted';
    return parts.take(tags.sequence).whole;
  });
}

export interface StampWitness extends Partial<Pick<StampWish, 'nonce' | 'policy'>> {
  digest: Buffer;
  /** Certificates of authorities that are trusted: each may have issued the signer's, or stand above it. */
  trusted: readonly X509Certificate[];
}

/**
 * Whether a token is of these bytes and signed by a time stamping authority that is trusted (RFC 3161 §2.4.2,
 * RFC 5652 §5.6, RFC 5816).
 */
export function verifyTimeStamp(token: Buffer, witness: StampWitness): Stamp | StampFault {
  return unlessMalformed(() => {
    const signed = signedDataOf(token);
    const info = timeStampInfo(signed.content);
    if (!info.digest.equals(witness.digest)) return 'imprint-differs';
    if (witness.nonce !== undefined && !info.nonce?.equals(numberOf(witness.nonce)))
      return 'nonce-differs';
    if (witness.policy !== undefined && info.policy !== witness.policy) return 'policy-differs';
    const signer = signerOf(signed);
    if (signer === undefined) return 'signature-wrong';
    if (!isFit(signer, info.time)) return 'signer-unfit';
    if (!isTrusted(signer, signed.certificates, witness.trusted, info.time))
      return 'signer-unknown';
    return { time: info.time, policy: info.policy };
  });
}

function unlessMalformed<T>(read: () => T | StampFault): T | StampFault {
  try {
    return read();
  } catch (error) {
    if (error instanceof DerError || isCryptoError(error)) return 'malformed';
    throw error;
  }
}

/** What OpenSSL says of bytes that are no certificate. */
function isCryptoError(error: unknown): boolean {
  return /^ERR_OSSL|^ERR_INVALID_ARG|^ERR_CRYPTO/.test((error as { code?: string }).code ?? '');
}

interface SignedData {
  /** DER of TSTInfo. */
  content: Buffer;
  certificates: X509Certificate[];
  signer: SignerInfo;
}

interface SignerInfo {
  hash: string;
  /** As they are signed: a SET. */
  attributes: Buffer;
  contentType: string;
  messageDigest: Buffer;
  /** The certificate that the signer says is its own, by its hash. */
  certificate: { hash: string; digest: Buffer };
  algorithm: string;
  signature: Buffer;
}

function signedDataOf(token: Buffer): SignedData {
  const info = new DerReader(token).inside(tags.sequence);
  requireOid(info, oids.signedData);
  const data = info.inside(0xa0).inside(tags.sequence);
  data.take(tags.integer);
  data.take(tags.set);
  const encapsulated = data.inside(tags.sequence);
  requireOid(encapsulated, oids.timeStampInfo);
  const { content } = encapsulated.inside(0xa0).take(tags.octets);
  const certificates = data.takeIf(0xa0);
  data.takeIf(0xa1);
  const signers = data.inside(tags.set).all();
  // A token has one signature, the authority's (RFC 3161 §2.4.2).
  if (signers.length !== 1) throw new DerError('not one signer');
  return {
    content,
    certificates: certificatesIn(certificates?.content),
    signer: signerInfo(new DerReader(signers[0]!.content)),
  };
}

function certificatesIn(content: Buffer | undefined): X509Certificate[] {
  if (content === undefined) return [];
  return new DerReader(content)
    .all()
    .filter(({ tag }) => tag === tags.sequence)
    .map(({ whole }) => new X509Certificate(whole));
}

function signerInfo(parts: DerReader): SignerInfo {
  parts.take(tags.integer);
  // Issuer and serial number, or key identifier: the signed attribute names the certificate by its hash.
  parts.any();
  const hash = hashOf(parts.take(tags.sequence).content);
  const signed = parts.take(0xa0);
  const algorithm = oidText(parts.inside(tags.sequence).take(tags.oid).content);
  const signature = parts.take(tags.octets).content;
  const values = new Map<string, Buffer>();
  for (const { content } of new DerReader(signed.content).all()) {
    const attribute = new DerReader(content);
    const type = oidText(attribute.take(tags.oid).content);
    const [value, ...more] = new DerReader(attribute.take(tags.set).content).all();
    if (value === undefined || more.length > 0 || values.has(type)) throw new DerError('attribute');
    values.set(type, value.whole);
  }
  const contentType = new DerReader(required(values, oids.contentType)).take(tags.oid).content;
  const messageDigest = new DerReader(required(values, oids.messageDigest)).take(
    tags.octets,
  ).content;
  return {
    hash,
    attributes: der(tags.set, signed.content),
    contentType: oidText(contentType),
    messageDigest,
    certificate: namedCertificate(values),
    algorithm,
    signature,
  };
}

/** The first ESSCertID (RFC 5035): the hash is SHA-1 in the older attribute, SHA-256 by default in the newer. */
function namedCertificate(values: ReadonlyMap<string, Buffer>): SignerInfo['certificate'] {
  const newer = values.get(oids.signingCertificateV2);
  const value = newer ?? required(values, oids.signingCertificate);
  const id = new DerReader(value).inside(tags.sequence).inside(tags.sequence).inside(tags.sequence);
  const algorithm = newer && id.takeIf(tags.sequence);
  const fallback = newer ? 'sha256' : 'sha1';
  return {
    hash: algorithm ? hashOf(algorithm.content) : fallback,
    digest: id.take(tags.octets).content,
  };
}

function required(values: ReadonlyMap<string, Buffer>, type: string): Buffer {
  const value = values.get(type);
  if (value === undefined) throw new DerError('an attribute is missing');
  return value;
}

function requireOid(reader: DerReader, oid: string): void {
  if (oidText(reader.take(tags.oid).content) !== oid) throw new DerError('another type');
}

function hashOf(algorithm: Buffer): string {
  const name = hashes[oidText(new DerReader(algorithm).take(tags.oid).content)];
  if (name === undefined) throw new DerError('an unknown hash');
  return name;
}

interface TimeStampInfo {
  policy: string;
  digest: Buffer;
  time: Date;
  nonce: Buffer | undefined;
}

/** TSTInfo (RFC 3161 §2.4.2). */
function timeStampInfo(content: Buffer): TimeStampInfo {
  const parts = new DerReader(content).inside(tags.sequence);
  parts.take(tags.integer);
  const policy = oidText(parts.take(tags.oid).content);
  const imprint = parts.inside(tags.sequence);
  const isSha256 = hashOf(imprint.take(tags.sequence).content) === 'sha256';
  const digest = imprint.take(tags.octets).content;
  parts.take(tags.integer);
  const time = timeIn(parts.take(tags.generalizedTime).content.toString('latin1'));
  parts.takeIf(tags.sequence);
  parts.takeIf(tags.boolean);
  const nonce = parts.takeIf(tags.integer)?.content;
  // A digest of another kind is not the one that was asked for.
  return {
    policy,
    digest: isSha256 ? digest : Buffer.alloc(0),
    time,
    nonce: nonce && numberOf(nonce),
  };
}

/** `20260301100000.5Z` */
function timeIn(text: string): Date {
  const [, year, month, day, hour, minute, second, fraction = ''] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d+)?Z$/.exec(text) ?? [];
  if (year === undefined) throw new DerError('time');
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction.slice(0, 4)}Z`);
}

/** Without leading zeros. */
function numberOf(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? Buffer.of(0) : bytes.subarray(first);
}

/** The certificate that the token was signed with; undefined: with none that it names. */
function signerOf({ content, certificates, signer }: SignedData): X509Certificate | undefined {
  if (signer.contentType !== oids.timeStampInfo) return undefined;
  if (!createHash(signer.hash).update(content).digest().equals(signer.messageDigest))
    return undefined;
  const { hash, digest } = signer.certificate;
  const named = certificates.find((one) =>
    createHash(hash).update(one.raw).digest().equals(digest),
  );
  if (named === undefined) return undefined;
  const key: VerifyKeyObjectInput = { key: named.publicKey };
  if (signer.algorithm === oids.rsaPss) {
    key.padding = constants.RSA_PKCS1_PSS_PADDING;
    key.saltLength = constants.RSA_PSS_SALTLEN_AUTO;
  }
  const isPlain = named.publicKey.asymmetricKeyType?.startsWith('ed') === true;
  return verify(isPlain ? null : signer.hash, signer.attributes, key, signer.signature)
    ? named
    : undefined;
}

/** For time stamps, and valid at that time (RFC 3161 §2.3). */
function isFit(certificate: X509Certificate, time: Date): boolean {
  // What Node calls so are the extended ones; undefined where it has none.
  const usages = certificate.keyUsage as readonly string[] | undefined;
  return usages?.includes(oids.timeStamping) === true && isValidAt(certificate, time);
}

function isValidAt({ validFromDate, validToDate }: X509Certificate, time: Date): boolean {
  return validFromDate <= time && time <= validToDate;
}

const longestChain = 8;

/** A chain of signatures from the signer to a trusted certificate, each link valid at that time. */
function isTrusted(
  signer: X509Certificate,
  others: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
  time: Date,
): boolean {
  let below = signer;
  for (let links = 0; links < longestChain; links++) {
    if (trusted.some((one) => one.raw.equals(below.raw))) return true;
    const issued = (one: X509Certificate): boolean =>
      one.ca && isValidAt(one, time) && below.checkIssued(one) && below.verify(one.publicKey);
    if (trusted.some(issued)) return true;
    const above = others.find((one) => !one.raw.equals(below.raw) && issued(one));
    if (above === undefined) return false;
    below = above;
  }
  return false;
}

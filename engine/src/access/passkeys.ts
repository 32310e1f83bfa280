import { createHash, createPublicKey, timingSafeEqual, verify } from 'node:crypto';
import { sha256 } from '../base/digest.ts';
import { exitCodes, HandoverError } from '../base/errors.ts';
import { isoInstant } from '../store/instant.ts';
import type { Queries } from '../store/session.ts';
import type { AccountServices } from './accounts.ts';

/** Who asks for a ceremony: the origin that the browser must have been at, and the challenge it must sign. */
export interface Ceremony {
  /** Scheme, host and port; its host is the relying party's id. */
  origin: string;
  challenge: string;
}

/** What a browser brings of a new key, each in base64url (WebAuthn 3, RegistrationResponseJSON). */
export interface NewPasskey {
  clientDataJSON: string;
  authenticatorData: string;
  /** SubjectPublicKeyInfo, DER. */
  publicKey: string;
}

/** What a browser brings of a key it has (AuthenticationResponseJSON). */
export interface PasskeyProof {
  id: string;
  clientDataJSON: string;
  authenticatorData: string;
  signature: string;
}

export interface PasskeyLine {
  id: string;
  label: string;
  createdAt: string;
  usedAt: string | undefined;
}

/** COSE algorithms that are asked for: ES256 and RS256. */
export const passkeyAlgorithms = [-7, -257];
const mostPasskeys = 10;
const longestId = 1023;

interface AuthenticatorData {
  rpIdHash: Buffer;
  isPresent: boolean;
  /** The person was recognised by the authenticator: a second factor beside having it. */
  isVerified: boolean;
  signCount: number;
  /** Only of a new key. */
  credentialId: Buffer | undefined;
}

/** WebAuthn 3, §6.1: a hash, a byte of flags, a counter, and of a new key its id. */
function authenticatorData(bytes: Buffer): AuthenticatorData | undefined {
  if (bytes.length < 37) return undefined;
  const flags = bytes[32] ?? 0;
  const idAt = 55;
  const hasKey = (flags & 0x40) !== 0 && bytes.length >= idAt;
  const length = hasKey ? bytes.readUInt16BE(53) : 0;
  const id = bytes.subarray(idAt, idAt + length);
  const isWhole = length > 0 && length <= longestId && id.length === length;
  return {
    rpIdHash: bytes.subarray(0, 32),
    isPresent: (flags & 0x01) !== 0,
    isVerified: (flags & 0x04) !== 0,
    signCount: bytes.readUInt32BE(33),
    credentialId: isWhole ? id : undefined,
  };
}

/** What of the ceremony holds for both kinds (WebAuthn 3, §7.1 and §7.2). */
function judged(
  type: 'webauthn.create' | 'webauthn.get',
  { origin, challenge }: Ceremony,
  clientData: Buffer,
  authenticator: Buffer,
): AuthenticatorData | undefined {
  const told = clientDataOf(clientData);
  const data = authenticatorData(authenticator);
  const isRight =
    told?.['type'] === type &&
    told['origin'] === origin &&
    told['crossOrigin'] !== true &&
    isSame(String(told['challenge']), challenge);
  if (!isRight || data === undefined || !data.isPresent || !data.isVerified) return undefined;
  return data.rpIdHash.equals(sha256(new URL(origin).hostname)) ? data : undefined;
}

function clientDataOf(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(bytes.toString('utf8')) as unknown;
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function isSame(one: string, other: string): boolean {
  return timingSafeEqual(sha256(one), sha256(other));
}

const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64url');

/**
 * Keep a new key of an account. Attestation is not asked for: which make an authenticator is says
 * nothing of who holds it. Whom an identity provider signs in has none: it would outlast the provider's
 * word. The caller has recorded it.
 * @throws HandoverError `passkey-refused` (exit 2)
 */
export async function addPasskey(
  { database, clock }: Pick<AccountServices, 'database' | 'clock'>,
  account: string,
  label: string,
  ceremony: Ceremony,
  given: NewPasskey,
): Promise<void> {
  const data = judged(
    'webauthn.create',
    ceremony,
    bytesOf(given.clientDataJSON),
    bytesOf(given.authenticatorData),
  );
  const key = bytesOf(given.publicKey);
  if (data?.credentialId === undefined || !isFit(key) || !/^.{1,64}$/u.test(label)) throw refused();
  const { count } = await database.transaction((transaction) =>
    transaction.query(
      `insert into access.passkey (id, account, label, public_key, sign_count, created_at)
       select $1, $2, $3, $4, $5, $6
        where exists (select 1 from access.account where name = $2 and issuer is null)
          and (select count(*) from access.passkey where account = $2 and removed_at is null) < $7
       on conflict do nothing`,
      [data.credentialId, account, label, key, data.signCount, clock.now(), mostPasskeys],
    ),
  );
  if (count !== 1) throw refused();
}

/** A key on P-256, or of RSA with 2,048 bits or more. */
function isFit(der: Buffer): boolean {
  try {
    const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = keyOf(der);
    return type === 'rsa'
      ? (details.modulusLength ?? 0) >= 2048
      : details.namedCurve === 'prime256v1';
  } catch {
    return false;
  }
}

function keyOf(der: Buffer) {
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

/**
 * Whose key signed the challenge; undefined: nobody's that is known, or a counter that stood still, which
 * a copied key shows. The counter is moved with the same commit.
 */
export async function accountOfPasskey(
  { database, clock }: Pick<AccountServices, 'database' | 'clock'>,
  ceremony: Ceremony,
  proof: PasskeyProof,
): Promise<string | undefined> {
  const id = bytesOf(proof.id);
  const { rows } = await database.query<{ account: string; public_key: Buffer }>(
    `select p.account, p.public_key from access.passkey p join access.account a on a.name = p.account
      where p.id = $1 and p.removed_at is null and a.disabled_at is null and a.issuer is null`,
    [id],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const client = bytesOf(proof.clientDataJSON);
  const authenticator = bytesOf(proof.authenticatorData);
  const data = judged('webauthn.get', ceremony, client, authenticator);
  const signed = Buffer.concat([authenticator, createHash('sha256').update(client).digest()]);
  if (data === undefined || !isSigned(row.public_key, signed, bytesOf(proof.signature))) {
    return undefined;
  }
  const { count } = await database.transaction((transaction) =>
    transaction.query(
      `update access.passkey set sign_count = $2, used_at = $3
        where id = $1 and (sign_count < $2 or (sign_count = 0 and $2 = 0))`,
      [id, data.signCount, clock.now()],
    ),
  );
  return count === 1 ? row.account : undefined;
}

function isSigned(der: Buffer, signed: Buffer, signature: Buffer): boolean {
  try {
    return verify('sha256', signed, keyOf(der), signature);
  } catch {
    return false;
  }
}

/** The keys of an account that count, oldest first. */
export async function listPasskeys(reader: Queries, account: string): Promise<PasskeyLine[]> {
  const { rows } = await reader.query<{
    id: Buffer;
    label: string;
    created: string;
    used: string | null;
  }>(
    `select id, label, ${isoInstant('created_at')} as created, ${isoInstant('used_at')} as used
       from access.passkey where account = $1 and removed_at is null order by created_at, id`,
    [account],
  );
  return rows.map(({ id, label, created, used }) => ({
    id: id.toString('base64url'),
    label,
    createdAt: created,
    usedAt: used ?? undefined,
  }));
}

/** Remove a key of an account; false: it has none of that id. */
export async function removePasskey(
  { database, clock }: Pick<AccountServices, 'database' | 'clock'>,
  account: string,
  id: string,
): Promise<boolean> {
  const { count } = await database.transaction((transaction) =>
    transaction.query(
      `update access.passkey set removed_at = $3
        where id = $1 and account = $2 and removed_at is null`,
      [bytesOf(id), account, clock.now()],
    ),
  );
  return count === 1;
}

function refused(): HandoverError {
  return new HandoverError('passkey-refused', 'This passkey is not taken.', {
    exitCode: exitCodes.usage,
    next: 'Begin again, with an authenticator that asks who you are; an account has ten at most.',
  });
}

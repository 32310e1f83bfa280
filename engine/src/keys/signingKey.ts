import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { sha256Hex } from '../base/digest.ts';

/** An Ed25519 key (RFC 8032) that signs what leaves the project for others to verify. */
export interface SigningKey {
  /** 32 bytes. */
  readonly publicKey: Buffer;
  /** SubjectPublicKeyInfo in PEM (RFC 8410): what is handed out beforehand. */
  readonly pem: string;
  /** SHA-256 of the public key in hex: short enough to be read out on the telephone. */
  readonly fingerprint: string;
  /** 64 bytes. */
  sign(message: Uint8Array): Buffer;
}

/**
 * The signing key whose secret these 32 bytes are (`ProjectKey.secret`): the project key gives it, so
 * that nothing more has to be kept, and whoever restores the project can sign as it did.
 */
export function signingKeyFrom(secret: Uint8Array): SigningKey {
  const key = createPrivateKey({
    key: Buffer.concat([privateKeyHeader, secret]),
    format: 'der',
    type: 'pkcs8',
  });
  const open = createPublicKey(key);
  const publicKey = rawBytes(open);
  return {
    publicKey,
    pem: open.export({ format: 'pem', type: 'spki' }).toString(),
    fingerprint: sha256Hex(publicKey),
    sign: (message) => sign(null, message, key),
  };
}

/** PKCS #8 of an Ed25519 key up to its 32 secret bytes (RFC 8410 §7). */
const privateKeyHeader = Buffer.from('302e020100300506032b657004220420', 'hex');
/** SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes (RFC 8410 §4). */
const publicKeyHeader = Buffer.from('302a300506032b6570032100', 'hex');
const publicKeyBytes = 32;

/** Whether the holder of this public key (32 bytes) signed the message. */
export function isSignedBy(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== publicKeyBytes) return false;
  const key = Buffer.concat([publicKeyHeader, publicKey]);
  return verify(null, message, createPublicKey({ key, format: 'der', type: 'spki' }), signature);
}

/** SubjectPublicKeyInfo ends with the key itself (RFC 8410 §4). */
function rawBytes(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(-publicKeyBytes);
}

import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { exitCodes, HandoverError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { KeyedDigest } from './keyedDigest.ts';

/**
 * What a project's secrets give, each purpose under a subkey of its own (HKDF, RFC 5869), so that no
 * use can be turned against another. There are two: the sealing key, which a rotation replaces, and
 * the lasting secret, under which tokens, digests and signatures are made and which stays.
 */
export interface ProjectKey {
  /** Tells two projects' keys apart; safe to show. 16 hex digits, the same after a rotation. */
  readonly fingerprint: string;
  /** Tells the sealing keys of one project apart; safe to show. 16 hex digits. */
  readonly generation: string;
  /** While a rotation is under way, that of the other key, which opens and seals nothing. */
  readonly otherGeneration: string | undefined;
  /** The same key, sealing under the one of its generations that a database is sealed under. */
  under(generation: string): ProjectKey;
  /**
   * The tag of a source key: HMAC-SHA-256 of stream, U+0000, key. 32 bytes. Token and stable ids
   * come from it (`tokenOf`, `stableId`).
   */
  tag(stream: string, key: string): Buffer;
  /** HMAC-SHA-256, 32 bytes: the digest of anything that comes from a patient's record. */
  digest(data: Uint8Array | string): Buffer;
  /** A 32-byte secret for one purpose (`target:archive`), always the same. */
  secret(purpose: string): Buffer;
  /**
   * Encrypt with AES-256-GCM; `context` (a fixed word and ids) is bound to the result, which opens
   * under no other. 29 bytes longer than the plaintext.
   */
  seal(plaintext: Uint8Array, context: string): Buffer;
  /** @throws HandoverError `seal-broken`, exit code 8: altered, cut, other key or other context. */
  open(sealed: Uint8Array, context: string): Buffer;
  /** Seal a data key under a subkey that seals nothing else. */
  wrapDataKey(dataKey: Uint8Array, context: string): Buffer;
  /** @throws HandoverError `seal-broken` */
  unwrapDataKey(wrapped: Uint8Array, context: string): Buffer;
}

export const projectKeyBytes = 32;

/** The secrets of a project, 32 random bytes each. */
export interface ProjectSecrets {
  sealing: Uint8Array;
  lasting: Uint8Array;
  /** The sealing key before, while a rotation is under way. */
  former?: Uint8Array;
}

/** A project key that is stored nowhere, for tests and simulation. */
export function temporaryProjectKey(random: Random): ProjectKey {
  const lasting = random.bytes(projectKeyBytes);
  return projectKeyFrom({ lasting, sealing: random.bytes(projectKeyBytes) }, random);
}

/** The key's uses from its secrets; `random` gives the nonces. */
export function projectKeyFrom(secrets: ProjectSecrets, random: Random): ProjectKey {
  const root = Buffer.from(secrets.lasting);
  const identity = subkey(root, 'identity');
  const digests = new KeyedDigest(subkey(root, 'digest'));
  const current = sealingKeys(secrets.sealing);
  const former = secrets.former && sealingKeys(secrets.former);
  const open = (use: 'seal' | 'wrap', sealed: Uint8Array, context: string): Buffer => {
    if (former === undefined) return openBytes(current[use], sealed, context);
    try {
      return openBytes(current[use], sealed, context);
    } catch {
      return openBytes(former[use], sealed, context);
    }
  };
  const streams = new Map<string, KeyedDigest>();
  const streamDigest = (stream: string): KeyedDigest => {
    const made = new KeyedDigest(identity, `${stream}\u0000`);
    streams.set(stream, made);
    return made;
  };
  const whole: ProjectKey = {
    fingerprint: subkey(root, 'fingerprint').toString('hex', 0, 8),
    generation: current.generation,
    otherGeneration: former?.generation,
    under(generation) {
      if (secrets.former === undefined || generation !== former?.generation) return whole;
      const { lasting, sealing, former: other } = secrets;
      return projectKeyFrom({ lasting, sealing: other, former: sealing }, random);
    },
    tag: (stream, key) => (streams.get(stream) ?? streamDigest(stream)).text(key),
    digest: (data) => (typeof data === 'string' ? digests.text(data) : digests.bytes(data)),
    secret: (purpose) => subkey(root, `secret:${purpose}`),
    seal: (plaintext, context) => sealBytes(current.seal, plaintext, context, random),
    open: (sealed, context) => open('seal', sealed, context),
    wrapDataKey: (dataKey, context) => sealBytes(current.wrap, dataKey, context, random),
    unwrapDataKey: (wrapped, context) => open('wrap', wrapped, context),
  };
  return whole;
}

interface SealingKeys {
  generation: string;
  seal: Buffer;
  wrap: Buffer;
}

function sealingKeys(bytes: Uint8Array): SealingKeys {
  const root = Buffer.from(bytes);
  return {
    generation: subkey(root, 'generation').toString('hex', 0, 8),
    seal: subkey(root, 'seal'),
    wrap: subkey(root, 'data-key'),
  };
}

function subkey(root: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', root, '', `handover:1:${purpose}`, 32));
}

const format = 1;
const nonceBytes = 12;
const tagBytes = 16;

/** Format byte, nonce, ciphertext, tag. */
export function sealBytes(
  key: Uint8Array,
  plaintext: Uint8Array,
  context: string,
  random: Random,
): Buffer {
  const nonce = random.bytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(context));
  const body = cipher.update(plaintext);
  cipher.final();
  return Buffer.concat([Buffer.of(format), nonce, body, cipher.getAuthTag()]);
}

/** @throws HandoverError `seal-broken` */
export function openBytes(key: Uint8Array, sealed: Uint8Array, context: string): Buffer {
  if (sealed.length < 1 + nonceBytes + tagBytes || sealed[0] !== format) throw sealBroken();
  const bodyEnd = sealed.length - tagBytes;
  const nonce = sealed.subarray(1, 1 + nonceBytes);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(sealed.subarray(bodyEnd));
  const plaintext = decipher.update(sealed.subarray(1 + nonceBytes, bodyEnd));
  try {
    decipher.final();
  } catch {
    throw sealBroken();
  }
  return plaintext;
}

function sealBroken(): HandoverError {
  return new HandoverError(
    'seal-broken',
    'a sealed value does not open: it was altered, or belongs to another place or another key',
    {
      next: 'Nothing was read from it. Check that the project key is the one of this database.',
      exitCode: exitCodes.integrityBroken,
    },
  );
}

import { constants, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/** A pair of keys under an id, and how it signs; made with Node's own cryptography. */
export interface SigningPair {
  alg: string;
  kid: string;
  privateKey: KeyObject;
  /** The public half as a JWK. */
  jwk: Record<string, unknown>;
}

const curves: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384' };

export function signingPair(alg: string, kid: string): SigningPair {
  const curve = curves[alg];
  const { publicKey, privateKey } =
    curve === undefined
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: curve });
  return { alg, kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' } };
}

/** A signed token (RFC 7515, compact); `header` and `claims` may lie. */
export function jwt(
  { alg, kid, privateKey }: SigningPair,
  claims: object,
  header: object = {},
): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg, kid, typ: 'JWT', ...header })}.${part(claims)}`;
  const signature = sign(`sha${alg.slice(2)}`, Buffer.from(text), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
    ...(alg.startsWith('PS') && { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
  });
  return `${text}.${signature.toString('base64url')}`;
}

/** Seconds since the epoch, as tokens count. */
export function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

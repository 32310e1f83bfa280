import { createHmac } from 'node:crypto';

/** Time-based one-time passwords (RFC 6238): SHA-1, steps of 30 s, six digits, as every app makes them. */
const stepMs = 30_000;
const digits = 6;
export const totpSecretBytes = 20;

/** The code of one step: HOTP (RFC 4226 §5.3) over its number. */
export function totpAt(secret: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const offset = (mac[19] as number) & 15;
  const number = mac.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 10 ** digits).padStart(digits, '0');
}

export function totpStep(now: Date): number {
  return Math.floor(now.getTime() / stepMs);
}

/**
 * The step that a code belongs to: this one or a neighbour, for clocks that are not quite right.
 * Undefined: it is wrong, or not younger than `lastStep`, of which a code was taken already.
 */
export function acceptedStep(
  secret: Uint8Array,
  code: string,
  now: Date,
  lastStep: number,
): number | undefined {
  const present = totpStep(now);
  return [present, present - 1, present + 1].find(
    (step) => step > lastStep && totpAt(secret, step) === code,
  );
}

/** What an authenticator app reads, by its camera or typed (the key URI format). */
export function totpUri(secret: Uint8Array, account: string, project: string): string {
  const label = encodeURIComponent(`Handover ${project}:${account}`);
  const issuer = encodeURIComponent(`Handover ${project}`);
  return `otpauth://totp/${label}?secret=${base32(secret)}&issuer=${issuer}&period=30&digits=6`;
}

/** Base32 of RFC 4648, without padding. */
export function base32(bytes: Uint8Array): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  let bits = '';
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0');
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) => alphabet[Number.parseInt(five.padEnd(5, '0'), 2)])
    .join('');
}

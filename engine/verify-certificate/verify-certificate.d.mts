import type { Certificate } from '../src/contract/certificate.ts';

export class Refusal extends Error {
  readonly code: string;
}

/** The texts of the files that are verified; see the head of the program. */
export interface GivenFiles {
  certificate: string;
  key: string;
  ledger?: string;
  proof?: string;
  log?: string;
  anchors?: readonly string[];
}

export interface CertificateCheck {
  body: Certificate;
  entries: { phase: string; stream: string; target: string }[];
  /** Looks at patients that the certificate's audit log had on record. */
  looks: number;
  notChecked: string[];
}

/** @throws Refusal */
export function verifyCertificate(given: GivenFiles): CertificateCheck;

/** The one way a certificate is written: what stands three levels deep is one line each. */
export function written(value: unknown): string;

/** The root that an audit path leads to (RFC 9162 §2.1.3.2); undefined where its length is wrong. */
export function rootOfPath(
  leaf: Buffer,
  place: number,
  size: number,
  path: readonly Buffer[],
): Buffer | undefined;

import { isIP } from 'node:net';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { exitCodes, HandoverError } from '../base/errors.ts';

/** What a server proves itself with: a certificate chain and its key, PEM. */
export interface ServerCertificate {
  certificate: Buffer;
  key: Buffer;
}

/** Where a server listens, and under which name it is asked. */
export interface ListenAt {
  /** An address of this machine; loopback unless told otherwise. */
  host?: string | undefined;
  /** 0: any that is free. */
  port: number;
  /** The name that its certificate is for, where it is not `localhost`. */
  name?: string | undefined;
  /** TLS 1.2 and newer; without it there is loopback and nothing else. */
  tls?: ServerCertificate | undefined;
}

const loopback: readonly string[] = ['127.0.0.1', '::1', 'localhost'];

/**
 * What Fastify is made with to speak TLS. Versions are said here, so that no setting of Node's weakens
 * them.
 */
export function secured(tls: ServerCertificate | undefined): FastifyServerOptions {
  if (tls === undefined) return {};
  const https = { cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2' as const };
  return { https } as FastifyServerOptions;
}

/** Told to browsers that asked over TLS: never ask otherwise (RFC 6797). */
export const strictTransport = { 'strict-transport-security': 'max-age=31536000' };

/** There is no way to listen to other machines without TLS. @throws HandoverError `plaintext-refused` (exit 2) */
export function refusePlaintext({ host, tls }: ListenAt): void {
  if (tls !== undefined || host === undefined || loopback.includes(host)) return;
  throw new HandoverError('plaintext-refused', 'Other machines are answered over TLS alone.', {
    exitCode: exitCodes.usage,
    next: 'Give --tls-certificate and --tls-key, or leave --host out.',
  });
}

/**
 * Listen where it was asked for.
 * @returns the base address.
 * @throws HandoverError `plaintext-refused` (exit 2)
 */
export async function listen(app: FastifyInstance, at: ListenAt): Promise<string> {
  refusePlaintext(at);
  const host = at.host ?? '127.0.0.1';
  const address = await app.listen({ host, port: at.port });
  if (at.tls === undefined) return address;
  const port = new URL(address).port;
  const name = at.name ?? (loopback.includes(host) ? 'localhost' : host);
  return `https://${isIP(name) === 6 ? `[${name}]` : name}:${port}`;
}

/** Another name for this machine is somebody else's page that was pointed here (DNS rebinding). */
export function isOwnHost(asked: string, { host, name }: Pick<ListenAt, 'host' | 'name'>): boolean {
  const own = asked.toLowerCase().replace(/:\d+$/, '');
  return [...loopback, host, name].some(
    (one) => one !== undefined && own === (isIP(one) === 6 ? `[${one}]` : one.toLowerCase()),
  );
}

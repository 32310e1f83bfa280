import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import { exitCodes, HandoverError } from '../base/errors.ts';
import { refusePlaintext, type ListenAt, type ServerCertificate } from '../server/listening.ts';
import { wholeNumber } from './options.ts';

/** Options of a command that listens for browsers or clients. */
export interface ServingOptions {
  port: number;
  host?: string;
  name?: string;
  tlsCertificate?: string;
  tlsKey?: string;
}

/** Where a command listens. */
export function serving(command: Command): Command {
  return command
    .option('--port <n>', '0: any that is free', wholeNumber(0, 65_535), 0)
    .option('--host <address>', 'an address of this machine; another than loopback needs TLS')
    .option('--name <host>', 'the name that the certificate is for, and browsers ask by')
    .addOption(
      new Option('--tls-certificate <pem>', 'the certificate, with those that vouch for it'),
    )
    .addOption(new Option('--tls-key <pem>', 'its key'));
}

/** @throws HandoverError `plaintext-refused`, `tls-certificate` (exit 2): a file is missing, ended, or of another key. */
export async function listenAt(options: ServingOptions): Promise<ListenAt> {
  const { port, host, name } = options;
  const at = { port, host, name, tls: await certificateOf(options) };
  refusePlaintext(at);
  return at;
}

async function certificateOf({
  tlsCertificate,
  tlsKey,
}: ServingOptions): Promise<ServerCertificate | undefined> {
  if (tlsCertificate === undefined && tlsKey === undefined) return undefined;
  if (tlsCertificate === undefined || tlsKey === undefined) {
    throw unusable('One of certificate and key is not named.');
  }
  try {
    const certificate = await readFile(tlsCertificate);
    const key = await readFile(tlsKey);
    const first = new X509Certificate(certificate);
    if (!first.checkPrivateKey(createPrivateKey(key))) {
      throw unusable('The key is not that of the certificate.');
    }
    if (first.validToDate < systemClock.now()) throw unusable('The certificate has ended.');
    return { certificate, key };
  } catch (error) {
    if (error instanceof HandoverError) throw error;
    throw unusable('Certificate or key cannot be read.');
  }
}

function unusable(what: string): HandoverError {
  return new HandoverError('tls-certificate', what, {
    exitCode: exitCodes.usage,
    next: 'Give a certificate in force with --tls-certificate and its key with --tls-key, both PEM.',
  });
}

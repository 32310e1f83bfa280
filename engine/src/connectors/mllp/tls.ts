import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { SecureContextOptions } from 'node:tls';
import { exitCodes, HandoverError, systemCode } from '../../base/errors.ts';

/** Names of PEM files. */
export interface TlsFiles {
  certificate?: string | undefined;
  key?: string | undefined;
  /** Authorities that the other side's certificate must come from. */
  authorities?: string | undefined;
}

/** @throws HandoverError `tls-file-unreadable`, exit 2: which file, and why. */
export async function readTls(folder: string, files: TlsFiles): Promise<SecureContextOptions> {
  const { certificate, key, authorities } = files;
  return {
    minVersion: 'TLSv1.2',
    ...(certificate !== undefined && { cert: await pem(folder, certificate) }),
    ...(key !== undefined && { key: await pem(folder, key) }),
    ...(authorities !== undefined && { ca: await pem(folder, authorities) }),
  };
}

async function pem(folder: string, file: string): Promise<Buffer> {
  try {
    return await readFile(resolve(folder, file));
  } catch (error) {
    throw new HandoverError(
      'tls-file-unreadable',
      `${file} cannot be read (${systemCode(error) ?? 'unknown'})`,
      {
        next: 'Name a PEM file, from the project folder, that the user who runs handover may read.',
        exitCode: exitCodes.usage,
      },
    );
  }
}

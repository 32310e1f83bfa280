import { open, stat } from 'node:fs/promises';
import { systemCode } from '../base/errors.ts';

const blockBytes = 4 * 1024 * 1024;

/** Keyed digest of some files together: names the state that they are in. A missing one is empty. */
export async function digestOf(
  paths: readonly string[],
  digest: (data: Uint8Array) => string,
): Promise<string> {
  const parts: string[] = [];
  for (const path of paths) parts.push(...(await blocksOf(path, digest)), '');
  return digest(Buffer.from(parts.join()));
}

/**
 * Size and time of the last change of some files: while these stay, so do the bytes, and nothing
 * has to be read to know it. A missing one has none.
 */
export async function traceOf(paths: readonly string[]): Promise<string> {
  const traces: unknown[] = [];
  for (const path of paths) {
    const found = await stat(path, { bigint: true }).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    });
    traces.push(found && [found.ino, found.size, found.mtimeNs].map(String));
  }
  return JSON.stringify(traces);
}

async function blocksOf(path: string, digest: (data: Uint8Array) => string): Promise<string[]> {
  const digests: string[] = [];
  const handle = await open(path, 'r').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) return digests;
  try {
    const buffer = Buffer.allocUnsafe(blockBytes);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, blockBytes);
      if (bytesRead === 0) return digests;
      digests.push(digest(buffer.subarray(0, bytesRead)));
    }
  } finally {
    await handle.close();
  }
}

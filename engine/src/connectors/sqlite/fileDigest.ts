import { open } from 'node:fs/promises';
import { systemCode } from '../../base/errors.ts';

const blockBytes = 4 * 1024 * 1024;

/** Keyed digest of a database with its write-ahead log: names the state that they are in. */
export async function digestOf(
  file: string,
  digest: (data: Uint8Array) => string,
): Promise<string> {
  const parts: string[] = [];
  for (const path of [file, `${file}-wal`]) parts.push(...(await blocksOf(path, digest)), '');
  return digest(Buffer.from(parts.join()));
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

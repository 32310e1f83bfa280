import { mkdtemp, rm, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder of a test; `dispose` removes it. */
export interface TestFeed {
  folder: string;
  write(file: string, content: string | Buffer): Promise<void>;
  dispose(): Promise<void>;
}

export async function testFeed(): Promise<TestFeed> {
  const folder = await mkdtemp(join(tmpdir(), 'handover-feed-'));
  return {
    folder,
    async write(file, content) {
      const path = join(folder, file);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    },
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}

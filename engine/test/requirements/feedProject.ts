/** A project over a folder of messages, documents or interchanges that a test writes itself. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { testProject, type TestProject } from './project.ts';

export interface FeedProject extends TestProject {
  /** The folder that the source `feed` reads. */
  feed: string;
  /** What the next run reads, by name of the file, instead of what is there. */
  deliver(files: Readonly<Record<string, string | Buffer>>): Promise<void>;
}

export async function feedProject(kind: string, streams: readonly string[]): Promise<FeedProject> {
  const project = await testProject({ patients: 1 });
  const feed = join(project.folder, 'feed');
  await mkdir(join(project.folder, 'own'));
  const named = streams.map((stream) => `feed.${stream}`).join(', ');
  await project.write('own/feed.yaml', `stream: [${named}]\nstandard: ${kind}\n`);
  await project.write(
    'handover.yaml',
    `name: own-feed
sources:
  feed: { kind: ${kind}, folder: feed, timeZone: America/Chicago }
targets:
  chart: { kind: embedded }
strategy: { kind: big-bang }
mappings: own
`,
  );
  return {
    ...project,
    feed,
    async deliver(files) {
      await rm(feed, { recursive: true, force: true });
      await mkdir(feed);
      for (const [name, content] of Object.entries(files)) {
        const path = join(feed, name);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, content);
      }
    },
  };
}

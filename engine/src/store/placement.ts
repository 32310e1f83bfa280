import { chmod, chown, lstat, mkdir, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { sha256Hex } from '../base/digest.ts';
import { exitCodes, HandoverError, systemCode } from '../base/errors.ts';
import { systemRandom } from '../base/random.ts';

/** The account the server runs as: PostgreSQL refuses to run as root. */
export interface Account {
  uid: number;
  gid: number;
}

/** `nobody`, by number: the name is not the same on every system. */
const unprivileged: Account = { uid: 65534, gid: 65534 };

/** Where root's server keeps its data when the project's folder is closed to {@link unprivileged}. */
export const systemPlace = '/var/lib/handover';

/**
 * Another account than ours, or `undefined` when the server runs as the user who starts it. Root
 * goes on as the user who owns the data that is there, so `sudo` once does not lock that user out.
 */
export async function serverAccount(folder: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const data = await stat(join(folder, 'data')).catch(() => undefined);
  return data === undefined || data.uid === 0 ? unprivileged : { uid: data.uid, gid: data.gid };
}

/** Create a folder that only the server's account may enter. */
export async function privateFolder(path: string, account: Account | undefined): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (account !== undefined) await chown(path, account.uid, account.gid);
  await chmod(path, 0o700);
}

/** Whether `account` may pass through every folder on the way to `path`, `path` included. */
export async function mayPass(path: string, account: Account | undefined): Promise<boolean> {
  if (account === undefined) return true;
  for (let at = await realpath(path); ; at = dirname(at)) {
    const { mode, uid } = await stat(at);
    const passable = uid === account.uid ? (mode & 0o100) !== 0 : (mode & 0o001) !== 0;
    if (!passable) return false;
    if (at === dirname(at)) return true;
  }
}

/**
 * The folder in which the server's files stand: `folder` itself, or, when root's project lies where
 * the unprivileged account cannot go (`/root` is closed to others), one below {@link systemPlace}
 * that the file `location` in `folder` names from then on.
 */
export async function placeServer(folder: string, account: Account | undefined): Promise<string> {
  await mkdir(folder, { recursive: true });
  if (account === undefined) return folder;
  const { mode } = await stat(folder);
  if ((mode & 0o001) === 0) await chmod(folder, (mode & 0o777) | 0o001);
  if (await mayPass(folder, account)) return folder;
  const place = await recordedPlace(join(folder, 'location'));
  await mkdir(place, { recursive: true, mode: 0o755 });
  if (await mayPass(place, account)) return place;
  throw new HandoverError(
    'embedded-unreachable',
    `PostgreSQL cannot run as root, and uid ${account.uid} can enter neither ${folder} nor ${place}`,
    {
      next: 'Run as an ordinary user, or open the way to the folder with chmod o+x.',
      exitCode: exitCodes.unavailable,
    },
  );
}

/** Random, not derived from the folder: a new project in an old one's place must not find its data. */
async function recordedPlace(pointer: string): Promise<string> {
  const fresh = join(systemPlace, systemRandom.bytes(8).toString('hex'));
  try {
    await writeFile(pointer, fresh, { flag: 'wx' });
    return fresh;
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    return (await readFile(pointer, 'utf8')).trim();
  }
}

/** The kernel holds 108 bytes for a socket's path on Linux, 104 on macOS, its end included. */
const longestSocketPath = 100;

/**
 * The server's socket folder, entered by its account only: `socket` beside the data, or a short one
 * in the temporary folder, named by a digest, when that path would be too long for a socket.
 * @throws HandoverError `embedded-socket-folder` when somebody else made that folder.
 */
export async function socketFolder(
  place: string,
  socketName: string,
  account: Account | undefined,
): Promise<string> {
  const beside = join(place, 'socket');
  if (Buffer.byteLength(join(beside, socketName)) <= longestSocketPath) {
    await privateFolder(beside, account);
    return beside;
  }
  const name = `handover-${sha256Hex(await realpath(place)).slice(0, 16)}`;
  const near = join(tmpdir(), name);
  const fits = Buffer.byteLength(join(near, socketName)) <= longestSocketPath;
  const short = fits && (await mayPass(tmpdir(), account)) ? near : join('/tmp', name);
  await claimFolder(short, account);
  return short;
}

/** Anyone may create names in a temporary folder: what stands there must be ours. */
async function claimFolder(path: string, account: Account | undefined): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    if (systemCode(error) !== 'EEXIST') throw error;
  });
  const found = await lstat(path);
  const owners = [process.getuid?.(), account?.uid];
  if (!found.isDirectory() || !owners.includes(found.uid)) {
    throw new HandoverError('embedded-socket-folder', `${path} belongs to somebody else`, {
      next: 'Remove it, or set TMPDIR to a folder of your own.',
      exitCode: exitCodes.unavailable,
    });
  }
  await privateFolder(path, account);
}

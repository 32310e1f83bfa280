import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';

/** What a command sees: its arguments, on stdout; then the exit code it was asked for. */
const echo = `process.stdout.write(JSON.stringify(process.argv.slice(2)));
process.exitCode = Number(process.argv[2]);`;

/** A command that lives until a signal comes, and answers it with an exit code of its own. */
const wait = `process.on('SIGTERM', () => process.exit(44));
process.stdout.write('ready');
setInterval(() => undefined, 1000);`;

/** Stands for npm: notes how it was called, talks, and leaves npm's own record behind. */
const npm = `import * as fs from 'node:fs';
fs.appendFileSync('calls.txt', process.argv.slice(2).join(' ') + '\\n');
process.stdout.write('npm talks');
fs.mkdirSync('node_modules', { recursive: true });
fs.copyFileSync('package-lock.json', 'node_modules/.package-lock.json');`;

/** No `execve`, as on Windows and before Node 22.15: the bootstrap stays in front of the command. */
const withoutExecve = '--import=data:text/javascript,delete%20process.execve';

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

describe('bootstrap', () => {
  let folder: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'handover-bootstrap-'));
    fs.mkdirSync(path.join(folder, 'scripts'));
    fs.copyFileSync(
      path.join(import.meta.dirname, 'bootstrap.mjs'),
      path.join(folder, 'scripts/bootstrap.mjs'),
    );
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
    write('scripts/echo.ts', echo);
    write('scripts/wait.ts', wait);
    write('npm.mjs', npm);
    lock('1.0.0');
  });

  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  function write(name: string, text: string): void {
    fs.writeFileSync(path.join(folder, name), text);
  }

  function lock(version: string): void {
    const packages = {
      '': { name: 'fixture' },
      'node_modules/a': { version, integrity: `digest-${version}` },
      'node_modules/elsewhere': { version, optional: true },
    };
    write('package-lock.json', JSON.stringify({ lockfileVersion: 3, packages }));
  }

  function calls(): string[] {
    const file = path.join(folder, 'calls.txt');
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim().split('\n') : [];
  }

  function start(args: readonly string[], nodeArgs: readonly string[] = []) {
    const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...inherited } = process.env;
    const script = path.join(folder, 'scripts/bootstrap.mjs');
    return spawn(process.execPath, [...nodeArgs, script, ...args], {
      cwd: folder,
      env: { ...inherited, npm_execpath: path.join(folder, 'npm.mjs') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  function ended(child: ReturnType<typeof start>): Promise<Ended> {
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
  }

  for (const nodeArgs of [[], [withoutExecve]]) {
    const how = nodeArgs.length === 0 ? 'in its place' : 'as its child';

    test(`installs once, then runs the command ${how}: arguments, exit code, clean stdout`, async () => {
      for (const turn of [1, 2]) {
        const { code, stdout, stderr } = await ended(start(['echo', '7', '--json'], nodeArgs));
        assert.deepEqual([code, stdout], [7, '["7","--json"]']);
        assert.equal(stderr.includes('npm talks'), turn === 1);
      }
      assert.equal(calls().length, 1);
      assert.match(calls()[0] ?? '', /^ci .*--engine-strict=false/);
    });

    test(`a signal reaches the command run ${how}, whose exit code is kept`, async () => {
      const child = start(['wait'], nodeArgs);
      const end = ended(child);
      child.stdout.once('data', () => child.kill('SIGTERM'));
      assert.equal((await end).code, 44);
    });
  }

  test('another lockfile is installed; what npm already put there is not', async () => {
    await ended(start(['echo', '0']));
    lock('2.0.0');
    await ended(start(['echo', '0']));
    assert.equal(calls().length, 2);
    fs.rmSync(path.join(folder, 'node_modules/.handover-installed'));
    await ended(start(['echo', '0']));
    assert.equal(calls().length, 2);
  });

  test('a failed installation stops with what to do, and is tried again', async () => {
    write('npm.mjs', 'process.exit(3);');
    const { code, stdout, stderr } = await ended(start(['echo', '0']));
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /npm ci failed.*run the same command again/);
    write('npm.mjs', npm);
    assert.equal((await ended(start(['echo', '0']))).code, 0);
  });

  test('an unknown command, or a path, is refused before anything is installed', async () => {
    for (const command of ['nothing', '../echo']) {
      const { code, stdout } = await ended(start([command]));
      assert.deepEqual([code, stdout], [1, '']);
    }
    assert.deepEqual(calls(), []);
  });
});

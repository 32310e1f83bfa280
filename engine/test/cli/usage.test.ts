import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { test } from 'node:test';
import { CommanderError } from 'commander';
import { HandoverError } from '../../src/base/errors.ts';
import { usageError } from '../../src/cli/output.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { temporaryFolder } from '../../src/store/testing.ts';
import { handover, start } from './commandLine.ts';

/** Every command with what it needs to be understood, but for a project. */
const inProject: readonly (readonly string[])[] = [
  ['plan', 'check'],
  ['run'],
  ['resume'],
  ['verify'],
  ['worker'],
  ['status'],
  ['report'],
  ['explain', '100001'],
  ['quarantine', 'list'],
  ['quarantine', 'show', '1'],
  ['quarantine', 'replay'],
  ['undo'],
  ['serve'],
  ['target', 'open', 'chart'],
  ['parcels', 'sweep', '--days', '30'],
];

const misunderstood: readonly (readonly [words: readonly string[], told: RegExp])[] = [
  [['no-such-command'], /^Unknown command 'no-such-command' → See /],
  [['runn'], /→ Did you mean run\? See `handover --help`/],
  [['plan', 'chek'], /Did you mean check\?/],
  [['status', '--jsn'], /Unknown option '--jsn' → Did you mean --json\?/],
  [['run', '--batch', 'abc'], /'--batch <n>' argument 'abc' is invalid. It is a whole number from/],
  [['run', '--batch', '0'], /It is a whole number from 1 to/],
  [['run', '--batch', '1e3'], /It is a whole number from 1 to/],
  [['run', '--concurrency', '-1'], /It is a whole number from 1 to/],
  [['run', '--slices', '1.5'], /It is a whole number from 1 to/],
  [['run', '--workers', 'two'], /It is a whole number from 1 to/],
  [['run', '--only', 'transform'], /Allowed choices are assess, extract, map/],
  [['run', '--log-level', 'loud'], /Allowed choices are debug, info, warn, error/],
  [['serve', '--port', '65536'], /It is a whole number from 0 to 65535/],
  [['quarantine', 'list', '--limit', 'all'], /It is a whole number from 1 to/],
  [['quarantine', 'show', 'abc'], /See `handover quarantine list`|see `handover quarantine list`/],
  [['quarantine', 'show'], /Missing required argument 'id'/],
  [['sample', '--out', 'here'], /Required option '--patients <n>' not specified/],
  [['sample', '--patients', 'many', '--out', 'here'], /It is a whole number from 1 to/],
  [['parcels', 'sweep', '--days', '0'], /It is a whole number from 1 to/],
];

test('cli: what is not understood ends with 2, and says what would be', async () => {
  for (const [words, told] of misunderstood) {
    const error = await refusal(words);
    assert.ok(error instanceof CommanderError, words.join(' '));
    const { code, exitCode, message, next } = usageError(error.message);
    assert.deepEqual({ code, exitCode }, { code: 'usage', exitCode: 2 });
    assert.match(`${message} → ${next}`, told, words.join(' '));
  }
});

/** What parsing these words throws. */
function refusal(words: readonly string[]): Promise<unknown> {
  const { command } = buildProgram({});
  return command.parseAsync(['node', 'handover', ...words]).then(
    () => assert.fail(`${words.join(' ')} was understood`),
    (error: unknown) => error,
  );
}

test('cli: a usage error is two lines on standard error', async () => {
  const { code, stdout, stderr } = await handover(['runn']);
  assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
  assert.match(stderr, /^usage: Unknown command 'runn'\n {2}next: Did you mean run\? .*\n$/);
});

test('cli: with --json an error is one object on standard error', async () => {
  const { code, stdout, stderr } = await handover(['--json', 'statu']);
  assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
  assert.deepEqual(JSON.parse(stderr), {
    format: 'handover-error/1',
    code: 'usage',
    message: "Unknown command 'statu'",
    next: 'Did you mean status? See `handover --help`, or `handover COMMAND --help`.',
  });
});

test('cli: an argument too many is not repeated: it may be a number of a patient', async () => {
  const { code, stderr } = await handover(['explain', '100001', '00700001']);
  assert.equal(code, 2);
  assert.doesNotMatch(stderr, /00700001/);
});

test('cli: help is data where it was asked for, and none where no command was given', async () => {
  const asked = await handover(['--help']);
  assert.deepEqual([asked.code, asked.stderr], [0, '']);
  const bare = await handover([]);
  assert.deepEqual([bare.code, bare.stdout], [2, '']);
  assert.equal(bare.stderr, asked.stdout);
  const version = await handover(['--version']);
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
});

test('cli: every command and option says what it is for', () => {
  const commands = buildProgram({}).command.commands.flatMap((one) => [one, ...one.commands]);
  for (const command of commands) {
    assert.notEqual(command.description(), '', command.name());
    for (const option of command.options) assert.notEqual(option.description, '', option.flags);
    for (const one of command.registeredArguments) assert.notEqual(one.description, '', one.name());
  }
});

test('cli: a folder without a project ends with 2, and nothing is made there', async () => {
  const folder = await temporaryFolder();
  try {
    for (const words of inProject) {
      const error = await refusal(['--no-input', '--project', folder, ...words]);
      assert.ok(error instanceof HandoverError, words.join(' '));
      assert.deepEqual([error.code, error.exitCode], ['project-missing', 2]);
    }
    const { code, stdout, stderr } = await handover(['status'], { folder });
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
    assert.match(stderr, /^project-missing: .*\n {2}next: Run `handover init` here/);
    assert.deepEqual(await readdir(folder), []);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('cli: whoever reads along and leaves does not end the work', async () => {
  for (const left of ['stdout', 'stderr'] as const) {
    const words = left === 'stdout' ? ['schema', 'plan'] : ['no-such-command'];
    const started = start(words);
    started.process[left]?.destroy();
    const { code, stdout, stderr } = await started.end;
    assert.equal(code, left === 'stdout' ? 0 : 2, stderr);
    assert.equal(stdout + stderr, '');
  }
});

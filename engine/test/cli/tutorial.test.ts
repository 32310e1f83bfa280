import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { buildProgram } from '../../src/cli/program.ts';
import { temporaryFolder, testCluster } from '../../src/store/testing.ts';
import { paths, read, root } from '../tidy/checkout.ts';
import { masked } from './masked.ts';
import { firstDifference, stepsOf, type Step } from './tutorial.ts';

const cluster = await testCluster();
const clinic = await cluster.freshDatabase();
const home = await temporaryFolder();
after(async () => {
  await clinic.drop();
  await rm(home, { recursive: true, force: true });
});

/** Ids of held items in the page, and what they are here: batches commit in any order. */
const heldIds = new Map<string, string>();

async function perform(step: Step, folder: string): Promise<void> {
  if (step.kind === 'change') {
    const place = join(folder, step.path);
    const text = await readFile(place, 'utf8');
    assert.ok(text.includes(step.from), `line ${step.line}: ${step.path} does not say that`);
    await writeFile(place, text.replace(step.from, step.to));
    return;
  }
  const command = step.command.replace(
    /(quarantine show) (\d+)/,
    (_, words: string, id: string) => `${words} ${heldIds.get(id) ?? id}`,
  );
  const told = lines(await shell(command, folder), folder);
  const shown = lines(step.shown.join('\n'), folder);
  if (command.startsWith('handover quarantine list')) learnIds(shown, told);
  const [wanted, got] = [shown, told].map((each) =>
    each.map(withoutId).filter((one) => one !== ''),
  );
  const difference = firstDifference(wanted ?? [], got ?? []);
  assert.equal(difference, undefined, `line ${step.line}: $ ${command}\n${told.join('\n')}`);
}

/** Masked, without what depends on how long an id or a number is. */
function lines(text: string, folder: string): string[] {
  return masked(text, folder)
    .split('\n')
    .map((line) => line.replaceAll(/ +/g, ' ').trim());
}

function withoutId(line: string): string {
  return line.replace(/^(id: )?\d+ (?=\w+ clinic\.)|^id: \d+$/, '');
}

function learnIds(shown: readonly string[], told: readonly string[]): void {
  const here = new Map(told.map((line) => [withoutId(line), /^\d+/.exec(line)?.[0] ?? '']));
  for (const line of shown) {
    const id = /^\d+/.exec(line)?.[0];
    if (id !== undefined) heldIds.set(id, here.get(withoutId(line)) ?? id);
  }
}

/** Both streams of a line of shell, with `handover` as the tutorial's alias has it. */
function shell(command: string, folder: string): Promise<string> {
  const main = join(root, 'engine/src/cli/main.ts');
  const alias = `handover() { '${process.execPath}' '${main}' "$@"; }`;
  const child = spawn('/bin/sh', ['-c', `${alias}\n${command}`], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: home, CLINIC_URL: clinic.spec.url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (text += part));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve(text));
  });
}

test('tutorial: every command of it does what the page shows', { timeout: 900_000 }, async () => {
  const folder = join(home, 'riverside');
  await mkdir(folder);
  const steps = stepsOf(read('docs/tutorial/first-migration.md'));
  assert.ok(steps.length > 15);
  for (const step of steps) await perform(step, folder);
});

test('tutorial: a line that is not told is found', () => {
  assert.equal(firstDifference(['a', '…', 'c'], ['a', 'b', 'c']), undefined);
  assert.equal(firstDifference(['a', '…'], ['a', 'b', 'c']), undefined);
  assert.equal(firstDifference(['a', 'c'], ['a', 'b', 'c']), 'c');
  assert.equal(firstDifference(['…', 'd'], ['a', 'b', 'c']), 'd');
  assert.equal(firstDifference(['a', 'b'], ['a', 'b', 'c']), '(nothing more; there is: c)');
});

test('docs: every handover command of every page is one that the program understands', async () => {
  const pages = [...paths('docs/**/*.md'), 'README.md', 'engine/project-template/handover.yaml'];
  const refused: string[] = [];
  for (const page of pages) {
    for (const words of commandsIn(read(page))) {
      await understood(words).catch((error: unknown) => {
        refused.push(`${page}: handover ${words.join(' ')}: ${(error as Error).message}`);
      });
    }
  }
  assert.deepEqual(refused, []);
});

/** Lines of code blocks and of the plan's head that give the command, without what a shell adds. */
function commandsIn(page: string): string[][] {
  const found = page.matchAll(
    /^(?:# {2,}|\$ (?:.*\| )?)?(?:npm run -s handover --|handover) ([a-z-][^\n|>]*)$/gm,
  );
  return [...found]
    .map(([, words = '']) => words.replace(/ {2,}.*$/, ''))
    .filter((words) => !/[[<]/.test(words))
    .map((words) => words.trim().split(' '));
}

/** Parse as the program does, with nothing behind the commands. */
async function understood(words: readonly string[]): Promise<void> {
  const { command } = buildProgram({});
  for (const one of command.commands.flatMap((each) => [each, ...each.commands])) {
    if (one.commands.length === 0) one.action(() => undefined);
  }
  const known = words.map((word) => (word === 'ID' ? '1' : word));
  await command.parseAsync(['node', 'handover', ...known]);
}

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import { openedTarget } from '../access/openTarget.ts';
import { inProject, openBench, type Bench, type Ended } from './commandLine.ts';
import { masked } from './masked.ts';

/** One project's life, command by command; what each writes is held against a golden text. */
const bench: Bench = await openBench({ patients: 60 });
after(() => bench[Symbol.asyncDispose]());

const updating = process.env.HANDOVER_UPDATE_GOLDENS === '1';

/** Both streams and the exit code of a command, masked, are the text in `goldens/NAME.txt`. */
function asGolden(name: string, words: readonly string[], ended: Ended): void {
  const place = new URL(`goldens/${name}.txt`, import.meta.url);
  const { stdout, stderr, code } = ended;
  const shown = masked(
    `$ handover ${words.join(' ')}\n${stdout}--- standard error\n${stderr}--- exit ${code}\n`,
    bench.folder,
  );
  if (updating || !existsSync(place)) writeFileSync(place, shown);
  assert.equal(shown, readFileSync(place, 'utf8'), 'HANDOVER_UPDATE_GOLDENS=1 writes it anew');
}

async function golden(name: string, ...words: readonly string[]): Promise<Ended> {
  const ended = await bench.run(...words);
  asGolden(name, words, ended);
  return ended;
}

/** Run a command with `--json`: standard output is one object with this format. */
async function json(format: string, ...words: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await bench.run('--json', ...words);
  assert.match(stdout, /^\{.*\}\n$/, stderr);
  const object = JSON.parse(stdout) as Record<string, unknown>;
  assert.equal(object['format'], format);
  return object;
}

async function edit(path: string, from: string, to: string): Promise<void> {
  const place = inProject(bench, path);
  const text = await readFile(place, 'utf8');
  assert.ok(text.includes(from), `${path} has no ${from}`);
  await writeFile(place, text.replace(from, to));
}

interface Held {
  id: string;
  code: string;
  path: string;
}

test('R25 before any run: init keeps what is there, plan check, status, nothing to resume', async () => {
  await golden('init-again', 'init');
  await golden('plan-check', 'plan', 'check');
  await golden('status-empty', 'status');
  assert.deepEqual((await json('handover-status/1', 'status'))['runs'], []);
  assert.equal((await golden('resume-nothing', 'resume')).code, 2);
});

test('R25 a run: 6 with --strict while something is held, and its report', async () => {
  const { code } = await golden('run-strict', 'run', '--strict', '--concurrency', '1');
  assert.equal(code, 6);
  assert.equal((await golden('status', 'status')).code, 0);
  const report = await json('handover-report/1', 'report');
  assert.equal((report['verdict'] as { color: string }).color, 'amber');
  const { stdout } = await golden('report', 'report', '--out', inProject(bench, 'report.html'));
  assert.match(stdout, /report\.html\n$/);
  assert.match(await readFile(inProject(bench, 'report.html'), 'utf8'), /<html/);
});

test('R25 explain: a key, and a patient by standard input', async () => {
  await golden('explain', 'explain', '100001');
  await golden('explain-nothing', 'explain', 'no-such-key');
  const words = ['explain', '--patient', '-'];
  asGolden('explain-patient', words, await bench.tell('100002\n', ...words));
  const nobody = await bench.tell('1\n', ...words);
  assert.deepEqual([nobody.code, nobody.stdout], [0, '']);
  const refused = await bench.run('explain', '--patient', '00700001');
  assert.equal(refused.code, 2);
  assert.doesNotMatch(refused.stderr, /00700001/);
});

test('R25 the quarantine: list, show, replay under a corrected code map', async () => {
  await golden('quarantine-list', 'quarantine', 'list');
  const { held } = (await json('handover-held/1', 'quarantine', 'list')) as { held?: Held[] };
  const unmapped = held?.find(({ path }) => path === 'Patient.gender');
  assert.equal(unmapped?.code, 'code-unmapped');
  const id = unmapped?.id ?? '';
  await golden('quarantine-show', 'quarantine', 'show', id);
  const revealed = await json('handover-held-item/1', 'quarantine', 'show', id, '--reveal');
  const columns = (revealed['item'] as { record: string }).record.split('\t');
  const sex = columns.find((_, at) => at === 6) ?? '';
  const unknown = await bench.run('quarantine', 'show', '999999');
  assert.deepEqual([unknown.code, unknown.stdout], [2, '']);

  const row = `${sex},unknown,Unknown,http://hl7.org/fhir/administrative-gender,inexact,approved,,\n`;
  const place = inProject(bench, 'codes/sex.csv');
  await writeFile(place, `${await readFile(place, 'utf8')}${row}`);
  await edit('mappings/clinic/pt_demog.yaml', 'U: unknown }', `U: unknown, ${sex}: unknown }`);
  const replayed = await golden('quarantine-replay', 'quarantine', 'replay', id);
  assert.equal(replayed.code, 0);
  const left = (await json('handover-held/1', 'quarantine', 'list')) as { held?: Held[] };
  assert.equal(
    left.held?.some((one) => one.id === id),
    false,
  );
  await json('handover-replay/1', 'quarantine', 'replay', '--code', 'no-such-reason');
});

test('R25 verify: judged by the revision of the replay; 0 on a clean target, 5 where somebody changed a resource', async () => {
  assert.equal((await bench.run('verify')).code, 0);
  await changePatient();
  const { code, stderr } = await golden('verify-differs', 'verify');
  assert.equal(code, 5, stderr);
});

/** A foreign hand at the target, by its REST face. */
async function changePatient(): Promise<void> {
  const serving = bench.start('--json', 'serve');
  try {
    await serving.tells(/handover-serve/);
    const told = await firstLine(serving);
    const { address, token } = JSON.parse(told) as { address: string; token: string };
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' };
    const found = await fetch(`${address}/Patient?_count=1`, { headers });
    const { entry } = (await found.json()) as {
      entry: { resource: { id: string; gender: string } }[];
    };
    const [{ resource }] = entry as [{ resource: { id: string; gender: string } }];
    const gender = resource.gender === 'male' ? 'female' : 'male';
    const answer = await fetch(`${address}/Patient/${resource.id}`, {
      method: 'PUT',
      headers,
      body: JSON.stringify({ ...resource, gender }),
    });
    assert.equal(answer.status, 200, await answer.text());
  } finally {
    serving.process.kill('SIGINT');
    assert.equal((await serving.end).code, 0);
  }
}

function firstLine(command: ReturnType<Bench['start']>): Promise<string> {
  return new Promise((resolve) => {
    const poll = setInterval(() => {
      const [line] = command.written().split('\n');
      if (line?.endsWith('}') !== true) return;
      clearInterval(poll);
      resolve(line);
    }, 20);
  });
}

test('R25 undo: 9 without the name of the project, 8 after a foreign change', async () => {
  const refused = await golden('undo-unconfirmed', 'undo');
  assert.equal(refused.code, 9);
  const foreign = await golden('undo-foreign', 'undo', '--confirm', 'riverside-to-meridian');
  assert.equal(foreign.code, 8);
});

test('R25 a goal that is not met: 4', async () => {
  await edit('handover.yaml', 'Encounter: {', 'Encounter: { quarantined: 0,');
  assert.equal((await bench.run('run')).code, 4);
});

test('R22 R25 a target whose gate is shut is not opened, and one that was opened is undone no more: 4', async () => {
  const words = ['target', 'open', 'chart', '--confirm', 'riverside-to-meridian'];
  assert.equal((await bench.run('target', 'open', 'chart')).code, 9);
  assert.equal((await golden('target-open', ...words)).code, 4);
  await openedTarget({ url: bench.environment['DATABASE_URL'] as string }, 'chart');
  assert.equal((await json('handover-opening/1', ...words))['opened'], false);
  const { code, stderr } = await golden('undo-opened', 'undo', '--confirm', words[4] as string);
  assert.equal(code, 4, stderr);
});

test('R25 parcels sweep: nothing younger than the oldest backup goes', async () => {
  const swept = await json('handover-sweep/1', 'parcels', 'sweep', '--days', '30');
  assert.equal(swept['removed'], 0);
});

test('R25 databases of our own: nothing was started in the project folder', () => {
  assert.equal(existsSync(inProject(bench, '.handover/postgres')), false);
});

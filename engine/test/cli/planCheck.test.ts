import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import { handover, inProject, openBench } from './commandLine.ts';

const bench = await openBench({ patients: 3 });
after(() => bench[Symbol.asyncDispose]());

/** Replace the first `from` of a project file; returns the line it stood on. */
async function spoil(path: string, from: string, to: string): Promise<number> {
  const place = inProject(bench, path);
  const text = await readFile(place, 'utf8');
  assert.ok(text.includes(from), `${path} has no ${from}`);
  await writeFile(place, text.replace(from, to));
  return text.slice(0, text.indexOf(from)).split('\n').length;
}

async function restoring(paths: readonly string[], work: () => Promise<void>): Promise<void> {
  const before = await Promise.all(paths.map((path) => readFile(inProject(bench, path), 'utf8')));
  try {
    await work();
  } finally {
    for (const [at, path] of paths.entries()) {
      await writeFile(inProject(bench, path), before[at] as string);
    }
  }
}

const patients = 'mappings/clinic/pt_demog.yaml';

/** A mistake each: the file, what stands there, what is written instead, and the code it gets. */
const mistakes: readonly (readonly [path: string, from: string, to: string, code: string])[] = [
  [patients, 'family: last_nm', 'family: last_name', 'unknown-name'],
  [patients, 'gender: sex_cd', 'gendre: sex_cd', 'element-unknown'],
  [patients, "dob.date('MM/dd/yy')", "dob.date('MM/dd/jj')", 'literal-invalid'],
  [patients, "lang_cd.map('language', 'system')", "lang_cd.map('lang')", 'literal-invalid'],
  [patients, 'concept: birth-date', 'concept: birthdate', 'concept-unknown'],
  [patients, 'value: zip', 'value: zipcode', 'column-unknown'],
  ['mappings/clinic/allergies.yaml', 'key: ', 'kee: ', 'unknown-key'],
  [
    'mappings/clinic/encounters.yaml',
    'resources:',
    'lookup: maybe\nresources:',
    'boolean-expected',
  ],
  ['codes/sex.csv', ',approved,', ',aproved,', 'status-unknown'],
  ['codes/route.csv', ',equivalent,', ',same,', 'equivalence-unknown'],
];

test('R25 a plan with ten mistakes: all of them at once, each with file and line; exit 3', async () => {
  const paths = [...new Set(mistakes.map(([path]) => path))];
  await restoring(paths, async () => {
    const expected: string[] = [];
    for (const [path, from, to, code] of mistakes) {
      expected.push(`${path}:${await spoil(path, from, to)} ${code}`);
    }
    const { code, stdout, stderr } = await bench.run('plan', 'check');
    assert.deepEqual([code, stdout], [3, '']);
    const told = [...stderr.matchAll(/^(\S+?):(\d+):\d+ ([a-z-]+): .+$/gm)];
    const found = new Set(told.map(([, path, line, problem]) => `${path}:${line} ${problem}`));
    const missing = expected.filter((one) => !found.has(one));
    assert.deepEqual(missing, [], stderr);
    assert.match(stderr, /\n\d+ problems in the plan; nothing was changed\.\n$/);
  });
});

/** Spoils a file by each mistake; then what must be told, as `file:line code`. */
async function spoilAll(all: typeof mistakes): Promise<string[]> {
  const expected: string[] = [];
  // From the end of a file, so that lines that are added move nothing that was counted.
  for (const [path, from, to, code] of all.toReversed()) {
    expected.unshift(`${path}:${await spoil(path, from, to)} ${code}`);
  }
  return expected;
}

/** What standard error tells: file, line, code; and each has a fix. */
function toldIn(stderr: string): string[] {
  const told = [...stderr.matchAll(/^(\S+?):(\d+):\d+ ([a-z-]+): (.+)$/gm)];
  for (const [whole, , , , message] of told) assert.match(message ?? '', / → \S/, whole);
  return told.map(([, path, line, code]) => `${path}:${line} ${code}`);
}

const plan = 'handover.yaml';

/** In the order of the file; none adds a line. */
const planMistakes: typeof mistakes = [
  [plan, 'name: riverside-to-meridian', 'name: Riverside to Meridian', 'plan-shape'],
  [plan, '    schema: legacy', '    shema: legacy', 'setting-invalid'],
  [plan, 'America/Chicago', 'America/Chicagoo', 'setting-invalid'],
  [plan, 'centuryPivot: 2026', 'centuryPivot: 26', 'setting-invalid'],
  [plan, 'kind: embedded', 'kind: imbedded', 'connector-unknown'],
  [plan, 'strategy: { kind: big-bang }', 'strategy: { kind: big-bng }', 'plan-shape'],
  [plan, '# named here stops', 'route: [{ to: [chrt] }] #', 'target-unknown'],
  [plan, 'fate: not moved', 'fate: forgotten', 'plan-shape'],
  [plan, 'owner: integration analyst', 'ower: integration analyst', 'unknown-key'],
  [plan, '  Patient: { different: 0,', '  Patient: { different: none,', 'plan-shape'],
];

test('R25 ten mistakes in the plan alone: all at once, each with line and fix', async () => {
  await restoring([plan], async () => {
    const expected = await spoilAll(planMistakes);
    const { code, stdout, stderr } = await bench.run('plan', 'check');
    assert.deepEqual([code, stdout], [3, '']);
    const told = toldIn(stderr);
    for (const one of expected) assert.ok(told.includes(one), `${one} is not in\n${stderr}`);
    // What is misspelt is missing too; nothing else follows from the ten.
    const more = told.filter((one) => !expected.includes(one));
    assert.deepEqual(
      more.map((one) => one.replace(/^.* /, '')),
      ['plan-shape'],
      stderr,
    );
    assert.match(stderr, /\n11 problems in the plan; nothing was changed\.\n$/);
  });
});

/** In the order of the file. */
const mappingMistakes: typeof mistakes = [
  [patients, 'key: pt_id', 'key: pt_idd', 'column-unknown'],
  [patients, '"deleted ~ \'Y\'"', '"deletd ~ \'Y\'"', 'unknown-name'],
  [patients, "race_cd.map('race', 'system')", "race_cd.map('racee', 'system')", 'literal-invalid'],
  [patients, "ssn.replace('-', '')", "ssn.replce('-', '')", 'unknown-name'],
  [patients, 'given: [first_nm, mid_init]', 'given: first_nm', 'list-expected'],
  [patients, 'gender: sex_cd', 'gendre: sex_cd', 'element-unknown'],
  [patients, "dob.date('MM/dd/yy')", 'dob', 'type-clash'],
  [patients, 'concept: birth-date', 'concept: birthdate', 'concept-unknown'],
  [patients, 'value: zip', 'value: zipcode', 'column-unknown'],
  [patients, 'value: email, text: true', 'value: email', 'form-missing'],
];

test('R25 ten mistakes in a mapping alone: all at once, each with line and fix; no source', async () => {
  await restoring([patients], async () => {
    const expected = await spoilAll(mappingMistakes);
    const { folder } = bench;
    const { code, stdout, stderr } = await handover(['map', 'check'], { folder });
    assert.deepEqual([code, stdout], [3, '']);
    assert.deepEqual(toldIn(stderr), expected, stderr);
    const answer = await handover(['--json', 'map', 'check'], { folder });
    const { format, problems } = JSON.parse(answer.stdout) as { format: string; problems: [] };
    assert.deepEqual([format, problems.length], ['handover-map-check/1', 10]);
  });
});

test('R25 plan check --json: the problems are the data', async () => {
  await restoring([patients], async () => {
    const line = await spoil(patients, 'family: last_nm', 'family: last_name');
    const { code, stdout } = await bench.run('--json', 'plan', 'check');
    assert.equal(code, 3);
    const { format, problems } = JSON.parse(stdout) as {
      format: string;
      problems: { file: string; line: number; code: string; suggestion?: string }[];
    };
    assert.equal(format, 'handover-plan/1');
    assert.deepEqual(
      problems.map(({ file, line: at, code: problem }) => ({ file, at, problem })),
      [{ file: patients, at: line, problem: 'unknown-name' }],
    );
    assert.match(problems[0]?.suggestion ?? '', /last_nm/);
  });
});

test('R25 mistakes in the plan itself: an unknown setting, an unknown kind, a missing variable', async () => {
  await restoring(['handover.yaml'], async () => {
    const line = await spoil('handover.yaml', '    schema: legacy', '    shema: legacy');
    const { code, stderr } = await bench.run('plan', 'check');
    assert.equal(code, 3);
    assert.match(stderr, new RegExp(`^handover\\.yaml:${line}:\\d+ [a-z-]+: .*shema`, 'm'));
  });
  await restoring(['handover.yaml'], async () => {
    const line = await spoil('handover.yaml', 'kind: embedded', 'kind: imbedded');
    const { code, stderr } = await bench.run('plan', 'check');
    assert.equal(code, 3);
    assert.match(stderr, new RegExp(`^handover\\.yaml:${line}:\\d+ connector-unknown: `, 'm'));
  });
  const { CLINIC_URL: _, ...environment } = bench.environment;
  const { folder } = bench;
  const { code, stdout, stderr } = await handover(['plan', 'check'], { folder, environment });
  assert.deepEqual([code, stdout], [3, '']);
  assert.match(stderr, /^handover\.yaml:\d+:\d+ environment-missing: The environment has no CLIN/m);
});

test('R25 a target without a database of its own, beside DATABASE_URL: 3', async () => {
  const { HANDOVER_TARGET_URL: _, ...environment } = bench.environment;
  const { code, stderr } = await handover(['run'], { folder: bench.folder, environment });
  assert.equal(code, 3);
  assert.match(stderr, /target-url-missing: .*\n {2}next: Set HANDOVER_TARGET_URL/);
});

test('R25 a source that cannot be reached: 7, and no secret is told', async () => {
  const url = 'postgresql://reader:s3cret@127.0.0.1:1/clinic';
  const environment = { ...bench.environment, CLINIC_URL: url };
  const { code, stderr } = await handover(['run'], { folder: bench.folder, environment });
  assert.equal(code, 7);
  assert.match(stderr, /source-unavailable/);
  assert.doesNotMatch(stderr, /s3cret/);
});

test('R25 a table without a disposition: 3 in assess, and nothing was written', async () => {
  await restoring(['handover.yaml'], async () => {
    await spoil('handover.yaml', 'columns: [visit_note]', 'columns: [usr_def_3]');
    const { code, stderr, stdout } = await bench.run('run');
    assert.equal(code, 3, stderr);
    assert.match(stdout, /clinic\.encounters\.visit_note/);
    assert.match(stderr, /disposition-missing/);
  });
});

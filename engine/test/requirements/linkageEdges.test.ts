/**
 * A project and files with next to nothing to link by: the result is sensible, or the message says what is
 * missing, and the time is bounded.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { standingLinks } from '../../src/ledger/persons.ts';
import { openQuestions } from '../../src/run/linkage/worklist.ts';
import { temporaryFolder } from '../../src/store/testing.ts';
import { handover } from '../cli/commandLine.ts';
import { chartOf, ownClinic, type OwnClinic } from './ownClinic.ts';
import { owned } from './owned.ts';
import { openWorkbench } from './workbench.ts';

const header = 'pt,family,given,born,zip';

function clinic(lines: readonly string[]): OwnClinic {
  return {
    tables: { person: [header, ...lines].join('\n') },
    mappings: {
      person: `
stream: clinic.person
resources:
  Patient:
    identifier: [{ system: '=urn:riverside', value: pt }]
    name:
      - { $when: family.exists() or given.exists(), family: family, given: [given] }
    birthDate: born.date('yyyy-MM-dd')
    address: [{ $when: zip.exists(), postalCode: zip }]
`,
    },
    plan: 'linkage: {}',
  };
}

interface Linked {
  charts: number;
  links: number;
  questions: number;
  seconds: number;
}

async function linked(context: TestContext, lines: readonly string[]): Promise<Linked> {
  const project = owned(context, await ownClinic(clinic(lines)));
  const bench = owned(context, await openWorkbench(project.opened));
  const started = performance.now();
  const { state, code } = await bench.run();
  const seconds = (performance.now() - started) / 1_000;
  assert.deepEqual(bench.errors, []);
  assert.equal(state, 'finished', code);
  const { questions } = await openQuestions(bench.database);
  const review = await project.cli(['link', 'review']);
  assert.equal(review.code, 0, review.stderr);
  assert.match(review.stdout, /open question/);
  const all = [...(await chartOf(project)).values()];
  context.diagnostic(`${lines.length} records: ${seconds.toFixed(1)} s`);
  return {
    charts: all.filter((one) => one['resourceType'] === 'Patient').length,
    links: (await standingLinks(bench.database)).length,
    questions: questions.length,
    seconds,
  };
}

const born = (at: number): string =>
  new Date(Date.UTC(1930, 0, 1) + ((at * 7) % 33_000) * 86_400_000).toISOString().slice(0, 10);

test('a project of three records: who agrees in all is a question or one, a stranger is neither', async (context) => {
  const { charts, links, questions } = await linked(context, [
    'p1,NUNEZ,ANA,1974-12-03,60546',
    'p2,NUNEZ,ANA,1974-12-03,60546',
    'p3,OKAFOR,JOHN,1950-06-14,60402',
  ]);
  assert.equal(charts, 3 - links);
  assert.equal(links + questions, 1, 'the two that agree, and nobody else');
});

test('a project of one source whose names are all empty links nobody', async (context) => {
  const lines = Array.from({ length: 60 }, (_, at) => `p${at},,,${born(at)},`);
  const { charts, links, questions } = await linked(context, lines);
  assert.deepEqual({ charts, links, questions }, { charts: 60, links: 0, questions: 0 });
  const nameless = Array.from({ length: 60 }, (_, at) => `p${at},,,,`);
  const nothing = await linked(context, nameless);
  assert.deepEqual([nothing.charts, nothing.links, nothing.questions], [60, 0, 0]);
});

test('a project in which 50,000 share one name links none of them, in bounded time', async (context) => {
  const lines = Array.from(
    { length: 50_000 },
    (_, at) => `p${at},BABY,BOY,${born(at)},${10_000 + (at % 900)}`,
  );
  const { charts, links, questions, seconds } = await linked(context, lines);
  assert.deepEqual([charts, links], [50_000, 0]);
  assert.ok(questions < 500, `${questions} questions`);
  assert.ok(seconds < 600, `${seconds.toFixed(0)} s`);
});

test('link at the command line says what it cannot do with such files, and does the rest', async () => {
  const folder = await temporaryFolder();
  const file = async (name: string, lines: readonly string[]): Promise<string> => {
    const place = join(folder, name);
    await writeFile(place, `${lines.join('\n')}\n`);
    return place;
  };
  const people = 'given,family,dob';
  const three = await file('three.csv', [
    people,
    'ANA,NUNEZ,1974-12-03',
    'ANA,NUNEZ,1974-12-03',
    'JOHN,OKAFOR,1950-06-14',
  ]);
  const empty = await file('empty.csv', [people, ...Array.from({ length: 60 }, () => ',,')]);
  const nobody = await file('nobody.csv', [people]);
  for (const words of [['estimate'], ['run'], ['review']]) {
    for (const some of [three, empty, nobody]) {
      const { code, stdout, stderr } = await handover(['link', ...words, some]);
      const said = `${words.join()} ${some}: ${stdout}${stderr}`;
      assert.ok(code === 0 || /^linkage-[a-z]+: .*\n {2}next: /.test(stderr), said);
      assert.doesNotMatch(said, /NaN|Infinity|undefined|null:/, said);
    }
  }
  const refusals: readonly (readonly [words: string[], what: RegExp])[] = [
    [['explain', '1', '2'], /linkage-file: Which files/],
    [['explain', '1', three], /linkage-file: Which files/],
    [['explain', '1', '9', three], /linkage-record: /],
    [['run', three, '--model', join(folder, 'none.json')], /linkage-model: There is no file/],
    [['run', three, '--model', three], /linkage-model: .* is no model/],
    [['run', folder], /linkage-file: .* is no file/],
  ];
  for (const [words, what] of refusals) {
    const { code, stderr } = await handover(['link', ...words]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, what);
  }
  const apart = await file('apart.csv', [people, 'ANA,NUNEZ,1974-12-03', 'JOHN,OKAFOR,1950-06-14']);
  const { stdout } = await handover(['link', 'review', apart]);
  assert.match(stdout, /^0 questions/);
  assert.doesNotMatch(stdout, /why it is a question/, 'no empty table');
});

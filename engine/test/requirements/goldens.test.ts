import assert from 'node:assert/strict';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before as beforeAll, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { testGoldens, type TestedGoldens } from '../../src/run/goldens/goldens.ts';
import { readWritten } from '../../src/run/plan/written.ts';
import { temporaryFolder } from '../../src/store/testing.ts';
import { handover } from '../cli/commandLine.ts';
import { replaceOnce } from './project.ts';

const template = fileURLToPath(new URL('../../project-template/', import.meta.url));

let folder: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  await cp(template, folder, { recursive: true });
});

after(() => rm(folder, { recursive: true, force: true }));

async function tested(only?: string): Promise<TestedGoldens> {
  const { project, problems } = await readWritten(folder);
  assert.deepEqual(problems, []);
  assert.ok(project);
  return testGoldens(project.plan, project, only);
}

/** With `from` in a file of the project replaced by `to`. */
async function spoilt(file: string, from: string, to: string, work: () => Promise<void>) {
  const path = join(folder, file);
  const text = await readFile(path, 'utf8');
  await writeFile(path, replaceOnce(text, from, to, file));
  try {
    await work();
  } finally {
    await writeFile(path, text);
  }
}

const refuted = 'mappings/clinic/allergies.test/refuted-unconfirmed-inactive.yaml';

test('R07 the goldens of the project template: refuted, 0.50, 1974-12, none known, statuses', async () => {
  const { results, problems } = await tested();
  assert.deepEqual(problems, []);
  assert.ok(results.length >= 12);
  for (const { golden, differences, contradictions } of results) {
    assert.ok(golden.expect !== undefined, golden.file.path);
    assert.deepEqual({ differences, contradictions }, { differences: [], contradictions: [] });
  }
});

test('the goldens of the example for Synthea, one for every mapping that makes something', async () => {
  const example = fileURLToPath(new URL('../../examples/synthea/', import.meta.url));
  const { project, problems } = await readWritten(example);
  assert.deepEqual(problems, []);
  assert.ok(project);
  const { results, untested, problems: wrong } = testGoldens(project.plan, project);
  assert.deepEqual([wrong, untested], [[], []]);
  assert.ok(results.length >= 17);
  for (const { golden, differences, contradictions } of results) {
    assert.deepEqual(
      { differences, contradictions },
      { differences: [], contradictions: [] },
      golden.file.path,
    );
  }
});

test('R07 a status that is promoted fails its golden, and contradicts the facts', async () => {
  const map = 'codes/allergy-verification-status.csv';
  await spoilt(map, 'R,refuted,Refuted', 'R,confirmed,Confirmed', async () => {
    const { results } = await tested(refuted);
    const draft = 'AllergyIntolerance/clinic.allergies-1';
    assert.deepEqual(
      results.map(({ differences, contradictions }) => ({ differences, contradictions })),
      [
        {
          differences: [
            {
              draft,
              path: 'AllergyIntolerance.verificationStatus.coding[0].code',
              expected: '"refuted"',
              made: '"confirmed"',
            },
          ],
          contradictions: [{ draft, kind: 'different', path: 'allergy-verification-status' }],
        },
      ],
    );
  });
});

test('R07 digits that go missing fail a golden', async () => {
  const golden = 'mappings/clinic/medications.test/statuses.yaml';
  await spoilt(golden, 'dose_qty: 0.50', 'dose_qty: 0.5', async () => {
    const { results } = await tested('clinic.medications');
    const [first] = results[0]?.differences ?? [];
    assert.deepEqual([first?.expected, first?.made], ['0.50', '0.5']);
  });
});

test('map test: no key, no source; what differs is shown, and --update writes it down', async () => {
  const words = ['--project', folder, 'map', 'test', 'clinic.pt_demog'];
  const sound = await handover(words);
  assert.equal(sound.code, 0, sound.stderr);
  assert.match(
    sound.stdout,
    /^1 golden: all as expected \(\d+ ms\)(; \d+ mappings? without any)?\n$/,
  );
  const golden = join(folder, 'mappings/clinic/pt_demog.test/deceased.yaml');
  const before = await readFile(golden, 'utf8');
  const mapping = 'mappings/clinic/pt_demog.yaml';
  await spoilt(mapping, '- { use: =official, family', '- { use: =usual, family', async () => {
    const differs = await handover(words);
    assert.equal(differs.code, 5);
    assert.match(
      differs.stdout,
      /Patient\/clinic\.pt-demog-7\n {4}Patient\.name\[0\]\.use\n {6}expected {2}"official"\n {6}made {6}"usual"/,
    );
    const updated = await handover([...words, '--update']);
    assert.equal(updated.code, 0);
    assert.match(updated.stdout, /expected {2}"official"/);
    assert.equal(await readFile(golden, 'utf8'), before.replaceAll('official', 'usual'));
    assert.equal((await handover(words)).code, 0);
  });
  await writeFile(golden, before);
});

test('map test: what contradicts the facts is wrong even when it is expected', async () => {
  const map = 'codes/allergy-verification-status.csv';
  const before = await readFile(join(folder, refuted), 'utf8');
  await spoilt(map, 'R,refuted,Refuted', 'R,confirmed,Confirmed', async () => {
    const words = ['--project', folder, 'map', 'test', refuted];
    assert.equal((await handover([...words, '--update'])).code, 5);
    const { code, stdout } = await handover(words);
    assert.equal(code, 5);
    assert.doesNotMatch(stdout, /expected {2}/);
    assert.match(
      stdout,
      /the facts contradict the draft: allergy-verification-status is different/,
    );
  });
  await writeFile(join(folder, refuted), before);
});

test('map test: a golden with mistakes, and one without a mapping, end with 3', async () => {
  const golden = 'mappings/clinic/visit_dx.test/not-the-problem-list.yaml';
  await spoilt(golden, '- dx_id: 1', '- dx_idd: 1', async () => {
    const lost = join(folder, 'mappings/clinic/nobody.test');
    await cp(join(folder, 'mappings/clinic/visit_dx.test'), lost, { recursive: true });
    const { code, stderr } = await handover(['--project', folder, 'map', 'test']);
    await rm(lost, { recursive: true });
    assert.equal(code, 3);
    assert.match(stderr, /visit_dx\.test\/\S+:4:5 column-unknown: .*"dx_idd" → dx_id\n/);
    assert.match(stderr, /nobody\.test\/\S+:1:1 golden-without-mapping: /);
  });
});

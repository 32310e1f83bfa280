import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { testProject, type TestProject } from '../requirements/project.ts';
import { openWorkbench } from '../requirements/workbench.ts';

/** The sample hospital through a whole run into a folder of NDJSON. */
let project: TestProject;

before(async () => {
  project = await testProject({ patients: 25 });
  const ndjson = 'chart: { kind: ndjson, folder: export, plaintext: true }';
  await project.edit('handover.yaml', 'chart: { kind: embedded }', ndjson);
});
after(() => project.close());

interface Manifest {
  output: { type: string; url: string; count: number }[];
}

async function manifest(): Promise<Manifest> {
  const text = await readFile(join(project.folder, 'export/manifest.json'), 'utf8');
  return JSON.parse(text) as Manifest;
}

test('a run into a folder is read back green; a second one writes no file', async () => {
  const bench = await openWorkbench(project.opened);
  const { run, state, code } = await bench.run();
  assert.deepEqual(
    { state, code, errors: bench.errors },
    { state: 'finished', code: 'none', errors: [] },
  );
  const { verdict, targets } = await bench.report(run);
  assert.equal(verdict.color, 'green');
  const loaded = targets.reduce((sum, target) => sum + target.loaded, 0);
  const first = await manifest();
  assert.equal(
    first.output.reduce((sum, { count }) => sum + count, 0),
    loaded,
  );
  assert.equal((await bench.run()).state, 'finished');
  await bench.close();
  assert.deepEqual((await manifest()).output, first.output);
});

test('a value changed in a file is found when it is read back', async () => {
  const { output } = await manifest();
  const path = join(
    project.folder,
    'export',
    output.find(({ type }) => type === 'Patient')?.url ?? '',
  );
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace(/"birthDate":"\d{4}/, '"birthDate":"1901'));
  const bench = await openWorkbench(project.opened);
  const { run } = await bench.run();
  const findings = await bench.findings(run);
  assert.deepEqual(
    findings.filter(({ verifier }) => verifier === 'delivery').map((one) => one.path),
    ['Patient.birthDate'],
  );
  await bench.close();
});

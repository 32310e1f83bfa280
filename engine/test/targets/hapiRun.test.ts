import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { testProject, type TestProject } from '../requirements/project.ts';
import { openWorkbench } from '../requirements/workbench.ts';
import { serverMayChange } from '../../src/verification/serverManaged.ts';
import { contentsOf } from './hapiContents.ts';
import { hapiMissing, startHapi, type Hapi } from './hapi.ts';

/**
 * The whole sample hospital into a HAPI FHIR server, read back, and taken back. With
 * HANDOVER_HAPI_PATIENTS=300 it is the population of the demo.
 */
const skip = hapiMissing ?? false;
const patients = Number(process.env['HANDOVER_HAPI_PATIENTS'] ?? 20);

let hapi: Hapi;
let project: TestProject;
let run: string;

before(async () => {
  if (skip !== false) return;
  hapi = await startHapi('client');
  project = await testProject({ patients, tables: 'all' });
  const fhir = `{ kind: fhir, url: '${hapi.url}', ids: client }`;
  await project.edit('handover.yaml', 'chart: { kind: embedded }', `chart: ${fhir}`);
});
after(async () => {
  await project?.close();
  await hapi?.close();
});

test('the whole hospital goes into HAPI FHIR and is read back green', { skip }, async (context) => {
  const bench = await openWorkbench(project.opened);
  const end = await bench.run();
  assert.deepEqual({ ...end, errors: bench.errors }, { ...end, state: 'finished', errors: [] });
  run = end.run;
  const { verdict, targets } = await bench.report(run);
  const findings = await bench.findings(run);
  await bench.close();
  assert.deepEqual({ color: verdict.color, findings }, { color: 'green', findings: [] });
  const loaded = targets.reduce((sum, target) => sum + target.loaded, 0);
  const { resources, added } = await contentsOf(hapi.url);
  assert.equal(resources, loaded);
  const declared = new Set(serverMayChange.map(({ path }) => path));
  for (const [path, count] of added) {
    context.diagnostic(
      `${path}: ${count} of ${resources}, ${declared.has(path) ? 'the server’s' : 'ours'}`,
    );
  }
});

test('the load is taken back by new versions', { skip }, async () => {
  const words = ['undo', run, '--confirm', 'riverside-to-meridian'];
  const { code, stdout, stderr } = await project.cli(words);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /taken back by new versions; its history shows both/);
  assert.equal((await contentsOf(hapi.url)).resources, 0);
});

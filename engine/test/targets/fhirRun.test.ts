import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { testProject, type TestProject } from '../requirements/project.ts';
import { openWorkbench, type Workbench } from '../requirements/workbench.ts';
import { startFace, type Face } from './face.ts';
import { layWire, type Weather } from './wire.ts';

/** The sample hospital through a whole run into a FHIR server over HTTP. */
let face: Face;
let project: TestProject;

beforeEach(async () => {
  face = await startFace();
  project = await testProject({ patients: 25 });
});
afterEach(async () => {
  await project.close();
  await face.close();
});

const signal = new AbortController().signal;

/** Point the project's target at a server. */
async function aimAt(url: string, settings = ''): Promise<void> {
  project.environment['CHART_URL'] = url;
  project.environment['CHART_TOKEN'] = face.token;
  const fhir = `{ kind: fhir, url: '\${CHART_URL}', token: '\${CHART_TOKEN}'${settings} }`;
  await project.edit('handover.yaml', 'chart: { kind: embedded }', `chart: ${fhir}`);
}

/** Versions of everything on the server, each by how many resources have it. */
async function versions(): Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  for await (const { resources } of face.store.scan(undefined, signal)) {
    for (const one of resources) {
      if (one.state === 'present') counts[one.version] = (counts[one.version] ?? 0) + 1;
    }
  }
  return counts;
}

/** Digests of all that stands on the server. */
async function contents(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { resources } of face.store.scan(undefined, signal)) {
    for (const one of resources) {
      if (one.state === 'present') found.set(`${one.type}/${one.id}`, one.digest);
    }
  }
  return found;
}

async function greenRun(bench: Workbench): Promise<string> {
  const { run, state, code } = await bench.run();
  assert.deepEqual(
    { state, code, errors: bench.errors },
    { state: 'finished', code: 'none', errors: [] },
  );
  const { verdict, findings, targets } = await bench.report(run);
  assert.deepEqual({ color: verdict.color, findings }, { color: 'green', findings: [] });
  const loaded = targets.reduce((sum, target) => sum + target.loaded, 0);
  assert.ok(loaded > 0);
  assert.deepEqual(await versions(), { 1: loaded });
  return run;
}

test('a run into a FHIR server is read back green, and a second one changes nothing', async () => {
  await aimAt(face.url);
  const bench = await openWorkbench(project.opened);
  await greenRun(bench);
  const before = await versions();
  const second = await bench.run();
  assert.equal(second.state, 'finished');
  assert.deepEqual(await versions(), before);
  await bench.close();
});

test('a change at the server is found, and stops an undo; without it all is taken back', async () => {
  await aimAt(face.url);
  const bench = await openWorkbench(project.opened);
  const run = await greenRun(bench);
  const [patient] = await face.store.search({ type: 'Patient', count: 1 });
  const { id = '', body = Buffer.alloc(0) } = patient ?? {};
  const changed = Buffer.from(body.toString().replace(/"birthDate":"\d{4}/, '"birthDate":"1901'));
  await face.store.write([{ kind: 'put', type: 'Patient', id, body: changed }], signal);
  await bench.verify(run);
  const findings = await bench.findings(run);
  assert.ok(findings.some((one) => one.id === id && one.path === 'Patient.birthDate'));
  await bench.close();
  const before = await versions();
  const undo = ['undo', run, '--confirm', 'riverside-to-meridian'];
  const stopped = await project.cli(undo);
  assert.equal(stopped.code, 8, stopped.stderr);
  assert.match(stopped.stderr, /foreign-change/);
  assert.deepEqual(await versions(), before);
  await face.store.write([{ kind: 'put', type: 'Patient', id, body }], signal);
  const { code, stdout, stderr } = await project.cli(undo);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /taken back by new versions/);
  assert.deepEqual(await versions(), {});
});

test('what a second run replaced is put back, and then the first run taken back too', async () => {
  await aimAt(face.url);
  const bench = await openWorkbench(project.opened);
  const first = await greenRun(bench);
  const before = await contents();
  await project.edit('mappings/clinic/pt_demog.yaml', 'us-core-patient', 'us-core-patient|6.1.0');
  const second = await bench.run();
  await bench.close();
  assert.equal(second.state, 'finished');
  assert.notDeepEqual(await contents(), before);
  const undo = ['undo', second.run, '--confirm', 'riverside-to-meridian'];
  const { code, stderr } = await project.cli(undo);
  assert.equal(code, 0, stderr);
  assert.deepEqual(await contents(), before);
  const all = await project.cli(['undo', first, '--confirm', 'riverside-to-meridian']);
  assert.equal(all.code, 0, all.stderr);
  assert.deepEqual(await contents(), new Map());
});

/** After every commit the answer is lost, each time in another way. */
const lost: Weather[] = ['reset', 'error', 'cut', 'gateway'];

test('R03 every write is committed and its answer lost: one object per source key', async () => {
  let writes = 0;
  const wire = await layWire(face.url, (request) => {
    if (!request.writes) return 'fair';
    // A server that never answers costs a time-out: once is enough.
    return writes++ === 2 ? 'late' : (lost[writes % lost.length] ?? 'fair');
  });
  await aimAt(wire.url, ', entries: 40, timeoutSeconds: 1');
  const bench = await openWorkbench(project.opened);
  await greenRun(bench);
  assert.ok(writes > 5);
  await bench.close();
  await wire.close();
});

test('R17 a server that pushes back and fails now and then is asked again, and all arrives', async () => {
  const wire = await layWire(face.url, ({ at }) => {
    if (at < 3 || at % 3 > 0) return 'fair';
    return at % 2 === 0 ? 'busy' : 'error';
  });
  await aimAt(wire.url, ', entries: 40');
  const bench = await openWorkbench(project.opened);
  await greenRun(bench);
  assert.ok(wire.heard.some(({ weather }) => weather === 'busy'));
  await bench.close();
  await wire.close();
});

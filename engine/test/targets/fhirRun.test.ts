import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { ScriptedServer } from '../../src/connectors/fhir/testing.ts';
import { listRuns } from '../../src/ledger/runs.ts';
import { testProject, type TestProject } from '../requirements/project.ts';
import { openWorkbench, type Workbench } from '../requirements/workbench.ts';
import { startFace, type Face } from './face.ts';
import { busySeconds, layWire, type Weather, type Wire } from './wire.ts';

/** The sample hospital through a whole run into a FHIR server over HTTP. */
let face: Face;
let project: TestProject;
const wires: Wire[] = [];

beforeEach(async () => {
  face = await startFace();
  project = await testProject({ patients: 10 });
});
afterEach(async () => {
  for (const wire of wires.splice(0)) await wire.close();
  await project.close();
  await face.close();
});

async function wireOf(weather: Wire['weather']): Promise<Wire> {
  const wire = await layWire(face.url, weather);
  wires.push(wire);
  return wire;
}

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

test('a server that lacks what the plan needs is told of before anything is written: exit 3', async () => {
  const server = await ScriptedServer.start();
  await aimAt(server.url);
  const { code, stderr } = await project.cli(['run']);
  await server.close();
  assert.equal(code, 3, stderr);
  assert.match(
    stderr,
    /handover\.yaml:\d+:\d+.*does not have AllergyIntolerance, .*Practitioner\./,
  );
  assert.ok(server.heard.every(({ path }) => path === 'metadata'));
  const bench = await openWorkbench(project.opened);
  assert.deepEqual(await listRuns(bench.database), []);
  await bench.close();
});

/** What becomes of the answer to every write, after the server has committed. */
const lost: Readonly<Record<string, Weather>> = {
  'times out': 'late',
  'resets the connection': 'reset',
  'answers 500': 'error',
};

for (const [name, weather] of Object.entries(lost)) {
  test(`R03 over HTTP every write commits, then ${name}: one object per source key`, async () => {
    const wire = await wireOf(({ writes }) => (writes ? weather : 'fair'));
    await aimAt(wire.url, ', entries: 500, timeoutSeconds: 1');
    const bench = await openWorkbench(project.opened);
    await greenRun(bench);
    const writes = wire.heard.filter((one) => one.writes);
    assert.ok(writes.length >= 4, String(writes.length));
    await bench.close();
  });
}

test('R17 over HTTP every write is first answered with 429: the pause is kept, by all requests', async () => {
  let pushedBack = false;
  const wire = await wireOf(({ writes }) => {
    if (!writes) return 'fair';
    pushedBack = !pushedBack;
    return pushedBack ? 'busy' : 'fair';
  });
  await aimAt(wire.url, ', entries: 500, connections: 1');
  const bench = await openWorkbench(project.opened);
  await greenRun(bench);
  await bench.close();
  const busy = wire.heard.filter((one) => one.weather === 'busy');
  assert.ok(busy.length >= 4, String(busy.length));
  assert.equal(wire.heard.filter(({ writes }) => writes).length, 2 * busy.length);
  for (const { timeMs: saidMs } of busy) {
    const next = wire.heard.find(({ timeMs }) => timeMs > saidMs);
    const waitedMs = (next?.timeMs ?? 0) - saidMs;
    assert.ok(waitedMs >= busySeconds * 1000, `asked again after ${waitedMs} ms`);
  }
});

test('R17 over HTTP a server that is down is left alone: the run pauses, then goes on', async () => {
  let away = false;
  const wire = await wireOf(({ writes }) => {
    away ||= writes;
    return away ? 'error' : 'fair';
  });
  await aimAt(wire.url, ', entries: 500');
  const bench = await openWorkbench(project.opened);
  const { run, ...end } = await bench.run();
  assert.deepEqual(end, { state: 'paused', code: 'target-unavailable' });
  const gaps = wire.heard.map(({ timeMs }, at) => timeMs - (wire.heard[at - 1]?.timeMs ?? timeMs));
  const tried = wire.heard.filter(({ weather }) => weather === 'error').length;
  assert.ok(tried <= 20, `${tried} requests`);
  assert.ok(Math.max(...gaps) >= 200, gaps.join());
  await bench.close();
  wire.weather = () => 'fair';
  const later = await openWorkbench(project.opened);
  assert.equal((await later.resume(run)).state, 'finished');
  assert.deepEqual(Object.keys(await versions()), ['1']);
  await later.close();
});

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { canonicalJson, parseJson, toJson, type JsonObject } from '../../src/base/json.ts';
import { objects, texts } from '../../src/verification/concepts/elements.ts';
import { testProject, type TestProject } from '../requirements/project.ts';
import { openWorkbench } from '../requirements/workbench.ts';
import { startFace, type Face } from './face.ts';

/** A FHIR server that has patients of its own, over HTTP. */
let face: Face;
let project: TestProject;

beforeEach(async () => {
  face = await startFace();
  project = await testProject({ patients: 10 });
});
afterEach(async () => {
  await project.close();
  await face.close();
});

const { signal } = new AbortController();

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

async function patients(): Promise<JsonObject[]> {
  const found = await face.store.search({ type: 'Patient', count: 100 });
  return found.flatMap(({ body }) => (body ? [parseJson(body.toString()) as JsonObject] : []));
}

const numbersOf = (one: JsonObject): string[] =>
  objects(one, 'identifier').flatMap((each) => texts(each, 'value'));

test('R10 people whom a FHIR server has get no second chart; an undo puts back what stood there', async () => {
  project.environment['CHART_URL'] = face.url;
  project.environment['CHART_TOKEN'] = face.token;
  const fhir = `{ kind: fhir, url: '\${CHART_URL}', token: '\${CHART_TOKEN}' }`;
  await project.edit('handover.yaml', 'chart: { kind: embedded }', `chart: ${fhir}`);
  await project.write('handover.yaml', `${await project.read('handover.yaml')}\nlinkage: {}\n`);
  const bench = await openWorkbench(project.opened);
  const undo = async (run: string): Promise<void> => {
    const { code, stderr } = await project.cli(['undo', run, '--confirm', 'riverside-to-meridian']);
    assert.equal(code, 0, stderr);
  };
  const empty = await bench.run();
  assert.equal(empty.state, 'finished', empty.code);
  const alone = await patients();
  await undo(empty.run);
  assert.equal((await contents()).size, 0);

  const own = alone.slice(0, 3).map((chart, at): JsonObject => {
    const { meta: _, generalPractitioner: __, ...known } = chart;
    const identifier = [...objects(chart, 'identifier').slice(1), { value: `M${at}` }];
    return toJson({ ...known, id: `mer-${at}`, identifier }) as JsonObject;
  });
  const puts = own.map((one) => ({
    kind: 'put' as const,
    type: 'Patient',
    id: one['id'] as string,
    body: Buffer.from(canonicalJson(one)),
  }));
  await face.store.write(puts, signal);
  const before = await contents();
  await project.edit('handover.yaml', 'kind: fhir, ', 'kind: fhir, existing: link, ');
  const { run, state, code } = await bench.run();
  assert.deepEqual(
    { state, code, errors: bench.errors },
    { state: 'finished', code: 'none', errors: [] },
  );
  assert.deepEqual(await bench.findings(run), []);
  const charts = await patients();
  assert.equal(charts.length, alone.length, 'no second chart');
  for (const [at, chart] of alone.slice(0, 3).entries()) {
    const [number = ''] = numbersOf(chart);
    const found = charts.filter((one) => numbersOf(one).includes(number));
    assert.deepEqual(
      found.map(({ id }) => id),
      [`mer-${at}`],
    );
    assert.ok(numbersOf(found[0] as JsonObject).includes(`M${at}`));
  }
  const loaded = await contents();
  const again = await bench.run();
  assert.equal(again.state, 'finished', again.code);
  assert.deepEqual(await contents(), loaded, 'a second run changes nothing');
  await bench.close();
  await undo(again.run);
  await undo(run);
  assert.deepEqual(await contents(), before);
});

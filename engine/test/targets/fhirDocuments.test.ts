import assert from 'node:assert/strict';
import { test } from 'node:test';
import { owned } from '../requirements/owned.ts';
import { ownClinic } from '../requirements/ownClinic.ts';
import { openWorkbench } from '../requirements/workbench.ts';
import { startFace } from './face.ts';

/** Results that land as documents of each year, at a FHIR server over HTTP. */
const person = 'stream: clinic.person\nresources:\n  Patient: { name: [{ family: family }] }\n';
const result = `
stream: clinic.result
scope: { domain: results, date: { column: taken, pattern: yyyyMMdd }, patient: pt_id }
resources:
  Observation:
    status: =final
    code: { text: test_nm }
    subject: pt_id.reference('clinic.person')
    effectiveDateTime: taken.dateTime('yyyyMMdd')
    valueQuantity: { value: val.decimal(), unit: unit }
facts:
  resource: Observation
  subject: { column: pt_id, stream: clinic.person }
  declare:
    - { concept: result-value, value: val, decimal: true }
`;
const rows = [
  'res_id,pt_id,taken,test_nm,val,unit',
  'r1,p1,20240102,Sodium,140.0,mmol/L',
  'r2,p1,20240105,Potassium,about 4,mmol/L',
  'r3,p1,20250105,Iron,1.50,mg/L',
].join('\n');
const plan = `scope:
  asOf: '2026-06-30'
  domains:
    results: { since: 10 years, lands: document, documents: year, owner: HIM, approver: CMO }
`;

test('documents of each year go to a FHIR server, are completed there, and taken back', async (context) => {
  const face = owned(context, await startFace());
  const tables = { person: 'person_id,family\np1,One\n', result: rows };
  const project = owned(context, await ownClinic({ tables, mappings: { person, result }, plan }));
  project.environment['CHART_TOKEN'] = face.token;
  const fhir = `{ kind: fhir, url: '${face.url}', token: '\${CHART_TOKEN}' }`;
  await project.edit('handover.yaml', 'chart: { kind: embedded }', `chart: ${fhir}`);
  const bench = owned(context, await openWorkbench(project.opened));
  const { run, state, code } = await bench.run();
  assert.deepEqual(
    { state, code, errors: bench.errors },
    { state: 'finished', code: 'none', errors: [] },
  );
  const signal = new AbortController().signal;
  const described = async (): Promise<string[]> => {
    const documents = await face.store.search({ type: 'DocumentReference', count: 10 });
    const said = documents.map(
      ({ body }) => /"description":"([^"]*)"/.exec(String(body))?.[1] ?? '',
    );
    return said.toSorted();
  };
  assert.deepEqual(await described(), [
    'Results 2024: 1 source item; 1 source item held for review, not in here',
    'Results 2025: 1 source item',
  ]);
  const held = (await bench.report(run)).held.map(({ code: why, count }) => `${why} ${count}`);
  assert.deepEqual(held, ['decimal-unreadable 1']);
  const lenient = `"iif(val = 'about 4', '4', val).decimal()"`;
  await project.edit('own/mappings/result.yaml', 'val.decimal()', lenient);
  await bench.replay(run, { code: 'decimal-unreadable' });
  assert.deepEqual(await described(), [
    'Results 2024: 2 source items',
    'Results 2025: 1 source item',
  ]);
  const undone = await project.cli(['undo', run, '--confirm', 'own-clinic']);
  assert.equal(undone.code, 0, undone.stderr);
  for await (const { resources } of face.store.scan(undefined, signal)) {
    assert.ok(resources.every((one) => one.state !== 'present'));
  }
});

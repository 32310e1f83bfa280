/** Codes of drafts judged by what a site has in a folder that its plan names, in whole runs. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageOf } from '../../src/quality/validator/definitions/testing.ts';
import { ownClinic } from './ownClinic.ts';
import { openWorkbench } from './workbench.ts';

const profile = 'http://site.example/StructureDefinition/lab';
const tests = 'http://site.example/ValueSet/tests';

/** Observations whose code must be of a value set that the guide names and does not have. */
const guide = packageOf({
  'StructureDefinition-lab.json': {
    resourceType: 'StructureDefinition',
    url: profile,
    name: 'Lab',
    status: 'active',
    kind: 'resource',
    abstract: false,
    type: 'Observation',
    baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Observation',
    derivation: 'constraint',
    differential: {
      element: [
        {
          id: 'Observation.code',
          path: 'Observation.code',
          binding: { strength: 'required', valueSet: tests },
        },
      ],
    },
  },
});

const valueSet = {
  resourceType: 'ValueSet',
  url: tests,
  compose: {
    include: [
      { system: 'http://loinc.org', filter: [{ property: 'CLASSTYPE', op: '=', value: '1' }] },
      { system: 'http://terminology.hl7.org/CodeSystem/observation-category' },
    ],
  },
};

const loinc = `LOINC_NUM,CLASSTYPE,STATUS,LONG_COMMON_NAME
2345-7,1,ACTIVE,Glucose
8867-4,2,ACTIVE,Heart rate
`;

const mapping = `
stream: clinic.result
resources:
  Observation:
    status: =final
    code: { coding: [{ system: sys, code: cd }] }
`;

const rows = `res_id,sys,cd
r1,http://loinc.org,2345-7
r2,http://loinc.org,8867-4
r3,http://loinc.org,718-7
r4,http://terminology.hl7.org/CodeSystem/observation-category,laboratory
`;

test('R07 what a run could not judge is said, and judged once the plan names the terminology that has it', async (context) => {
  const check = `check: { packages: [guide.tgz], profiles: ['${profile}'] }\n`;
  const project = await ownClinic({
    tables: { result: rows },
    mappings: { result: mapping },
    plan: check,
  });
  context.after(() => project.close());
  await writeFile(join(project.folder, 'guide.tgz'), guide);
  const bench = await openWorkbench(project.opened);
  context.after(() => bench.close());

  const before = await bench.run();
  assert.equal(before.state, 'finished', before.code);
  const unjudged = await bench.report(before.run);
  assert.deepEqual(unjudged.held, []);
  assert.deepEqual(unjudged.notLoaded, [
    { code: 'code-system-not-loaded', canonical: 'http://loinc.org', drafts: 3 },
    { code: 'value-set-not-loaded', canonical: tests, drafts: 4 },
  ]);

  await mkdir(join(project.folder, 'terminology'));
  await project.write('terminology/Loinc.csv', loinc);
  await project.write('terminology/tests.json', JSON.stringify(valueSet));
  await project.edit('handover.yaml', check, check.replace(' }', ', terminology: terminology }'));
  const after = await bench.run();
  assert.equal(after.state, 'finished', after.code);
  const judged = await bench.report(after.run);
  assert.deepEqual(judged.notLoaded, []);
  assert.deepEqual(
    judged.held.map(({ code, path, count }) => [code, path, count]),
    [
      ['code-unknown', 'Observation.code', 1],
      ['code-unknown', 'Observation.code.coding.code', 1],
    ],
  );
});

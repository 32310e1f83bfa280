/** Labels and restrictions in whole runs: what bears them, where it may lie, and what a target must guard. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { JsonObject } from '../../src/base/json.ts';
import { draftBalances } from '../../src/ledger/balances.ts';
import { listExceptions } from '../../src/ledger/exceptions.ts';
import type { TestProject } from './project.ts';
import { chartOf, ownClinic, type OwnClinic } from './ownClinic.ts';
import { owned } from './owned.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

const clinic: OwnClinic = {
  tables: {
    person: 'person_id,family,dob\np1,One,19700101\np2,Two,20120101\np3,Three,19800101\n',
    visit: 'visit_id,pt_id,unit\nv1,p1,SUD\nv2,p1,MED\nv3,p2,MED\nv4,p3,MED\n',
    // One of each visit; of the child's, one that says HIV and one that says a cold.
    dx: 'dx_id,pt_id,visit_id,code\nd1,p1,v1,J00\nd2,p1,v2,J00\nd3,p2,v3,B20\nd4,p2,v3,J00\nd5,p3,v4,J00\n',
    promise: 'promise_id,pt_id,kind\nf1,p3,SELFPAY\n',
    charge: 'charge_id,pt_id,code\nc1,p3,99213\nc2,p1,99213\n',
    proxy: 'proxy_id,pt_id,family,until\nx1,p2,Guard,20300101\n',
  },
  mappings: {
    person: `
stream: clinic.person
resources:
  Patient: { name: [{ family: family }], birthDate: dob.date('yyyyMMdd') }
`,
    visit: `
stream: clinic.visit
resources:
  Encounter:
    status: =finished
    class: { system: =urn:units, code: unit }
    subject: pt_id.reference('clinic.person')
`,
    dx: `
stream: clinic.dx
resources:
  Condition:
    code: { coding: [{ system: =http://hl7.org/fhir/sid/icd-10-cm, code: code }] }
    subject: pt_id.reference('clinic.person')
    encounter: visit_id.reference('clinic.visit')
`,
    promise: `
stream: clinic.promise
resources:
  Flag:
    status: =active
    code: { text: kind }
    subject: pt_id.reference('clinic.person')
`,
    charge: `
stream: clinic.charge
resources:
  ChargeItem:
    status: =billable
    code: { text: code }
    subject: pt_id.reference('clinic.person')
`,
    proxy: `
stream: clinic.proxy
resources:
  RelatedPerson:
    patient: pt_id.reference('clinic.person')
    name: [{ family: family }]
    period: { end: until.date('yyyyMMdd') }
`,
  },
  plan: `protection:
  classes: [hiv, substance-use]
  minors: { asOf: '2026-06-30' }
  rules:
    - { label: ETH, on: [Encounter], when: "class.code = 'SUD'", reaches: referring }
    - { restriction: self-pay, on: [Flag], when: "code.text = 'SELFPAY'", reaches: subject, types: [ChargeItem, Flag] }
    - { restriction: proxy, on: [RelatedPerson] }
`,
};

interface Moved {
  project: TestProject;
  bench: Workbench;
  run: string;
}

async function moved(context: TestContext, change: (project: TestProject) => Promise<void>) {
  const project = owned(context, await ownClinic(clinic));
  await change(project);
  const bench = owned(context, await openWorkbench(project.opened, { records: 2 }));
  const { run, state, code } = await bench.run();
  assert.deepEqual(bench.errors, []);
  assert.equal(state, 'finished', code);
  return { project, bench, run } satisfies Moved;
}

/** Security labels of what stands in the chart, as `Type codes`, sorted. */
function labelsIn(chart: ReadonlyMap<string, JsonObject>): string[] {
  return [...chart.values()]
    .map(({ resourceType, meta }) => {
      const { security = [] } = (meta ?? {}) as { security?: { code: string }[] };
      const codes = security.map(({ code }) => code).toSorted();
      return [resourceType as string, ...codes].join(' ');
    })
    .toSorted();
}

/** What is held back from each target: `target Type code`. */
async function barredIn({ bench, run }: Moved): Promise<string[]> {
  const held = await listExceptions(bench.database, run, { kind: 'quarantined' });
  return held.map(({ key, path, code }) => `${key.target} ${path} ${code}`).toSorted();
}

const enforcing = (project: TestProject): Promise<void> =>
  project.edit(
    'handover.yaml',
    'chart: { kind: embedded }',
    'chart: { kind: embedded, enforces: [self-pay, proxy] }',
  );

test('R19 labels and restrictions reach the target with all that they reach, and verify', async (context) => {
  const here = await moved(context, enforcing);
  assert.deepEqual(labelsIn(await chartOf(here.project)), [
    'ChargeItem',
    'ChargeItem R self-pay',
    'Condition',
    'Condition',
    'Condition',
    'Condition ADOL HIV R',
    'Condition ETH R',
    'Encounter',
    'Encounter',
    'Encounter',
    'Encounter ETH R',
    'Flag R self-pay',
    'Patient',
    'Patient',
    'Patient',
    'RelatedPerson R proxy',
  ]);
  assert.deepEqual(await barredIn(here), []);
  assert.deepEqual(await here.bench.findings(here.run), []);
});

test('R19 a proxy keeps the day on which it ends', async (context) => {
  const { project } = await moved(context, enforcing);
  const proxies = [...(await chartOf(project)).values()].filter(
    ({ resourceType }) => resourceType === 'RelatedPerson',
  );
  assert.deepEqual(
    proxies.map(({ period }) => ({ ...(period as object) })),
    [{ end: '2030-01-01' }],
  );
});

test('R19 a target that cannot enforce a restriction is not given what bears it: it is held, and R01 adds up', async (context) => {
  const here = await moved(context, async () => undefined);
  assert.deepEqual(await barredIn(here), [
    'chart ChargeItem.meta.security restriction-not-enforced',
    'chart Flag.meta.security restriction-not-enforced',
    'chart RelatedPerson.meta.security restriction-not-enforced',
  ]);
  for (const line of await draftBalances(here.bench.database, here.run)) {
    assert.equal(line.drafted, line.loaded + line.quarantined, line.stream);
  }
  assert.ok(!labelsIn(await chartOf(here.project)).some((line) => line.includes('self-pay')));
});

test('R19 once the target enforces it, mapping again brings what was held', async (context) => {
  const here = await moved(context, async () => undefined);
  await enforcing(here.project);
  await here.bench.remap(here.run);
  assert.deepEqual(here.bench.errors, []);
  const chart = labelsIn(await chartOf(here.project));
  assert.equal(chart.filter((line) => /self-pay|proxy/.test(line)).length, 3);
  assert.deepEqual(await here.bench.findings(here.run), []);
});

test('R19 a label that may lie under one law alone is held from a target under another', async (context) => {
  const here = await moved(context, async (project) => {
    await enforcing(project);
    await project.edit('handover.yaml', 'enforces:', 'jurisdiction: DE, enforces:');
    await project.edit('handover.yaml', 'protection:', 'protection:\n  within: { ETH: [US] }');
  });
  assert.deepEqual(await barredIn(here), [
    'chart Condition.meta.security jurisdiction-not-allowed',
    'chart Encounter.meta.security jurisdiction-not-allowed',
  ]);
});

test('R19 a route by law: what is not for this jurisdiction is not drafted for the target', async (context) => {
  const here = await moved(context, async (project) => {
    await enforcing(project);
    await project.edit('handover.yaml', 'enforces:', 'jurisdiction: US-MA, enforces:');
    const route = `route:
  - { when: "meta.security.where(code = 'ETH').exists()", to: [chart], within: [DE] }
  - { to: [chart], within: [US] }
`;
    await project.edit('handover.yaml', 'protection:', `${route}protection:`);
  });
  assert.deepEqual(await barredIn(here), []);
  const chart = labelsIn(await chartOf(here.project));
  assert.equal(chart.length, 14);
  assert.ok(!chart.some((line) => line.includes('ETH')));
});

test('R19 a target that drops a label is found, and the finding shuts the gate', async (context) => {
  const project = owned(context, await ownClinic(clinic));
  await enforcing(project);
  const bench = owned(
    context,
    await openWorkbench(project.opened, {
      between: (target) => ({
        ...target,
        open: (signal) => target.open(signal),
        write: (writes, signal) => target.write(writes, signal),
        scan: (after, signal) => target.scan(after, signal),
        close: () => target.close(),
        fetch: async (ids, want, signal) =>
          (await target.fetch(ids, want, signal)).map((stored) =>
            stored.state === 'present' && stored.body
              ? { ...stored, body: Buffer.from(String(stored.body).replace('"ETH"', '"N"')) }
              : stored,
          ),
      }),
    }),
  );
  const { run } = await bench.run();
  const lowered = (await bench.findings(run)).filter(({ path }) => path.includes('meta.security'));
  assert.ok(lowered.length >= 2, 'the visit and its diagnosis');
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { testProject, type TestProject } from '../requirements/project.ts';
import { openWorkbench } from '../requirements/workbench.ts';
import { serverMayChange } from '../../src/verification/serverManaged.ts';
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

interface Page {
  entry?: { resource: { resourceType: string; meta?: Record<string, unknown> } }[];
  link?: { relation: string; url: string }[];
}

/** What the server adds to what it holds, counted by path; and how many resources that is. */
async function serverAdded(): Promise<{ resources: number; added: Map<string, number> }> {
  const added = new Map<string, number>();
  let resources = 0;
  const statement = await fetch(`${hapi.url}/metadata`);
  const { rest } = (await statement.json()) as { rest: { resource: { type: string }[] }[] };
  for (const { type } of rest[0]?.resource ?? []) {
    let at: string | undefined = `${hapi.url}/${type}?_count=500`;
    while (at !== undefined) {
      const page = (await (await fetch(at, { headers: fresh })).json()) as Page;
      for (const { resource } of page.entry ?? []) {
        resources++;
        for (const key of Object.keys(resource.meta ?? {})) {
          added.set(`meta.${key}`, (added.get(`meta.${key}`) ?? 0) + 1);
        }
      }
      at = page.link?.find(({ relation }) => relation === 'next')?.url;
    }
  }
  return { resources, added };
}

/** The server would answer a repeated search from memory. */
const fresh = { 'cache-control': 'no-cache' };

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
  const { resources, added } = await serverAdded();
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
  assert.equal((await serverAdded()).resources, 0);
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ScriptedServer } from '../../src/connectors/fhir/testing.ts';
import { ownClinic } from '../requirements/ownClinic.ts';
import type { TestProject } from '../requirements/project.ts';
import { openWorkbench } from '../requirements/workbench.ts';

/** Organizations that are parts of each other in a circle, at a server that gives its own ids. */
let server: ScriptedServer;
let project: TestProject;

const mapping = `
stream: clinic.sites
key: site_id
resources:
  Organization:
    name: site_nm
    partOf: whole_id.reference('clinic.sites')
facts:
  - { resource: Organization, declare: [{ concept: organization-name, value: site_nm, text: true }] }
`;

before(async () => {
  server = await ScriptedServer.start();
  server.giveIds();
  project = await ownClinic({
    tables: { sites: 'site_id,site_nm,whole_id\n1,North,2\n2,South,3\n3,West,1' },
    mappings: { sites: mapping },
  });
  const fhir = `{ kind: fhir, url: '${server.url}', ids: server, bundles: none }`;
  await project.edit('handover.yaml', 'chart: { kind: embedded }', `chart: ${fhir}`);
});
after(async () => {
  await project.close();
  await server.close();
});

/** What the server has, removed ones left out. */
function standing(): string[] {
  return [...server.resources].filter(([, { removed }]) => removed !== true).map(([name]) => name);
}

test('a load that breaks off in the middle of a circle leaves nothing behind when it is undone', async () => {
  let sent = 0;
  server.script = ({ writes }) =>
    writes && ++sent > 3
      ? { does: 'answer', status: 503, headers: { 'retry-after': '0' } }
      : undefined;
  const bench = await openWorkbench(project.opened);
  const { run, state } = await bench.run();
  await bench.close();
  assert.equal(state, 'paused');
  assert.equal(standing().length, 3);
  server.script = () => undefined;
  const { code, stderr } = await project.cli(['undo', run, '--confirm', 'own-clinic']);
  assert.equal(code, 0, stderr);
  assert.deepEqual(standing(), []);
});

test('a circle at a server without transactions that looks after references is taken back, also after a break', async () => {
  server.resources.clear();
  server.lookAfterReferences();
  const bench = await openWorkbench(project.opened);
  const { run, state, code } = await bench.run();
  assert.deepEqual([state, code, bench.errors], ['finished', 'none', []]);
  await bench.close();
  assert.equal(standing().length, 3);
  // Broken off when one of the circle has lost its reference already.
  let puts = 0;
  server.script = ({ method, writes }) => {
    const breaks = writes && (method === 'PUT' || puts > 0) && ++puts > 1;
    return breaks ? { does: 'answer', status: 503, headers: { 'retry-after': '0' } } : undefined;
  };
  const broken = await project.cli(['undo', run, '--confirm', 'own-clinic']);
  assert.notEqual(broken.code, 0);
  assert.equal(standing().length, 3);
  server.script = () => undefined;
  const { code: ended, stderr } = await project.cli(['undo', run, '--confirm', 'own-clinic']);
  assert.equal(ended, 0, stderr);
  assert.deepEqual(standing(), []);
});

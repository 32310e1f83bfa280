/** `handover access …` as a user runs it, from tables of a share and roles of an EHR. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { owned } from '../requirements/owned.ts';
import { testProject, type TestProject } from '../requirements/project.ts';

const patient = '90210-4711';

async function withTables(project: TestProject): Promise<void> {
  await mkdir(join(project.folder, 'access'), { recursive: true });
  const write = (name: string, text: string): Promise<void> =>
    project.write(`access/${name}`, `${text.trim()}\n`);
  await write('principals.csv', 'principal,kind\nnurses,group\nann,person\nbob,person');
  await write('members.csv', 'group,member\nnurses,ann\nnurses,bob');
  await write('objects.csv', 'object,phi,owner\nscans,yes,ann\nlabs,yes,ann');
  await write('grants.csv', 'principal,object\nnurses,scans');
  await write('restrictions.csv', `patient,principal,object\n${patient},bob,scans`);
  await write(
    'roles.yaml',
    `give: [{ to: nurses, role: nurse }]
roles: { nurse: [scans, labs] }
patientRestrictions: lost`,
  );
  await write('new.csv', 'principal,role\nann,nurse');
}

test('who would gain access is told before the move, and whether it came true after it', async (context) => {
  const project = owned(context, await testProject({ patients: 1 }));
  await withTables(project);
  const old = ['--old', 'access'];
  const inventory = await project.cli(['access', 'inventory', ...old]);
  assert.equal(inventory.code, 0, inventory.stderr);
  assert.match(inventory.stdout, /2 people can sign in, 2 reach PHI in 2 objects/);
  assert.match(inventory.stdout, /<11 charts with restrictions/);
  const all = await project.cli(['access', 'inventory', ...old, '--smallest-cell', '1']);
  assert.match(all.stdout, /1 chart with restrictions/);
  const simulated = await project.cli([
    'access',
    'simulate',
    ...old,
    '--roles',
    'access/roles.yaml',
  ]);
  assert.equal(simulated.code, 9, simulated.stderr);
  assert.match(simulated.stdout, /2 people would gain access to labs through nurse: ann, bob/);
  assert.match(simulated.stdout, /1 person would see charts .* scans \(<11 charts\)/);
  const verified = await project.cli([
    'access',
    'verify',
    ...old,
    '--roles',
    'access/roles.yaml',
    '--new',
    'access/new.csv',
    '--json',
  ]);
  assert.equal(verified.code, 5, verified.stderr);
  const { differences } = JSON.parse(verified.stdout) as { differences: unknown };
  assert.deepEqual(differences, [{ kind: 'role-missing', role: 'nurse', people: ['bob'] }]);
  for (const { stdout, stderr } of [inventory, simulated, verified]) {
    assert.ok(!`${stdout}${stderr}`.includes(patient), 'no number of a patient');
  }
});

test('a source of the plan tells of its own grants; a broken role map is told with its line', async (context) => {
  const project = owned(context, await testProject({ patients: 1 }));
  const asked = await project.cli(['access', 'inventory', '--source', 'clinic', '--json']);
  assert.equal(asked.code, 0, asked.stderr);
  const { objects, people } = JSON.parse(asked.stdout) as { objects: number; people: number };
  assert.ok(objects >= 5 && people >= 1);
  await withTables(project);
  await project.write(
    'access/roles.yaml',
    'give: [{ to: nurses, role: nurs }]\nroles: {}\npatientRestrictions: lost\n',
  );
  const broken = await project.cli([
    'access',
    'simulate',
    '--old',
    'access',
    '--roles',
    'access/roles.yaml',
  ]);
  assert.equal(broken.code, 3);
  assert.match(broken.stderr, /roles\.yaml:1:\d+ role-unknown/);
});

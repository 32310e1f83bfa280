import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { person, type Person } from '../access/people.ts';
import { testProject, type TestProject } from './project.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

let project: TestProject;
let bench: Workbench;
let doctor: Person;
let lead: Person;
let packet: string;
let run: string;

before(async () => {
  project = await testProject({ patients: 60 });
  await project.edit('handover.yaml', 'gates:\n', 'gates:\n  samples: { charts: 3 }\n');
  bench = await openWorkbench(project.opened);
  ({ run } = await bench.run());
  doctor = await person({ database: bench.database, key: project.key }, 'doctor', 'clinician');
  lead = await person({ database: bench.database, key: project.key }, 'lead', 'lead');
  packet = join(project.folder, 'sample.packet');
});
after(async () => {
  await bench.close();
  await project.close();
});

const draw = (out: string, seed = 'seven') =>
  project.cli(['--json', 'samples', 'packet', '--charts', '3', '--seed', seed, '--out', out]);

async function eventsOf(action: string): Promise<{ actor: string; patient: string }[]> {
  const { rows } = await bench.database.query<{ actor: string; patient: string }>(
    'select actor, patient from audit.event where action = $1 order by event',
    [action],
  );
  return rows;
}

test('R22 a packet is sealed, drawn alike for the same seed, and each of its charts is on record', async () => {
  const { code, stdout, stderr } = await draw(packet);
  assert.equal(code, 0, stderr);
  const told = JSON.parse(stdout) as {
    charts: number;
    population: number;
    strata: { name: string; patients: unknown; drawn: unknown }[];
  };
  const small = ['<11', 0];
  assert.ok(told.strata.some(({ patients: n }) => n === '<11'));
  for (const { patients: n, drawn } of told.strata) {
    for (const one of [n, drawn]) assert.ok(small.includes(one as never) || Number(one) >= 11);
  }
  const { targets } = await bench.report(run);
  const patients = targets.find(({ stream }) => stream === 'clinic.pt_demog')?.loaded;
  assert.deepEqual([told.charts, told.population], [3, patients]);
  const exported = (await eventsOf('export')).map(({ patient }) => patient);
  assert.equal(new Set(exported).size, 3);
  await draw(join(project.folder, 'again.packet'));
  const again = (await eventsOf('export')).map(({ patient }) => patient).slice(3);
  assert.deepEqual(again, exported);
  const bytes = await readFile(packet);
  assert.equal(bytes.includes('resourceType'), false);
  assert.equal((await draw(packet)).code, 2, 'what was handed out is never replaced');
});

test('R22 R06 a clinician sees the old chart beside the new one, after it is on record', async () => {
  const words = ['--json', 'samples', 'show', packet, '--chart', '1', '--as'];
  const refused = await project.cli([...words, 'lead'], await lead.lines());
  assert.equal(refused.code, 9, refused.stderr);
  assert.deepEqual(await eventsOf('reveal'), []);
  const { code, stdout, stderr } = await project.cli([...words, 'doctor'], await doctor.lines());
  assert.equal(code, 0, stderr);
  const { patient, source, target } = JSON.parse(stdout) as {
    patient: string;
    source: { stream: string; text: string }[];
    target: string[];
  };
  assert.ok(source.some(({ stream }) => stream === 'clinic.pt_demog'));
  const born = target
    .map((text) => JSON.parse(text) as { resourceType: string; id: string })
    .find(({ resourceType }) => resourceType === 'Patient');
  assert.equal(born?.id, patient);
  assert.deepEqual(await eventsOf('reveal'), [{ actor: 'doctor', patient }]);
});

test('R22 the gate is shut until every chart is found safe on the screen too, and the bound is printed', async () => {
  const shown = async () => {
    const { stdout } = await project.cli(['--json', 'gate', 'show', 'open:chart']);
    const { criteria } = JSON.parse(stdout) as { criteria: { id: string; found: number }[] };
    return criteria.find(({ id }) => id === 'samples.open')?.found;
  };
  // The second packet is the newest: it is the one that counts.
  const file = join(project.folder, 'again.packet');
  const answer = async (chart: string, verdict: string, ...more: string[]) =>
    project.cli(
      [
        'samples',
        'answer',
        file,
        '--chart',
        chart,
        '--verdict',
        verdict,
        '--as',
        'doctor',
        ...more,
      ],
      await doctor.lines(),
    );
  assert.equal(await shown(), 3);
  assert.equal((await answer('1', 'safe')).code, 0);
  assert.equal(await shown(), 3, 'not seen on the screen');
  assert.equal((await answer('1', 'safe', '--on-screen')).code, 2, 'what was said stands');
  const last = await answer('2', 'safe', '--on-screen');
  assert.match(last.stdout, /error rate at most \d+\.\d % \(95 %\)/);
  assert.equal(await shown(), 2);
  assert.equal((await answer('9', 'safe')).code, 2);
});

test('R22 a packet that was altered is refused, and nothing is shown', async () => {
  const bytes = await readFile(packet);
  bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
  const forged = join(project.folder, 'forged.packet');
  await writeFile(forged, bytes);
  const words = ['samples', 'show', forged, '--chart', '1', '--as', 'doctor'];
  const { code, stdout, stderr } = await project.cli(words, await doctor.lines());
  assert.deepEqual([code, stdout], [8, ''], stderr);
});

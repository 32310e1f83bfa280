/** Codes that no map has, landing as words because the mapping says so, in whole runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chartOf, ownClinic } from './ownClinic.ts';
import { openWorkbench } from './workbench.ts';

const header = 'source,target,status\n';

test('R11 an unmapped code lands as text by the word of the mapping, counted in the report until a replay has mended it', async (context) => {
  const project = await ownClinic({
    tables: {
      person: 'person_id,family\np1,One\np2,Two\n',
      allergy: ['alg_id,pt_id,cd,txt', 'a1,p1,PEN,pen', 'a2,p1,DUST,dust', 'a3,p9,DUST,dust'].join(
        '\n',
      ),
    },
    mappings: {
      person: 'stream: clinic.person\nresources:\n  Patient: { name: [{ family: family }] }\n',
      allergy: `
stream: clinic.allergy
unmapped: { agent: text }
resources:
  Basic:
    subject: pt_id.reference('clinic.person')
    code: { coding: [{ code: cd.map('agent') }], text: txt }
`,
    },
  });
  context.after(() => project.close());
  await project.write('codes/agent.csv', `${header}PEN,7980,approved\n`);
  const bench = await openWorkbench(project.opened);
  context.after(() => bench.close());
  const { run, state, code } = await bench.run();
  assert.deepEqual(bench.errors, []);
  assert.equal(state, 'finished', code);
  const first = await bench.report(run);
  assert.deepEqual(first.codesAsText, [{ stream: 'clinic.allergy', codeMap: 'agent', drafts: 2 }]);
  const texts = [...(await chartOf(project)).values()].filter((each) => each['code'] !== undefined);
  const uncoded = texts.filter((each) => !('coding' in (each['code'] as object)));
  assert.deepEqual([texts.length, uncoded.length], [2, 1]);

  // a3 refers to nobody: it is held, goes back under a map that has its code, and counts no more.
  await project.write('codes/agent.csv', `${header}PEN,7980,approved\nDUST,1,approved\n`);
  await bench.replay(run);
  assert.deepEqual((await bench.report(run)).codesAsText, [
    { stream: 'clinic.allergy', codeMap: 'agent', drafts: 1 },
  ]);
});

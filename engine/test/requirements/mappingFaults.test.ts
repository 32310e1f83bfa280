import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureMappingFaults } from '../../measure/mappingFaults.ts';
import { mappingFaults } from '../../measure/plantedMappings.ts';
import { owned } from './owned.ts';
import { testProject } from './project.ts';
import { printTable } from './table.ts';
import { openWorkbench } from './workbench.ts';

test('R27 a clean run yields no finding, and is green', async (context) => {
  const project = owned(context, await testProject());
  const bench = owned(context, await openWorkbench(project.opened));
  const { run, state } = await bench.run();
  assert.equal(state, 'finished');
  assert.deepEqual(await bench.findings(run), []);
  const { verdict, targets, held } = await bench.report(run);
  assert.deepEqual(held, []);
  assert.equal(verdict.color, 'green');
  assert.ok(targets.every(({ facts, compared }) => facts > compared * 4));
});

test('R27 R04 the facts find every fault planted in a mapping, or the check holds what it spoils', async (context) => {
  const figures = await measureMappingFaults();
  printTable(
    context,
    ['planted in a mapping rule', 'harm', 'findings', 'held', 'verdict', 'as'],
    figures.catches.map(({ fault, findings, held, verdict, codes }) => [
      fault.name,
      fault.harm,
      findings,
      held,
      verdict,
      codes.join(' '),
    ]),
  );
  const harms = new Set(mappingFaults.map(({ harm }) => harm)).size;
  context.diagnostic(
    `${figures.caught} of ${figures.planted} faults found, of ${harms} harms; ${figures.heldByCheck} of them held by the check`,
  );
  assert.ok(figures.planted >= 75);
  assert.deepEqual(figures.misses, []);
  // What is held was not written: that alone is to be settled, and nothing there is wrong.
  for (const { fault, findings, verdict } of figures.catches) {
    if (findings > 0) assert.equal(verdict, 'red', fault.name);
    else assert.ok(['amber', 'red'].includes(verdict), fault.name);
  }
  // The facts are measured on their own: few of these faults make a draft that FHIR itself forbids.
  assert.ok(figures.heldByCheck <= 2);
});

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
  const { verdict, targets } = await bench.report(run);
  assert.equal(verdict.color, 'green');
  assert.ok(targets.every(({ facts, compared }) => facts > compared * 4));
});

test('R27 R04 the facts find every fault planted in a mapping', async (context) => {
  const figures = await measureMappingFaults();
  printTable(
    context,
    ['planted in a mapping rule', 'harm', 'findings', 'verdict', 'as'],
    figures.catches.map(({ fault, findings, verdict, codes }) => [
      fault.name,
      fault.harm,
      findings,
      verdict,
      codes.join(' '),
    ]),
  );
  const harms = new Set(mappingFaults.map(({ harm }) => harm)).size;
  context.diagnostic(`${figures.caught} of ${figures.planted} faults found, of ${harms} harms`);
  assert.ok(figures.planted >= 75);
  assert.deepEqual(figures.misses, []);
  assert.ok(figures.catches.every(({ verdict }) => verdict === 'red'));
});

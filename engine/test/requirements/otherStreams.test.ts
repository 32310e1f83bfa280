/** Mappings that reach other streams, in whole runs: lookups, children and groups. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordBalances } from '../../src/ledger/balances.ts';
import { exceptionCauses } from '../../src/ledger/exceptions.ts';
import { chartOf, ownClinic } from './ownClinic.ts';
import { openWorkbench } from './workbench.ts';

test('lookups are resolved in a run, batch by batch, whatever the order of the files', async (context) => {
  const people = Array.from({ length: 50 }, (_, at) => `p${at},Name${at},l${(at * 7) % 12}`);
  const languages = Array.from({ length: 10 }, (_, at) => `l${9 - at},lang-${9 - at}`);
  const project = await ownClinic({
    tables: {
      person: ['person_id,family,lang_id', ...people].join('\n'),
      language: ['lang_id,code', ...languages].join('\n'),
    },
    mappings: {
      person: `
stream: clinic.person
resources:
  Patient:
    name: [{ family: family }]
    language: lang_id.lookup('clinic.language').code
`,
      language: 'stream: clinic.language\nlookup: true\n',
    },
  });
  context.after(() => project.close());
  const bench = await openWorkbench(project.opened, { records: 8 });
  context.after(() => bench.close());
  const { run, state, code } = await bench.run();
  assert.deepEqual(bench.errors, []);
  assert.equal(state, 'finished', code);
  const missing = people.filter((line) => /l1[01]$/.test(line)).length;
  const balances = await recordBalances(bench.database, run);
  const nothing = { quarantined: 0, excluded: 0, waiting: 0 };
  assert.deepEqual(
    new Map(balances.map(({ stream, ...counts }) => [stream, counts])),
    new Map([
      ['clinic.language', { ...nothing, read: 10, mapped: 10 }],
      ['clinic.person', { ...nothing, read: 50, mapped: 50 - missing, quarantined: missing }],
    ]),
  );
  const causes = await exceptionCauses(bench.database, run);
  assert.deepEqual(
    causes.map(({ code: cause, path, count }) => [cause, path, count]),
    [['lookup-missing', 'Patient.language', missing]],
  );
  const chart = await chartOf(project);
  assert.equal(chart.size, 50 - missing);
  for (const patient of chart.values()) {
    const [{ family }] = patient['name'] as unknown as [{ family: string }];
    assert.equal(patient['language'], `lang-${(Number(family.slice(4)) * 7) % 12}`);
  }
});

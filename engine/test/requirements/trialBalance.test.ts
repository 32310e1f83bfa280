import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { RunReport } from '../../src/contract/report.ts';
import type { HospitalWish } from './hospital.ts';
import { owned } from './owned.ts';
import { testProject } from './project.ts';
import { openWorkbench } from './workbench.ts';

const whole = { tables: 'all', patients: 40 } as const;

async function reportOf(
  context: TestContext,
  wish: HospitalWish,
  edit?: readonly [file: string, from: string, to: string],
): Promise<RunReport> {
  const project = owned(context, await testProject({ ...whole, ...wish }));
  if (edit) await project.edit(...edit);
  const bench = owned(context, await openWorkbench(project.opened));
  const { run, state } = await bench.run();
  assert.equal(state, 'finished');
  return bench.report(run);
}

test('a clean hospital’s trial balance ties on three sides, by site, class, payer and guarantor', async (context) => {
  const { trialBalances, verdict, targets } = await reportOf(context, {});
  const [balance] = trialBalances;
  assert.ok(balance);
  assert.equal(verdict.color, 'green', verdict.reasons.join(' '));
  assert.deepEqual(new Set(balance.lines.map(({ group }) => group)), groups);
  assert.ok(balance.lines.every(({ ties, printedTies }) => ties && printedTies));
  assert.ok(balance.lines.every(({ printed }) => printed !== undefined));
  const columns = balance.lines.filter(({ group }) => group === 'total').map((one) => one.column);
  assert.ok(['121', 'bad debt'].every((column) => columns.includes(column)));
  assert.ok(balance.guarantors > 5);
  assert.equal(balance.guarantorsDiffering + balance.guarantorsUnprinted, 0);
  // Words alone: fish oil, "some antibiotic as a child".
  const uncoded = new Map(targets.map((one) => [one.stream, one.uncoded]));
  assert.ok((uncoded.get('clinic.allergies') ?? 0) > 0);
  assert.equal(uncoded.get('clinic.results'), 0);
});

const groups = new Set(['total', 'facility', 'class', 'payer']);

test('a cent more on the printed list is red', async (context) => {
  const change = [
    `update trial_balance set amt = (amt::numeric + 0.01)::text
      where grp_typ = 'ALL' and col_cd = '121'`,
  ];
  const { verdict, findings, trialBalances } = await reportOf(context, { change });
  assert.deepEqual(findings, []);
  assert.equal(verdict.color, 'red');
  assert.deepEqual(verdict.reasons, ['1 amount is printed otherwise by the old system.']);
  assert.ok(trialBalances[0]?.lines.every(({ ties }) => ties));
});

test('a cent lost on the way is red in every group that it belongs to', async (context) => {
  const line = 'amount: { value: adj_amt.decimal(), currency: =USD }';
  const { verdict, trialBalances } = await reportOf(context, {}, [
    'mappings/clinic/adjustments.yaml',
    `        ${line}`,
    `        ${line.replace('adj_amt.decimal()', "'adj_amt.decimal() - 0.01'")}`,
  ]);
  assert.equal(verdict.color, 'red');
  assert.ok(verdict.reasons.some((reason) => /trial balance differ at chart/.test(reason)));
  const differing = trialBalances[0]?.lines.filter(({ ties }) => !ties) ?? [];
  assert.deepEqual(new Set(differing.map(({ group }) => group)), groups);
});

test('money that is held is told apart from money that is lost', async (context) => {
  const change = [
    `update charges set fin_cls = 'Z9' where chg_id in (
       select chg_id from charges c where deleted = 'N' and status_cd = 'O'
         and not exists (select from payments p where p.chg_id = c.chg_id)
         and not exists (select from adjustments a where a.chg_id = c.chg_id)
        order by 1 limit 1)`,
  ];
  const { verdict, trialBalances } = await reportOf(context, { change });
  const [balance] = trialBalances;
  assert.ok(balance);
  assert.equal(verdict.color, 'amber', verdict.reasons.join(' '));
  assert.ok(balance.heldRecords > 0);
  assert.ok(balance.lines.every(({ ties }) => ties));
  assert.ok(balance.lines.some(({ held }) => held !== '0.00'));
});

test('a trial balance that names what is not there is refused before anything runs', async (context) => {
  const project = owned(context, await testProject(whole));
  await project.edit('handover.yaml', '    amount: total_amt', '    amount: total_amount');
  await project.edit('handover.yaml', 'pattern: yyyyMMdd', 'pattern: yesterday');
  await project.edit(
    'handover.yaml',
    '    - stream: clinic.payments',
    '    - stream: clinic.payers',
  );
  const { code, stderr } = await project.cli(['plan', 'check']);
  assert.equal(code, 3);
  assert.match(stderr, /handover\.yaml:\d+:\d+/);
  assert.match(stderr, /clinic\.charges has no column "total_amount"/);
  assert.match(stderr, /"yesterday" is no date pattern/);
  assert.match(stderr, /clinic\.payers has no column "chg_id"/);
});

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { RunReport } from '../../src/contract/report.ts';
import { chargeLines } from '../../src/sample/tables/chargeLines.ts';
import { createWorld } from '../../src/sample/world.ts';
import { texts } from '../../src/verification/concepts/elements.ts';
import type { HospitalWish } from './hospital.ts';
import { chartOf } from './ownClinic.ts';
import { owned } from './owned.ts';
import { testProject } from './project.ts';
import { openWorkbench } from './workbench.ts';

const whole = { tables: 'all', patients: 40 } as const;

async function reportOf(
  context: TestContext,
  wish: HospitalWish,
  ...edits: readonly (readonly [file: string, from: string, to: string])[]
): Promise<RunReport> {
  const project = owned(context, await testProject({ ...whole, ...wish }));
  for (const edit of edits) await project.edit(...edit);
  const bench = owned(context, await openWorkbench(project.opened));
  const { run, state, code } = await bench.run();
  assert.deepEqual(bench.errors, []);
  assert.equal(state, 'finished', code);
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

const anOpenChargeSpoilt = [
  `update charges set fin_cls = 'Z9' where chg_id in (
     select chg_id from charges c where deleted = 'N' and status_cd = 'O'
       and not exists (select from payments p where p.chg_id = c.chg_id)
       and not exists (select from adjustments a where a.chg_id = c.chg_id)
      order by 1 limit 1)`,
];

test('money that is held is told apart from money that is lost', async (context) => {
  const { verdict, trialBalances } = await reportOf(context, { change: anOpenChargeSpoilt });
  const [balance] = trialBalances;
  assert.ok(balance);
  assert.equal(verdict.color, 'amber', verdict.reasons.join(' '));
  assert.ok(balance.heldRecords > 0);
  assert.ok(balance.lines.every(({ ties }) => ties));
  assert.ok(balance.lines.some(({ held }) => held !== '0.00'));
});

test('a billing archive moves beside the books, and is not added up', async (context) => {
  const { verdict, trialBalances, targets } = await reportOf(context, { feeds: true });
  const [balance] = trialBalances;
  assert.ok(balance);
  assert.equal(verdict.color, 'green', verdict.reasons.join(' '));
  assert.ok(balance.lines.every(({ ties, printedTies }) => ties && printedTies));
  const streams = balance.apart.map(({ stream }) => stream);
  assert.deepEqual(streams, ['billing.837P', 'billing.837I', 'billing.835']);
  assert.ok(balance.apart.every(({ loaded, owner }) => loaded > 0 && owner !== ''));
  const facts = targets.filter(({ stream }) => /^(billing|documents)\./.test(stream));
  assert.ok(facts.length >= 5 && facts.every((one) => one.facts > 0), 'all of it has facts');
});

test('an archive that the plan does not set apart doubles what is open, and is red', async (context) => {
  const [from, to] = [
    '    - streams: [billing.837P, billing.837I]',
    '    - streams: [billing.837I]',
  ];
  const edit = ['handover.yaml', from, to] as const;
  const { verdict, trialBalances } = await reportOf(context, { feeds: true }, edit);
  assert.equal(verdict.color, 'red');
  assert.ok(verdict.reasons.some((reason) => /trial balance differ at chart/.test(reason)));
  const total = trialBalances[0]?.lines.find(({ group, ties }) => group === 'total' && !ties);
  assert.ok(total !== undefined && Number(total.target) > Number(total.legacy));
});

const chosen = ['handover.yaml', 'receivables: convert'] as const;

test('receivables run down stay behind, and the trial balance says so to the cent', async (context) => {
  const report = await reportOf(context, {}, [...chosen, 'receivables: run-down']);
  const [balance] = report.trialBalances;
  assert.ok(balance);
  assert.equal(report.verdict.color, 'green', report.verdict.reasons.join(' '));
  assert.equal(balance.receivables, 'run-down');
  assert.ok(balance.lines.length > 10);
  for (const { legacy, stays, held, target, ties, printedTies } of balance.lines) {
    assert.deepEqual([stays, held, Number(target)], [legacy, '0.00', 0]);
    assert.ok(ties && printedTies);
  }
  const left = new Set(report.exclusions.filter(isLeft).map(({ stream }) => stream));
  const money = ['adjustments', 'charge_lines', 'charges', 'payments'];
  assert.deepEqual(
    [...left].toSorted(),
    money.map((name) => `clinic.${name}`),
  );
  for (const { stream, drafted } of report.targets) {
    if (left.has(stream)) assert.equal(drafted, 0, stream);
  }
});

function isLeft({ code, path }: RunReport['exclusions'][number]): boolean {
  return code === 'receivables' && path !== '';
}

test('balances brought forward tie by site, class, payer and guarantor without any charge', async (context) => {
  const report = await reportOf(context, {}, [...chosen, 'receivables: balance-forward']);
  const [balance] = report.trialBalances;
  assert.ok(balance);
  assert.deepEqual([report.held, report.findings], [[], []]);
  assert.equal(report.verdict.color, 'green', report.verdict.reasons.join(' '));
  assert.equal(balance.receivables, 'balance-forward');
  assert.deepEqual(new Set(balance.lines.map(({ group }) => group)), groups);
  assert.ok(balance.lines.every(({ ties, printedTies }) => ties && printedTies));
  const columns = new Map(
    balance.lines.filter(({ group }) => group === 'total').map((one) => [one.column, one]),
  );
  assert.notEqual(Number(columns.get('121')?.target), 0);
  assert.equal(columns.get('bad debt')?.stays, columns.get('bad debt')?.legacy);
  assert.equal(balance.guarantorsDiffering, 0);
  const loaded = new Map(report.targets.map((one) => [one.stream, one.loaded]));
  assert.ok((loaded.get('clinic.charges') ?? 0) > 0);
  assert.equal(loaded.get('clinic.adjustments'), 0);
});

test('an adjustment of no charge is in no account, and moves as it is', async (context) => {
  const change = ['=', '<>'].map(
    (of) => `update adjustments set chg_id = null where adj_id = (
       select min(adj_id) from adjustments where deleted = 'N' and adj_cd ${of} 'BD')`,
  );
  const way = [...chosen, 'receivables: balance-forward'] as const;
  const { held, findings, targets, trialBalances } = await reportOf(context, { change }, way);
  assert.deepEqual([held, findings], [[], []]);
  assert.equal(targets.find(({ stream }) => stream === 'clinic.adjustments')?.loaded, 2);
  assert.ok(trialBalances[0]?.lines.every(({ ties }) => ties));
});

test('an account that the check holds is held with all its charges, and no amount differs', async (context) => {
  const report = await reportOf(
    context,
    {},
    [...chosen, 'receivables: balance-forward'],
    [
      'mappings/clinic/accounts.yaml',
      'status: =active',
      `status: iif(fin_cls = 'MCR', 'afoot', 'active')`,
    ],
  );
  const [balance] = report.trialBalances;
  assert.ok(balance);
  assert.ok(
    report.held.every(({ phase, stream }) => phase === 'check' && stream === 'clinic.charges'),
  );
  assert.equal(report.verdict.color, 'amber', report.verdict.reasons.join(' '));
  assert.ok(balance.lines.every(({ ties }) => ties));
  assert.ok(balance.lines.some(({ held }) => Number(held) !== 0));
  assert.ok(balance.heldRecords > 0);
});

test('an account that is brought forward by a cent too little is red', async (context) => {
  const { verdict, trialBalances } = await reportOf(
    context,
    {},
    [...chosen, 'receivables: balance-forward'],
    ['mappings/clinic/accounts.yaml', 'total_amt.decimal()', 'total_amt.decimal() - 0.01'],
  );
  assert.equal(verdict.color, 'red');
  assert.ok(trialBalances[0]?.lines.some(({ ties }) => !ties));
});

test('with planted defects every amount ties, held and left behind told apart, whatever was chosen', async (context) => {
  for (const way of ['run-down', 'balance-forward']) {
    const wish = { patients: 130, defects: 'planted', change: anOpenChargeSpoilt } as const;
    const report = await reportOf(context, wish, [...chosen, `receivables: ${way}`]);
    const [balance] = report.trialBalances;
    assert.ok(balance);
    assert.ok(
      balance.lines.every(({ ties }) => ties),
      way,
    );
    assert.equal(balance.guarantorsDiffering, 0, way);
    const held = balance.lines.filter((line) => Number(line.held) !== 0);
    assert.equal(held.length > 0, way === 'balance-forward', way);
  }
});

test('charges out of scope stand beside what is held, and the rest ties', async (context) => {
  const rule = '{ since: 2 years, lands: discrete, owner: finance director, approver: CFO }';
  const { trialBalances, findings, held } = await reportOf(
    context,
    {},
    ['handover.yaml', '    notes:\n', `    accounts: ${rule}\n    notes:\n`],
    [
      'mappings/clinic/charges.yaml',
      'receivables: convert',
      'scope: { domain: accounts, date: { column: svc_dt, pattern: yyyyMMdd } }\nreceivables: convert',
    ],
  );
  assert.deepEqual(findings, []);
  // What settles a charge that stays behind refers to nothing.
  assert.ok(held.every(({ code }) => code === 'reference-unresolved'));
  const lines = trialBalances[0]?.lines ?? [];
  assert.ok(lines.length > 10 && lines.every(({ ties }) => ties));
  assert.ok(lines.some(({ stays }) => Number(stays) !== 0));
});

test('receivables that no mapping obeys are told by the plan check', async (context) => {
  const project = owned(context, await testProject(whole));
  await project.edit(...chosen, 'receivables: run-down');
  await project.edit('mappings/clinic/payments.yaml', 'receivables: convert\n', '');
  await project.edit(
    'mappings/clinic/advances.yaml',
    'receivables: balance-forward',
    'receivables: forward',
  );
  await project.edit(
    'mappings/clinic/charges.yaml',
    'reason: deleted-in-source',
    'reason: receivables',
  );
  const { code, stdout } = await project.cli(['--json', 'plan', 'check']);
  assert.equal(code, 3);
  const { problems } = JSON.parse(stdout) as { problems: { file: string; code: string }[] };
  const told = problems.map((one) => `${one.file} ${one.code}`);
  for (const expected of [
    'handover.yaml receivables-undeclared',
    'mappings/clinic/advances.yaml word-unknown',
    'mappings/clinic/charges.yaml reason-reserved',
  ]) {
    assert.ok(told.includes(expected), `${expected} in ${told.join()}`);
  }
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

test('a charge and its lines are one claim, to the cent; one that does not add up is held with them', async (context) => {
  const change = [
    `update charge_lines set line_amt = (line_amt::numeric + 0.01)::text where line_id = (
       select line_id from charge_lines l join charges c using (chg_id, pt_id)
        where l.deleted = 'N' and c.deleted = 'N' and c.status_cd = 'V' order by 1 limit 1)`,
  ];
  const project = owned(context, await testProject({ ...whole, change }));
  const bench = owned(context, await openWorkbench(project.opened));
  const { run, state } = await bench.run();
  assert.equal(state, 'finished');
  const { held, findings, trialBalances } = await bench.report(run);
  assert.deepEqual(findings, []);
  assert.ok(trialBalances[0]?.lines.every(({ ties }) => ties));
  const causes = new Map(held.map(({ stream, code, count }) => [`${stream} ${code}`, count]));
  assert.equal(causes.get('clinic.charges total-differs'), 1);
  const linesHeld = causes.get('clinic.charge_lines parent-held') ?? 0;
  assert.ok(linesHeld > 0);
  let claims = 0;
  let lines = 0;
  for (const claim of (await chartOf(project)).values()) {
    if (claim['resourceType'] !== 'Claim') continue;
    const cents = texts(claim, 'item.net.value').map((amount) => Number(amount.replace('.', '')));
    const total = cents.reduce((sum, each) => sum + each, 0);
    assert.equal(texts(claim, 'total.value').join(), (total / 100).toFixed(2));
    lines += cents.length;
    claims++;
  }
  // Each line that stands in the tables arrived with its charge, or is held with it.
  assert.equal(lines + linesHeld, standingLines());
  assert.ok(claims > 20 && lines > claims);
});

/** Lines of charges that nobody deleted, in the hospital of these tests. */
function standingLines(): number {
  const wish = { ...whole, seed: 'requirements', defects: 'none' } as const;
  const deleted = chargeLines.columns.findIndex(({ name }) => name === 'deleted');
  const rows = [...chargeLines.rows(createWorld(wish))];
  return rows.filter(({ values }) => values[deleted] === 'N').length;
}

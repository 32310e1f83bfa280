/** X12 interchanges as a source of a run: each transaction a record, its claims tied to the cent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  claimBody,
  interchange,
  professional,
  remittance,
  remittanceBody,
  transaction,
} from '../../src/formats/x12/testing.ts';
import { listExceptions } from '../../src/ledger/exceptions.ts';
import type { Target, Write } from '../../src/model/target.ts';
import { texts } from '../../src/verification/concepts/elements.ts';
import { feedProject } from './feedProject.ts';
import { chartOf } from './ownClinic.ts';
import { owned } from './owned.ts';
import { openWorkbench } from './workbench.ts';

const streams = ['837P', '835', 'unreadable'];

/** The claims of a day, by the name that the member went by. */
function claims(day: string, name: string, control = '0001', body = claimBody): string {
  const segments = body.map((segment) =>
    segment
      .replace('*20260103*', `*${day}*`)
      .replace('DOE*JO', `DOE*${name}`)
      .replace('2 SIDE ST', `${day.slice(-1)} SIDE ST`),
  );
  return interchange(professional, transaction(professional, segments, control));
}

test('R11 claims and payments arrive to the cent, a broken transaction is held, the newest is told last', async (context) => {
  const project = owned(context, await feedProject('x12', streams));
  const bench = owned(context, await openWorkbench(project.opened, { records: 1, slices: 2 }));
  await project.deliver({
    'b/new.837': claims('20260105', 'JO', '0002'),
    'b/old.837': claims('20260103', 'JO', '0003'),
    'c.835': interchange(remittance, transaction(remittance, remittanceBody)),
    'd.835': interchange(
      remittance,
      transaction(remittance, remittanceBody).replace('BPR*I*75.00', 'BPR*I*76.00'),
    ),
    'e.837': claims('20260104', 'JO', '0004').replace('SE*', 'SE*9'),
    'notes.txt': 'no interchange',
  });
  const { run, state, code } = await bench.run();
  assert.equal(state, 'finished', code ?? String(bench.errors[0]));
  assert.deepEqual(await bench.findings(run), []);
  for (const { stream, balanced, waiting } of (await bench.report(run)).streams) {
    assert.ok(balanced && waiting === 0, `${stream} balances`);
  }
  const held = await listExceptions(bench.database, run, { kind: 'quarantined' });
  assert.deepEqual(held.map((one) => `${one.key.stream} ${one.code}`).toSorted(), [
    'feed.835 x12-payment-unbalanced',
    'feed.837P x12-count-short',
    'feed.unreadable x12-no-interchange',
  ]);
  const chart = [...(await chartOf(project)).values()];
  const of = (type: string, path: string): string[] =>
    chart.filter((one) => one['resourceType'] === type).flatMap((one) => texts(one, path));
  assert.deepEqual(of('Claim', 'total.value'), ['100.00', '100.00']);
  assert.deepEqual(of('ExplanationOfBenefit', 'payment.amount.value'), ['80.00']);
  const streets = of('Patient', 'address.line').filter((line) => line.includes('SIDE'));
  assert.deepEqual(streets, ['5 SIDE ST']);
});

test('R27 a charge that changes on the way is found by the facts', async (context) => {
  const project = owned(context, await feedProject('x12', streams));
  const between = (target: Target): Target => ({
    ...bound(target),
    write: (writes, signal) => target.write(writes.map(cheaper), signal),
  });
  const bench = owned(context, await openWorkbench(project.opened, { between }));
  await project.deliver({ 'a.837': claims('20260105', 'JO') });
  const { run } = await bench.run();
  const codes = (await bench.findings(run)).map(({ path, code }) => `${path} ${code}`);
  assert.ok(codes.includes('claim-line-charge fact-different'), codes.join(', '));
});

test('R27 a payment and a membership that change on the way are found by the facts', async (context) => {
  const project = owned(context, await feedProject('x12', [...streams, '834']));
  const between = (target: Target): Target => ({
    ...bound(target),
    write: (writes, signal) => target.write(writes.map(otherwise), signal),
  });
  const bench = owned(context, await openWorkbench(project.opened, { between }));
  await project.deliver({
    'c.835': interchange(remittance, transaction(remittance, remittanceBody)),
    'd.834': interchange(enrollment, transaction(enrollment, enrollmentBody)),
  });
  const { run } = await bench.run();
  const codes = (await bench.findings(run)).map(({ path, code }) => `${path} ${code}`);
  for (const concept of ['benefit-paid', 'coverage-group', 'coverage-start', 'payment-number']) {
    assert.ok(codes.includes(`${concept} fact-different`), `${concept}: ${codes.join(', ')}`);
  }
});

const enrollment = '834 005010X220A1';
const enrollmentBody = [
  'BGN*00*REF1*20260101*1200****4',
  'N1*P5*EMPLOYER*FI*1',
  'N1*IN*INSURER*FI*2',
  'INS*Y*18*030*XN*A',
  'REF*0F*SUB1',
  'REF*1L*GRP1',
  'NM1*IL*1*DOE*JO',
  'DMG*D8*19800102*M',
  'HD*030**HLT',
  'DTP*348*D8*20260201',
];

function bound(target: Target): Target {
  return {
    open: (signal) => target.open(signal),
    write: (writes, signal) => target.write(writes, signal),
    fetch: (ids, want, signal) => target.fetch(ids, want, signal),
    scan: (scope, signal) => target.scan(scope, signal),
    close: () => target.close(),
  };
}

function cheaper(write: Write): Write {
  if (write.kind !== 'put' || write.type !== 'Claim') return write;
  const body = Buffer.from(write.body.toString('utf8').replace('60.00', '61.00'));
  return { ...write, body };
}

/** Another amount, group, day and trace than the transactions have. */
function otherwise(write: Write): Write {
  if (write.kind !== 'put') return write;
  const text = write.body.toString('utf8');
  const changed = {
    ExplanationOfBenefit: text.replace(/("payment":\{"amount":\{[^}]*"value":)80\.00/, '$181.00'),
    Coverage: text.replace('"GRP1"', '"GRP2"').replace('2026-02-01', '2026-03-01'),
    PaymentReconciliation: text.replace(/("paymentIdentifier":\{[^}]*"value":")/, '$1X'),
  }[write.type];
  return changed === undefined ? write : { ...write, body: Buffer.from(changed) };
}

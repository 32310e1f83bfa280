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

test('R08 R11 claims and payments arrive to the cent, a broken transaction is held, the newest is told last', async (context) => {
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

test('R05 a charge that changes on the way is found by the facts', async (context) => {
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

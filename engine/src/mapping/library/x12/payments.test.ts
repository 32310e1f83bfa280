import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  interchange,
  remittance,
  remittanceBody,
  transaction,
} from '../../../formats/x12/testing.ts';
import type { ConvertedUnit } from './convert.ts';
import { allOf, codesOf, convert, made, oneOf } from './testing.ts';

// oxlint-disable-next-line no-explicit-any -- what was written is looked at by its paths
type Written = any;
const written: (units: readonly ConvertedUnit[], type: string) => Written[] = allOf;
const one: (units: readonly ConvertedUnit[], type: string) => Written = oneOf;
const codes: (concept: Written) => string[] = codesOf;

describe('x12: 835 to ExplanationOfBenefit and PaymentReconciliation', () => {
  const units = made(remittance, remittanceBody);

  test('x12: a payment with its adjustments', () => {
    const benefit = one(units, 'ExplanationOfBenefit');
    assert.equal(benefit.claim.identifier.value, 'CLAIM1');
    assert.equal(benefit.identifier[0].value, 'ICN1');
    assert.equal(benefit.disposition, 'Processed as Primary');
    const amounts = benefit.total.map((each: Written) => [
      codes(each.category)[0],
      each.amount.value,
    ]);
    assert.deepEqual(amounts, [
      ['submitted', 100],
      ['benefit', 80],
      ['memberliability', 10],
    ]);
    const [first] = benefit.item;
    const lines = first.adjudication.map((each: Written) => [
      codes(each.category)[0],
      each.reason === undefined ? undefined : codes(each.reason)[0],
      each.amount.value,
    ]);
    assert.deepEqual(lines, [
      ['submitted', undefined, 60],
      ['benefit', undefined, 50],
      ['CO', '45', 10],
      ['eligible', undefined, 50],
    ]);
    assert.deepEqual([benefit.payment.date, benefit.payment.amount.value], ['2026-01-10', 80]);
    assert.equal(benefit.created, '2026-01-09');
  });

  test('x12: the payment as a whole, its details adding up to it', () => {
    const payment = one(units, 'PaymentReconciliation');
    assert.deepEqual([payment.paymentAmount.value, payment.paymentDate], [75, '2026-01-10']);
    assert.equal(payment.paymentIdentifier.value, 'TRACE1');
    const details = payment.detail.map((each: Written) => each.amount.value as number);
    assert.deepEqual(details, [80, -5]);
    assert.match(payment.detail[0].response.reference, /^ExplanationOfBenefit\//);
  });

  const unbalanced: readonly (readonly [
    what: string,
    from: string,
    to: string,
    refused: string,
  ])[] = [
    ['BPR02', 'BPR*I*75.00', 'BPR*I*75.01', 'x12-payment-unbalanced BPR-2 by 0.01'],
    ['PLB', '*WO:OLD1*5.00', '*WO:OLD1*-5.00', 'x12-payment-unbalanced BPR-2 by -10.00'],
    [
      'a line’s CAS',
      'CAS*CO*45*10.00',
      'CAS*CO*45*9.99',
      'x12-payment-unbalanced 2110/SVC-3@13 by -0.01',
    ],
    [
      'a line’s payment',
      '*60.00*50.00*',
      '*60.00*51.00*',
      'x12-payment-unbalanced 2110/SVC-3@13 by 1.00',
    ],
    ['CLP04', '*100.00*80.00*', '*100.00*79.50*', 'x12-payment-unbalanced 2100/CLP-4@11 by -0.50'],
    ['CLP03', '*100.00*80.00*', '*100*80.00*', ''],
  ];
  for (const [what, from, to, refused] of unbalanced) {
    test(`x12: an 835 whose ${what} ${refused === '' ? 'is written otherwise ties' : 'does not tie is quarantined whole'}`, () => {
      const body = remittanceBody.map((each) => each.replace(from, to));
      const [first, ...rest] = made(remittance, body);
      assert.equal(first?.refused ?? '', refused);
      if (refused !== '') assert.deepEqual([first?.resources, rest], [[], []]);
    });
  }

  test('x12: CAS of a claim, with six reasons', () => {
    const body = [
      ...remittanceBody.slice(0, 9).map((each) => each.replace('BPR*I*75.00', 'BPR*I*79')),
      'CLP*C*1*100*79**12*I',
      'CAS*CO*1*1*1*2*2**3*3**4*4**5*5**6*6',
      'NM1*QC*1*DOE*JO****MI*MEM1',
    ];
    const benefit = one(made(remittance, body), 'ExplanationOfBenefit');
    assert.deepEqual(
      benefit.adjudication.map((each: Written) => each.amount.value as number),
      [1, 2, 3, 4, 5, 6],
    );
  });
});

test('x12: a streamed payment is told at its end when it does not tie', () => {
  const claim = remittanceBody.slice(9, 18);
  const many = Array.from({ length: 100 }, () => claim).flat();
  const text = (paid: string): string =>
    interchange(
      remittance,
      transaction(remittance, [
        `BPR*I*${paid}*C*CHK************20260110`,
        ...remittanceBody.slice(1, 9),
        ...many,
      ]),
    );
  const tied = convert(text('8000'), { mostHeld: 2000 });
  assert.equal(written(tied, 'ExplanationOfBenefit').length, 100);
  assert.equal(one(tied, 'PaymentReconciliation').detail.length, 100);
  assert.ok(tied.every(({ refused }) => refused === undefined));
  const off = convert(text('8000.01'), { mostHeld: 2000 });
  assert.equal(off.at(-1)?.refused, 'x12-payment-unbalanced BPR-2 by 0.01');
  assert.equal(written(off, 'PaymentReconciliation').length, 0);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  billingProvider,
  professional,
  submitter,
  subscriber,
} from '../../../formats/x12/testing.ts';
import { allOf, codesOf, made, oneOf } from './testing.ts';

const front = [
  ...submitter,
  ...billingProvider,
  ...subscriber,
  'CLM*CLAIM1*100.00***11:B:1*Y*A*Y*Y',
  'CRC*07*N*01*02',
  'HI*ABK:J45909',
  'HCP*03*90.10',
];
const other = [
  'SBR*S*18*G2*OTHER*****CI',
  'CAS*PR*1*20.00',
  'AMT*D*70.00',
  'AMT*EAF*20.00',
  'OI***Y***Y',
  'MOA***MA01',
  'NM1*IL*1*DOE*JO****MI*M2',
  'NM1*PR*2*OTHERPAY*****PI*P2',
];
const line = ['LX*1', 'SV1*HC:99213*100.00*UN*1***1', 'DTP*472*D8*20260102'];
const decided = ['SVD*P2*70.00*HC:99213**1', 'CAS*CO*45*10.00', 'DTP*573*D8*20260110'];

interface Response {
  created: string;
  adjudication: { amount?: { value: number }; reason: unknown; category: unknown }[];
  total: { category: unknown; amount: { value: number; currency: string } }[];
  item: {
    itemSequence: number;
    adjudication: { category: unknown; amount: { value: number } }[];
  }[];
}

test('what another payer paid, took away and left is the response beside its coverage', () => {
  const units = made(professional, [...front, ...other, ...line, ...decided]);
  const response = oneOf(units, 'ClaimResponse') as Response;
  assert.equal(response.created, '2026-01-10');
  assert.deepEqual(
    response.total.map(({ category, amount }) => [codesOf(category)[0], amount.value]),
    [
      ['benefit', 70],
      ['memberliability', 20],
    ],
  );
  const [item, ...rest] = response.item;
  assert.ok(item && rest.length === 0);
  assert.deepEqual(
    item.adjudication.map(({ category, amount }) => [codesOf(category)[0], amount.value]),
    [
      ['benefit', 70],
      ['CO', 10],
    ],
  );
  assert.deepEqual(
    response.adjudication.map(({ reason }) => codesOf(reason)[0]),
    ['1', 'MA01'],
  );
  const claim = oneOf(units, 'Claim') as { insurance: { claimResponse?: unknown }[] };
  assert.deepEqual(
    claim.insurance.map(({ claimResponse }) => claimResponse !== undefined),
    [false, true],
  );
  const codes = units.flatMap(({ issues }) => issues.map(({ code }) => code));
  assert.ok(!codes.includes('x12-other-payer-unbalanced'), codes.join());
});

test('another payer whose payment is not what it left is told; one that says nothing has no response', () => {
  const off = other.map((segment) => segment.replace('AMT*D*70.00', 'AMT*D*70.01'));
  const codes = made(professional, [...front, ...off, ...line, ...decided]).flatMap(({ issues }) =>
    issues.map(({ code, path }) => `${code} ${path}`),
  );
  assert.ok(codes.includes('x12-other-payer-unbalanced 2320/AMT-2'), codes.join());
  const silent = other.filter((segment) => !/^(CAS|AMT|MOA)/.test(segment));
  assert.deepEqual(allOf(made(professional, [...front, ...silent, ...line]), 'ClaimResponse'), []);
});

test('conditions, repricing and what no rule reads of a claim', () => {
  const contracted = front.flatMap((segment) =>
    segment.startsWith('CLM') ? [segment, 'CN1*02*50.00'] : [segment],
  );
  const units = made(professional, [...contracted, ...line]);
  const { supportingInfo } = oneOf(units, 'Claim') as {
    supportingInfo: { code: unknown; valueBoolean?: boolean; valueQuantity?: { value: number } }[];
  };
  const said = supportingInfo.map(({ code, valueBoolean, valueQuantity }) =>
    [codesOf(code).join(), valueBoolean ?? valueQuantity?.value].join(' '),
  );
  for (const each of ['01 false', '02 false', '03 90.1', '02 50'])
    assert.ok(said.includes(each), each);
  const ambulance = front.map((segment) =>
    segment.startsWith('CRC') ? 'CR1*LB*150**A*DH*10****WHY' : segment,
  );
  const unread = made(professional, [...ambulance, ...line]).flatMap((unit) => unit.unread);
  assert.ok(unread.includes('837P/2300/CR1-2') && unread.includes('837P/2300/CR1-10'));
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { interchange, transaction } from '../../../formats/x12/testing.ts';
import type { ConvertedUnit } from './convert.ts';
import { allOf, codesOf, convert, made, oneOf } from './testing.ts';

// oxlint-disable-next-line no-explicit-any -- what was written is looked at by its paths
type Written = any;
const written: (units: readonly ConvertedUnit[], type: string) => Written[] = allOf;
const one: (units: readonly ConvertedUnit[], type: string) => Written = oneOf;
const codes: (concept: Written) => string[] = codesOf;

describe('x12: 834 to Coverage and Patient', () => {
  const head = ['BGN*00*REF1*20260101*1200****2', 'N1*P5*EMPLOYER*FI*1', 'N1*IN*INSURER*FI*2'];
  const member = (maintenance: string, ...more: string[]): string[] => [
    ...head,
    `INS*Y*18*${maintenance}*XN*A***FT`,
    'REF*0F*SUB1',
    'REF*1L*GRP1',
    'DTP*356*D8*20260101',
    'NM1*IL*1*DOE*JO****34*123456789',
    'N3*2 ST',
    'N4*T*IL*60601',
    'DMG*D8*19800102*M',
    ...more,
  ];
  const guide = '834 005010X220A1';

  const cases: readonly (readonly [what: string, maintenance: string, status: string])[] = [
    ['an addition', '021', 'active'],
    ['a change', '001', 'active'],
    ['a termination', '024', 'cancelled'],
    ['a deletion', '002', 'cancelled'],
    ['a reinstatement', '025', 'active'],
    ['an audit', '030', 'active'],
  ];
  for (const [what, maintenance, status] of cases) {
    test(`x12: ${what} of a member`, () => {
      const coverage = one(
        made(guide, member(maintenance, `HD*${maintenance}**HLT*PLAN1*EMP`, 'DTP*348*D8*20260201')),
        'Coverage',
      );
      assert.equal(coverage.status, status);
      assert.deepEqual(coverage.meta.tag[0], {
        system: 'urn:x-x12:maintenance-type',
        code: maintenance,
      });
      assert.equal(coverage.period.start, '2026-02-01');
    });
  }

  test('x12: reporting categories (2700) are told, and the member behind them is a member', () => {
    const place = ['LX*1', 'N1*75*LOCATION', 'REF*17*DEPT9', 'DTP*007*D8*20260301'];
    const union = ['LX*2', 'N1*75*UNION', 'REF*ZZ*LOCAL1'];
    const categories = ['LS*2700', ...place, ...union, 'LE*2700'];
    const next = ['INS*N*01*021*XN*A', 'REF*0F*SUB1', 'NM1*IL*1*DOE*ANN', 'HD*021**HLT'];
    const units = made(guide, member('021', 'HD*021**HLT', ...categories, ...next));
    assert.deepEqual(
      units.map(({ refused }) => refused),
      [undefined, undefined, undefined],
    );
    assert.equal(written(units, 'Coverage').length, 2);
    const told = units[0]?.unread.filter((path) => path.startsWith('834/2750/'));
    const first = ['N1-1', 'N1-2', 'REF-1', 'REF-2', 'DTP-1', 'DTP-2', 'DTP-3'];
    assert.deepEqual(
      told,
      [...first, 'N1-1', 'N1-2', 'REF-1', 'REF-2'].map((path) => `834/2750/${path}`),
    );
    assert.ok(!units[1]?.unread.some((path) => path.startsWith('834/2750/')));
  });

  test('x12: each benefit is a coverage, and stays the same through its changes', () => {
    const begun = made(
      guide,
      member('021', 'HD*021**HLT', 'DTP*348*D8*20260201', 'HD*021**VIS', 'DTP*348*D8*20260201'),
    );
    const over = made(guide, member('024', 'HD*024**HLT', 'DTP*349*D8*20260630'));
    const ids = written(begun, 'Coverage').map(({ id }) => id as string);
    assert.equal(ids.length, 2);
    const ended = one(over, 'Coverage');
    assert.ok(ids.includes(ended.id));
    assert.equal(ended.period.end, '2026-06-30');
    assert.equal(one(over, 'Patient').id, one(begun, 'Patient').id);
  });

  test('x12: a member without HD, with the end of eligibility', () => {
    const coverage = one(
      made(
        guide,
        member('024').map((each) => each.replace('DTP*356*D8*20260101', 'DTP*357*D8*20260331')),
      ),
      'Coverage',
    );
    assert.deepEqual([coverage.status, coverage.period], ['cancelled', { end: '2026-03-31' }]);
    assert.equal(coverage.policyHolder.reference.startsWith('Organization/'), true);
  });
});

describe('x12: enquiries', () => {
  const levels = [
    'BHT*0022*13*REF*20260101*1200',
    'HL*1**20*1',
    'NM1*PR*2*PAYER*****PI*PAY1',
    'HL*2*1*21*1',
    'NM1*1P*2*CLINIC*****XX*1',
  ];
  const person = [
    'HL*3*2*22*0',
    'TRN*1*TRACE1*9ORIGIN',
    'NM1*IL*1*DOE*JO****MI*MEM1',
    'DMG*D8*19800102*F',
  ];

  test('x12: a 270', () => {
    const request = one(
      made('270 005010X279A1', [...levels, ...person, 'DTP*291*D8*20260105', 'EQ*30^35']),
      'CoverageEligibilityRequest',
    );
    assert.deepEqual([request.identifier[0].value, request.servicedDate], ['TRACE1', '2026-01-05']);
    assert.deepEqual(
      request.item.map((each: Written) => codes(each.category)[0]),
      ['30', '35'],
    );
  });

  test('x12: a 270 of a dependent', () => {
    const dependent = [
      'HL*3*2*22*1',
      'NM1*IL*1*DOE*JO****MI*MEM1',
      'HL*4*3*23*0',
      'TRN*1*T2*9O',
      'NM1*03*1*DOE*AL',
      'EQ*30',
    ];
    const units = made('270 005010X279A1', [...levels, ...dependent]);
    const request = one(units, 'CoverageEligibilityRequest');
    const child = written(units, 'Patient').find(({ name }) => name[0].given[0] === 'AL');
    assert.equal(request.patient.reference, `Patient/${child.id}`);
  });

  test('x12: a 271', () => {
    const benefits = [
      'EB*1**30^33**GOLD',
      'EB*B**98*HM*GOLD*27*10.50*****Y',
      'MSG*PER VISIT',
      'EB*A**98*****.2',
    ];
    const response = one(
      made('271 005010X279A1', [...levels, ...person, ...benefits]),
      'CoverageEligibilityResponse',
    );
    const [{ inforce, item }] = response.insurance;
    assert.equal(inforce, true);
    assert.equal(item.length, 4);
    assert.equal(item[2].benefit[0].allowedMoney.value, 10.5);
    assert.match(item[2].description, /PER VISIT/);
    assert.equal(item[3].benefit[0].allowedString, '.2');
    assert.equal(response.request.identifier.value, 'TRACE1');
  });

  test('x12: a 271 that was refused, with and without a patient', () => {
    const refused = one(
      made('271 005010X279A1', [...levels, ...person.slice(0, 3), 'AAA*N**75*C']),
      'CoverageEligibilityResponse',
    );
    assert.deepEqual([refused.outcome, codes(refused.error[0].code)], ['error', ['75', 'C']]);
    const [unit] = made('271 005010X279A1', [...levels, 'AAA*Y**50*N']);
    assert.equal(
      one(unit === undefined ? [] : [unit], 'CoverageEligibilityResponse').outcome,
      'error',
    );
    assert.ok(unit?.issues.some(({ code }) => code === 'patient-missing'));
  });

  const asked = [
    'BHT*0010*13*REF*20260101*1200',
    'HL*1**20*1',
    'NM1*PR*2*PAYER*****PI*PAY1',
    'HL*2*1*21*1',
    'NM1*41*2*ASKER*****46*A1',
    'HL*3*2*19*1',
    'NM1*1P*2*CLINIC*****XX*1',
    'HL*4*3*22*0',
  ];

  test('x12: a 276', () => {
    const body = [
      ...asked,
      'DMG*D8*19800102*F',
      'NM1*IL*1*DOE*JO****MI*MEM1',
      'TRN*1*T1',
      'REF*EJ*CLAIM1',
      'AMT*T3*85.00',
      'DTP*472*D8*20260102',
    ];
    const task = one(made('276 005010X212', body), 'Task');
    assert.deepEqual([task.status, task.focus.identifier.value], ['requested', 'CLAIM1']);
    assert.equal(task.input[0].valueMoney.value, 85);
  });

  const answers: readonly (readonly [category: string, status: string])[] = [
    ['A1', 'accepted'],
    ['A2', 'accepted'],
    ['A3', 'rejected'],
    ['A7', 'rejected'],
    ['P1', 'in-progress'],
    ['F1', 'completed'],
    ['F2', 'completed'],
    ['R0', 'on-hold'],
    ['E0', 'failed'],
    ['D0', 'failed'],
    ['ZZ', 'received'],
  ];
  for (const [category, status] of answers) {
    test(`x12: a 277 of category ${category}`, () => {
      const body = [
        ...asked,
        'NM1*IL*1*DOE*JO****MI*MEM1',
        'TRN*2*T1',
        `STC*${category}:20*20260105**85*80`,
        'REF*1K*ICN1',
      ];
      const task = one(made('277 005010X212', body), 'Task');
      assert.equal(task.status, status);
      assert.deepEqual(codes(task.businessStatus), [category, '20']);
      assert.equal(task.focus.identifier.value, 'ICN1');
      const money = (task.output as Written[]).flatMap(({ valueMoney }) =>
        valueMoney === undefined ? [] : [valueMoney.value as number],
      );
      assert.deepEqual(money, [85, 80]);
    });
  }

  test('x12: a 277CA tells of the batch and of each claim', () => {
    const body = [
      'BHT*0085*08*REF*20260101*1200*TH',
      'HL*1**20*1',
      'NM1*PR*2*PAYER*****PI*PAY1',
      'TRN*1*B0',
      'DTP*050*D8*20260101',
      'DTP*009*D8*20260101',
      'HL*2*1*21*1',
      'NM1*41*2*ASKER*****46*A1',
      'TRN*2*BATCH1',
      'STC*A1:20*20260101*WQ*100',
      'QTY*90*1',
      'AMT*YU*100',
      'HL*3*2*19*1',
      'NM1*85*2*CLINIC*****XX*1',
      'HL*4*3*PT',
      'NM1*QC*1*DOE*JO****MI*MEM1',
      'TRN*2*CLAIM1',
      'STC*A7:562:85*20260101*U*100',
      'DTP*472*D8*20260102',
    ];
    const tasks = written(made('277 005010X214', body), 'Task');
    assert.deepEqual(
      tasks.map(({ status }) => status as string),
      ['accepted', 'rejected'],
    );
    assert.match(tasks[1].for.reference, /^Patient\//);
  });

  const reviewed = (purpose: string, ...service: string[]): string[] => [
    `BHT*0007*${purpose}*REF*20260101*1200`,
    'HL*1**20*1',
    'NM1*X3*2*PAYER*****PI*PAY1',
    'HL*2*1*21*1',
    'NM1*1P*2*CLINIC*****XX*1',
    'HL*3*2*22*1',
    'NM1*IL*1*DOE*JO****MI*MEM1',
    'HL*4*3*EV*1',
    'TRN*1*T1*9O',
    ...service,
  ];

  test('x12: a 278 that asks', () => {
    const body = reviewed(
      '13',
      'UM*HS*I*3',
      'HI*ABK:J45909',
      'HL*5*4*SS*0',
      'UM*HS*I',
      'DTP*472*D8*20260201',
      'SV1*HC:97110*150.00*UN*3',
    );
    const claim = one(made('278 005010X217', body), 'Claim');
    assert.deepEqual([claim.use, claim.identifier[0].value], ['preauthorization', 'T1']);
    assert.deepEqual(codes(claim.item[0].productOrService), ['97110']);
    assert.deepEqual([claim.item[0].net.value, claim.item[0].servicedDate], [150, '2026-02-01']);
    assert.equal(claim.diagnosis.length, 1);
  });

  test('x12: a 278 that answers', () => {
    const body = reviewed(
      '11',
      'UM*HS*I*3',
      'HCR*A1*AUTH1',
      'DTP*007*RD8*20260201-20260301',
      'HL*5*4*SS*0',
      'UM*HS*I',
      'HCR*A3**0V',
    );
    const response = one(made('278 005010X217', body), 'ClaimResponse');
    assert.deepEqual([response.preAuthRef, response.outcome], ['AUTH1', 'complete']);
    assert.deepEqual(response.preAuthPeriod, { start: '2026-02-01', end: '2026-03-01' });
    assert.deepEqual(codes(response.item[0].adjudication[0].reason), ['0V']);
  });

  test('x12: a 999 and a TA1 make nothing, and stand in what was not read', () => {
    const body = ['AK1*HC*1*005010X222A1', 'AK2*837*0001', 'IK5*A', 'AK9*A*1*1*1'];
    const text = interchange('999 005010X231A1', transaction('999 005010X231A1', body)).replace(
      'GS*',
      'TA1*000000005*260101*1200*A*000~GS*',
    );
    const units = convert(text);
    assert.ok(
      units.every(({ resources, refused }) => resources.length === 0 && refused === undefined),
    );
    const unread = units.flatMap((unit) => unit.unread);
    assert.ok(unread.includes('TA1/TA1-4') && unread.includes('999/IK5/IK5-1'));
  });
});

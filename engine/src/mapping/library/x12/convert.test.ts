import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  billingProvider,
  claimBody,
  claimLoop,
  dental,
  institutional,
  interchange,
  professional,
  readAll,
  remittance,
  remittanceBody,
  submitter,
  subscriber,
  transaction,
} from '../../../formats/x12/testing.ts';
import { X12Converter } from './convert.ts';
import type { ConvertedUnit } from './convert.ts';

// oxlint-disable-next-line no-explicit-any -- what was written is looked at by its paths
type Written = any;

function convert(text: string, options = {}): ConvertedUnit[] {
  const converter = new X12Converter({ identify: (key) => key, zone: undefined });
  return readAll(text, options).flatMap((event) => converter.convert(event));
}

function made(guide: string, body: readonly string[]): ConvertedUnit[] {
  return convert(interchange(guide, transaction(guide, body)));
}

/** Resources of a type as they are written: digits and all. */
function written(units: readonly ConvertedUnit[], type: string): Written[] {
  const resources = units.flatMap((unit) => unit.resources);
  return resources
    .filter(({ resourceType }) => resourceType === type)
    .map((each) => JSON.parse(JSON.stringify(each)) as unknown);
}

const one = (units: readonly ConvertedUnit[], type: string): Written => {
  const found = written(units, type);
  assert.equal(found.length, 1, `${found.length} ${type}`);
  return found[0];
};

const codes = (concept: Written): string[] =>
  concept.coding.map(({ code }: { code: string }) => code);

function edited(from: string, ...to: string[]): string[] {
  return claimBody.flatMap((each) => (each.startsWith(from) ? to : [each]));
}

describe('x12: 837 to Claim', () => {
  const units = made(professional, claimBody);
  const claim = one(units, 'Claim');

  test('x12: a claim with its lines and money', () => {
    assert.equal(claim.identifier[0].value, 'CLAIM1');
    assert.deepEqual(
      [claim.status, claim.use, codes(claim.type)],
      ['active', 'claim', ['professional']],
    );
    assert.match(
      JSON.stringify(units[0]?.resources),
      /"total":\{"value":100\.00,"currency":"USD"\}/,
    );
    assert.equal(claim.item.length, 2);
    const [first, second] = claim.item;
    assert.equal(first.productOrService.coding[0].system, 'http://www.ama-assn.org/go/cpt');
    assert.deepEqual(
      [codes(first.productOrService), codes(first.modifier[0])],
      [['99213'], ['25']],
    );
    assert.deepEqual(
      [first.net.value, first.quantity.value, first.servicedDate],
      [60, 1, '2026-01-02'],
    );
    assert.deepEqual(first.diagnosisSequence, [1, 2]);
    assert.deepEqual(codes(first.locationCodeableConcept), ['11']);
    assert.match(second.productOrService.coding[0].system, /HCPCSReleaseCodeSets$/);
    assert.deepEqual(second.servicedPeriod, { start: '2026-01-02', end: '2026-01-03' });
  });

  test('x12: diagnoses get the point that X12 leaves out', () => {
    const [first, second] = claim.diagnosis;
    assert.equal(first.diagnosisCodeableConcept.coding[0].code, 'J45.909');
    assert.equal(
      first.diagnosisCodeableConcept.coding[0].system,
      'http://hl7.org/fhir/sid/icd-10-cm',
    );
    assert.deepEqual([codes(first.type[0]), codes(second.type[0])], [['principal'], ['clinical']]);
    const ninth = one(made(professional, edited('HI', 'HI*BK:4280*BN:E8881*BF:643.03')), 'Claim');
    const told = ninth.diagnosis.map(
      (each: Written) => each.diagnosisCodeableConcept.coding[0].code,
    );
    assert.deepEqual(told, ['428.0', 'E888.1', '643.03']);
  });

  test('x12: patient, coverage, payer and provider, with references that lead to them', () => {
    const patient = one(units, 'Patient');
    assert.deepEqual(patient.name, [{ family: 'DOE', given: ['JO', 'Q'] }]);
    assert.deepEqual([patient.gender, patient.birthDate], ['female', '1980-01-02']);
    assert.equal(claim.patient.reference, `Patient/${patient.id}`);
    const coverage = one(units, 'Coverage');
    assert.deepEqual(
      [coverage.subscriberId, coverage.order, codes(coverage.relationship)[0]],
      ['MEM1', 1, 'self'],
    );
    assert.equal(coverage.class[0].value, 'GRP1');
    assert.equal(claim.insurance[0].coverage.reference, `Coverage/${coverage.id}`);
    const names = written(units, 'Organization').map(({ name }) => name as string);
    assert.deepEqual(names.toSorted(), ['CLINIC', 'PAYER']);
    const all = new Set(units[0]?.resources.map(({ resourceType, id }) => `${resourceType}/${id}`));
    for (const [, reference] of JSON.stringify(units[0]?.resources).matchAll(
      /"reference":"([^"]+)"/g,
    )) {
      assert.ok(all.has(reference as string), `${reference} leads nowhere`);
    }
  });

  test('x12: a dependent is the patient, the subscriber another', () => {
    const body = [
      ...submitter,
      ...billingProvider,
      'HL*2*1*22*1',
      'SBR*P**GRP1******CI',
      ...subscriber.slice(2),
      ...[
        'HL*3*2*23*0',
        'PAT*19',
        'NM1*QC*1*DOE*AL',
        'N3*2 SIDE ST',
        'N4*TOWN*IL*60602',
        'DMG*D8*20150102*M',
      ],
      ...claimLoop,
    ];
    const dependents = made(professional, body);
    const people = written(dependents, 'Patient');
    assert.deepEqual(
      people.map(({ name }) => name[0].given[0] as string),
      ['JO', 'AL'],
    );
    const { patient } = one(dependents, 'Claim');
    assert.equal(patient.reference, `Patient/${people[1].id}`);
    const coverage = one(dependents, 'Coverage');
    assert.equal(coverage.beneficiary.reference, patient.reference);
    assert.equal(coverage.subscriber.reference, `Patient/${people[0].id}`);
    assert.equal(codes(coverage.relationship)[0], 'child');
  });

  test('x12: people of one member number are told apart', () => {
    const other = subscriber.map((each) => each.replace('*JO*', '*AL*').replace('HL*2', 'HL*3'));
    const body = [...claimBody, ...other, ...claimLoop];
    const ids = written(made(professional, body), 'Patient').map(({ id }) => id as string);
    assert.equal(new Set(ids).size, 2);
  });

  test('x12: claims of one number are told apart, and the same file gives the same ids', () => {
    const body = [...claimBody, ...claimLoop];
    const ids = written(made(professional, body), 'Claim').map(({ id }) => id as string);
    assert.equal(new Set(ids).size, 2);
    assert.deepEqual(
      written(made(professional, body), 'Claim').map(({ id }) => id as string),
      ids,
    );
  });

  test('x12: other payers, authorization, referral, replaced claim, accident, who took part', () => {
    const body = edited(
      'CLM',
      'CLM*CLAIM1*100.00***11:B:7*Y*A*Y*Y**AA:::IL',
      'DTP*439*D8*20251230',
      'DTP*431*D8*20251231',
      'AMT*F5*20.00',
      'REF*G1*AUTH1',
      'REF*9F*REFERRAL1',
      'REF*F8*ICN0',
      'NTE*ADD*SOME WORDS',
    ).flatMap((each) =>
      each === 'LX*1'
        ? [
            ...[
              'NM1*DN*1*REFER*RAY****XX*1',
              'NM1*77*2*PLACE*****XX*2',
              'N3*5 ST',
              'N4*T*IL*60601',
            ],
            ...['SBR*S*18*GRP2******CI', 'OI***Y***Y', 'NM1*IL*1*DOE*JO****MI*MEM2'],
            ...['NM1*PR*2*SECOND*****PI*PAY2', each],
          ]
        : [each],
    );
    const found = made(professional, body);
    const more = one(found, 'Claim');
    assert.deepEqual(
      more.insurance.map((each: Written) => [each.focal, each.preAuthRef?.[0]]),
      [
        [true, 'AUTH1'],
        [false, undefined],
      ],
    );
    assert.equal(written(found, 'Coverage').length, 2);
    assert.equal(more.referral.identifier.value, 'REFERRAL1');
    assert.equal(more.related[0].claim.identifier.value, 'ICN0');
    assert.deepEqual(
      [more.accident.date, codes(more.accident.type)],
      ['2025-12-30', ['MVA', 'AA']],
    );
    assert.equal(more.careTeam.length, 1);
    assert.ok(more.facility.reference.startsWith('Location/'));
    const info = more.supportingInfo as Written[];
    assert.ok(info.some(({ valueString }) => valueString === 'SOME WORDS'));
    assert.ok(info.some(({ timingDate }) => timingDate === '2025-12-31'));
    assert.ok(info.some(({ valueQuantity }) => valueQuantity?.value === 20));
  });

  test('x12: an institutional claim', () => {
    const body = [
      ...submitter,
      ...billingProvider,
      ...subscriber,
      ...['CLM*C2*802***11:A:1**A*Y*Y', 'DTP*434*RD8*20251222-20251224', 'DTP*435*DT*202512220930'],
      ...[
        'CL1*3*1*01',
        'HI*ABK:J45909:::::::Y',
        'HI*BBR:0BH17EZ:D8:20251223',
        'HI*BE:01:::802',
        'HI*BH:11:D8:20251221',
      ],
      ...['HI*DR:202', 'NM1*71*1*ATTEND*ANN****XX*9', 'LX*1', 'SV2*0120**802*DA*2'],
    ];
    const found = one(made(institutional, body), 'Claim');
    assert.deepEqual(found.billablePeriod, { start: '2025-12-22', end: '2025-12-24' });
    assert.deepEqual(codes(found.procedure[0].procedureCodeableConcept), ['0BH17EZ']);
    assert.equal(found.procedure[0].date, '2025-12-23');
    assert.deepEqual(codes(found.diagnosis[0].onAdmission), ['Y']);
    assert.deepEqual(codes(found.diagnosis[0].packageCode), ['202']);
    assert.deepEqual(codes(found.item[0].revenue), ['0120']);
    assert.deepEqual([found.item[0].net.value, found.item[0].quantity.code], [802, 'd']);
    const told = (found.supportingInfo as Written[]).map(
      ({ code }) => codes(code ?? { coding: [] })[0],
    );
    for (const code of ['111', '3', '1', '01', '11']) assert.ok(told.includes(code), code);
    assert.equal(found.careTeam.length, 1);
  });

  test('x12: a dental claim', () => {
    const body = [
      ...submitter,
      ...billingProvider,
      ...subscriber,
      ...[
        'CLM*C3*70***11:B:1*Y*A*Y*Y',
        'LX*1',
        'SV3*AD:D2150*70****1',
        'TOO*JP*12*L:O',
        'DTP*472*D8*20260102',
      ],
    ];
    const [item] = one(made(dental, body), 'Claim').item;
    assert.equal(item.productOrService.coding[0].system, 'http://www.ada.org/cdt');
    assert.deepEqual([codes(item.bodySite), item.subSite.map(codes)], [['12'], [['L'], ['O']]]);
    assert.deepEqual(
      [item.net.value, item.quantity.value, item.servicedDate],
      [70, 1, '2026-01-02'],
    );
  });

  test('x12: a drug of a line by its NDC', () => {
    const body = [...claimBody, 'LIN**N4*00026063512', 'CTP****10.50*ML'];
    const item = one(made(professional, body), 'Claim').item[1];
    assert.deepEqual(codes(item.detail[0].productOrService), ['00026063512']);
    assert.equal(item.detail[0].quantity.code, 'mL');
  });

  test('x12: a claim whose lines do not add up to it is told, and carried as it was sent', () => {
    const [unit] = made(professional, edited('CLM', 'CLM*CLAIM1*100.01***11:B:1'));
    assert.deepEqual(
      unit?.issues.filter(({ code }) => code === 'x12-claim-unbalanced'),
      [{ code: 'x12-claim-unbalanced', path: '2300/CLM-2' }],
    );
    assert.equal(one([unit as ConvertedUnit], 'Claim').total.value, 100.01);
    // 0.1 + 0.2 is 0.3 here.
    const lines = edited('CLM', 'CLM*CLAIM1*.3***11:B:1').map((each) =>
      each.replace('*60.00*', '*.10*').replace('*40.00*', '*0.2*'),
    );
    assert.deepEqual(
      made(professional, lines)[0]?.issues.map(({ code }) => code),
      ['time-zone-missing'],
    );
  });

  test('x12: what no rule read is told with its loop, once', () => {
    const [unit, ...rest] = made(professional, edited('N4*TOWN*IL*60601', 'N4*TOWN*IL*60601***X'));
    assert.deepEqual(
      unit?.unread.filter((each) => each.includes('2010AA')),
      ['837P/2010AA/N4-6'],
    );
    assert.ok(unit?.unread.includes('837P/2300/CLM-6'));
    assert.ok(rest.every(({ resources }) => resources.length === 0));
    assert.deepEqual(rest[0]?.unread.slice(0, 3), [
      '837P/HEADER/BHT-3',
      '837P/HEADER/BHT-6',
      '837P/1000A/NM1-1',
    ]);
  });

  test('x12: a refused transaction is one refusal with its place', () => {
    const [unit, ...rest] = made(professional, edited('N3*1'));
    assert.deepEqual(
      [unit?.refused, unit?.resources, rest],
      ['x12-segment-missing 2010AA/N3@9', [], []],
    );
  });
});

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

describe('x12: 834 to Coverage and Patient', () => {
  const head = ['BGN*00*REF1*20260101*1200****2', 'N1*P5*EMPLOYER*FI*1', 'N1*IN*INSURER*FI*2'];
  const member = (maintenance: string, ...more: string[]): string[] => [
    ...head,
    `INS*Y*18*${maintenance}*XN*A***FT`,
    ...['REF*0F*SUB1', 'REF*1L*GRP1', 'DTP*356*D8*20260101'],
    ...['NM1*IL*1*DOE*JO****34*123456789', 'N3*2 ST', 'N4*T*IL*60601', 'DMG*D8*19800102*M'],
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
    ...['BHT*0022*13*REF*20260101*1200', 'HL*1**20*1', 'NM1*PR*2*PAYER*****PI*PAY1'],
    ...['HL*2*1*21*1', 'NM1*1P*2*CLINIC*****XX*1'],
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
    assert.equal(one([unit as ConvertedUnit], 'CoverageEligibilityResponse').outcome, 'error');
    assert.ok(unit?.issues.some(({ code }) => code === 'patient-missing'));
  });

  const asked = [
    ...['BHT*0010*13*REF*20260101*1200', 'HL*1**20*1', 'NM1*PR*2*PAYER*****PI*PAY1', 'HL*2*1*21*1'],
    ...['NM1*41*2*ASKER*****46*A1', 'HL*3*2*19*1', 'NM1*1P*2*CLINIC*****XX*1', 'HL*4*3*22*0'],
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
      ...[
        'BHT*0085*08*REF*20260101*1200*TH',
        'HL*1**20*1',
        'NM1*PR*2*PAYER*****PI*PAY1',
        'TRN*1*B0',
      ],
      ...[
        'DTP*050*D8*20260101',
        'DTP*009*D8*20260101',
        'HL*2*1*21*1',
        'NM1*41*2*ASKER*****46*A1',
        'TRN*2*BATCH1',
      ],
      ...[
        'STC*A1:20*20260101*WQ*100',
        'QTY*90*1',
        'AMT*YU*100',
        'HL*3*2*19*1',
        'NM1*85*2*CLINIC*****XX*1',
        'HL*4*3*PT',
      ],
      ...[
        'NM1*QC*1*DOE*JO****MI*MEM1',
        'TRN*2*CLAIM1',
        'STC*A7:562:85*20260101*U*100',
        'DTP*472*D8*20260102',
      ],
    ];
    const tasks = written(made('277 005010X214', body), 'Task');
    assert.deepEqual(
      tasks.map(({ status }) => status as string),
      ['accepted', 'rejected'],
    );
    assert.match(tasks[1].for.reference, /^Patient\//);
  });

  const reviewed = (purpose: string, ...service: string[]): string[] => [
    ...[
      `BHT*0007*${purpose}*REF*20260101*1200`,
      'HL*1**20*1',
      'NM1*X3*2*PAYER*****PI*PAY1',
      'HL*2*1*21*1',
    ],
    ...[
      'NM1*1P*2*CLINIC*****XX*1',
      'HL*3*2*22*1',
      'NM1*IL*1*DOE*JO****MI*MEM1',
      'HL*4*3*EV*1',
      'TRN*1*T1*9O',
    ],
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

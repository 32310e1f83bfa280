import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  billingProvider,
  claimBody,
  claimLoop,
  dental,
  institutional,
  professional,
  submitter,
  subscriber,
} from '../../../formats/x12/testing.ts';
import type { ConvertedUnit } from './convert.ts';
import { allOf, codesOf, made, oneOf } from './testing.ts';

// oxlint-disable-next-line no-explicit-any -- what was written is looked at by its paths
type Written = any;
const written: (units: readonly ConvertedUnit[], type: string) => Written[] = allOf;
const one: (units: readonly ConvertedUnit[], type: string) => Written = oneOf;
const codes: (concept: Written) => string[] = codesOf;

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
      'HL*3*2*23*0',
      'PAT*19',
      'NM1*QC*1*DOE*AL',
      'N3*2 SIDE ST',
      'N4*TOWN*IL*60602',
      'DMG*D8*20150102*M',
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
            'NM1*DN*1*REFER*RAY****XX*1',
            'NM1*77*2*PLACE*****XX*2',
            'N3*5 ST',
            'N4*T*IL*60601',
            'SBR*S*18*GRP2******CI',
            'OI***Y***Y',
            'NM1*IL*1*DOE*JO****MI*MEM2',
            'NM1*PR*2*SECOND*****PI*PAY2',
            each,
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
      'CLM*C2*802***11:A:1**A*Y*Y',
      'DTP*434*RD8*20251222-20251224',
      'DTP*435*DT*202512220930',
      'CL1*3*1*01',
      'HI*ABK:J45909:::::::Y',
      'HI*BBR:0BH17EZ:D8:20251223',
      'HI*BE:01:::802',
      'HI*BH:11:D8:20251221',
      'HI*DR:202',
      'NM1*71*1*ATTEND*ANN****XX*9',
      'LX*1',
      'SV2*0120**802*DA*2',
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
      'CLM*C3*70***11:B:1*Y*A*Y*Y',
      'LX*1',
      'SV3*AD:D2150*70****1',
      'TOO*JP*12*L:O',
      'DTP*472*D8*20260102',
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
    assert.equal(one(unit === undefined ? [] : [unit], 'Claim').total.value, 100.01);
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

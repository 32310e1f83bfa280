import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it, test } from 'node:test';
import { toJson, type JsonObject } from '../base/json.ts';
import { codeSystemOf, mapsOf, valueSetOf } from './fhirTerminology.ts';
import { Gems } from './gems.ts';
import { localUnitSystem, LocalUnits } from './localUnits.ts';
import { releaseOf, ReleaseProblem, systems } from './releases.ts';
import { Terminology } from './terminology.ts';
import type { ValueSetRules } from './valueSet.ts';

function load(terminology: Terminology, file: string, text: string): number {
  const loader = releaseOf(file)?.loader(terminology);
  assert.ok(loader !== undefined, `${file} is the name of no release`);
  for (const line of text.split('\n')) loader.line(line);
  return loader.finish();
}

const order = (number: number, code: string, billable: string, long: string): string =>
  `${String(number).padStart(5, '0')} ${code.padEnd(7)} ${billable} ${long.slice(0, 60).padEnd(60)} ${long}\n`;
const rxnorm = (
  code: string,
  source: string,
  type: string,
  text: string,
  suppressed: string,
): string =>
  `${code}|ENG||||||1|||${code}|${source}|${type}|${code}|${text}||${suppressed}|4096|\n`;
const header = 'id\teffectiveTime\tactive\tmoduleId';
const description = (code: string, type: string, text: string): string =>
  `1\t20240101\t1\t9\t${code}\ten\t${type}\t${text}\t900000000000448009\n`;

function loaded(): Terminology {
  const terminology = new Terminology();
  load(
    terminology,
    'icd10cm-order-2026.txt',
    order(1, 'A00', '0', 'Cholera') +
      order(2, 'A000', '1', 'Cholera due to Vibrio cholerae 01, biovar cholerae'),
  );
  load(
    terminology,
    'Loinc.csv',
    '"LOINC_NUM","COMPONENT","STATUS","LONG_COMMON_NAME"\n"1-8","A ""quoted""\nname","ACTIVE","First, of all"\n"2-6","B","DEPRECATED","Second"\n"3-4","C","DISCOURAGED","Third"\n',
  );
  load(
    terminology,
    'RXNCONSO.RRF',
    rxnorm('161', 'RXNORM', 'IN', 'acetaminophen', 'N') +
      rxnorm('161', 'RXNORM', 'SY', 'paracetamol', 'N') +
      rxnorm('7', 'MTHSPL', 'SU', 'elsewhere', 'N') +
      rxnorm('9', 'RXNORM', 'SCD', 'gone', 'O'),
  );
  load(
    terminology,
    'sct2_Concept_Snapshot_INT_20240101.txt',
    `${header}\tdefinitionStatusId\n10\t20240101\t1\t9\t9\n11\t20240101\t1\t9\t9\n12\t20240101\t0\t9\t9\n`,
  );
  load(
    terminology,
    'sct2_Description_Snapshot-en_INT_20240101.txt',
    description('10', '900000000000013009', 'disease') +
      description('10', '900000000000003001', 'Disease (disorder)') +
      description('11', '900000000000003001', 'Cold (disorder)') +
      description('12', '900000000000003001', 'Old (disorder)'),
  );
  load(
    terminology,
    'sct2_Relationship_Snapshot_INT_20240101.txt',
    '1\t20240101\t1\t9\t11\t10\t0\t116680003\t9\t9\n2\t20240101\t0\t9\t12\t10\t0\t116680003\t9\t9\n',
  );
  load(terminology, 'LONGULT.txt', 'A notice\n99213\tOffice visit\n0001F\tA measure\n');
  return terminology;
}

test('terminology: official layouts are loaded; active, inactive, unknown, not loaded are told apart', () => {
  const terminology = loaded();
  const kind = (system: string, code: string): string => terminology.validate(system, code).kind;
  const display = (system: string, code: string): string | undefined =>
    terminology.system(system)?.find(code)?.display;
  assert.equal(
    display(systems.icd10cm, 'A00.0'),
    'Cholera due to Vibrio cholerae 01, biovar cholerae',
  );
  assert.equal(display(systems.loinc, '1-8'), 'First, of all');
  assert.equal(display(systems.rxnorm, '161'), 'acetaminophen');
  assert.equal(display(systems.snomed, '10'), 'Disease (disorder)');
  assert.equal(display(systems.cpt, '0001F'), 'A measure');
  assert.deepEqual(
    [kind(systems.loinc, '3-4'), kind(systems.loinc, '2-6'), kind(systems.loinc, '9-9')],
    ['active', 'inactive', 'unknown'],
  );
  assert.deepEqual([kind(systems.rxnorm, '9'), kind(systems.rxnorm, '7')], ['inactive', 'unknown']);
  assert.equal(kind(systems.snomed, '12'), 'inactive');
  assert.deepEqual(terminology.validate('urn:none', '1'), {
    kind: 'not-loaded',
    system: 'urn:none',
  });
  assert.equal(terminology.system(systems.icd10cm)?.isA('A00.0', 'A00'), true);
});

test('terminology: what LOINC says of its terms can be asked by value sets, and what took their place is told', () => {
  const terminology = new Terminology();
  load(terminology, 'MapTo.csv', 'LOINC,MAP_TO,COMMENT\n2-6,1-8,\n');
  load(
    terminology,
    'Loinc.csv',
    'LOINC_NUM,CLASSTYPE,SCALE_TYP,STATUS,LONG_COMMON_NAME\n1-8,1,Qn,ACTIVE,A\n2-6,1,Nom,DEPRECATED,B\n3-4,2,,ACTIVE,C\n',
  );
  const members = (...filter: object[]): string => {
    terminology.addValueSet(set('urn:f', { include: [{ system: systems.loinc, filter }] }));
    const found = terminology.members('urn:f');
    return 'members' in found ? [...found.members].map(({ code }) => code).join(' ') : 'not loaded';
  };
  const lab = { property: 'CLASSTYPE', op: '=', value: '1' };
  assert.equal(members(lab), '1-8 2-6');
  assert.equal(members(lab, { property: 'SCALE_TYP', op: 'in', value: 'Doc,Qn' }), '1-8');
  assert.equal(members({ property: 'SCALE_TYP', op: 'exists', value: 'false' }), '3-4');
  assert.equal(members({ property: 'UNTOLD', op: '=', value: '1' }), 'not loaded');
  assert.deepEqual(terminology.system(systems.loinc)?.find('2-6')?.replacedBy, ['1-8']);
});

test('terminology: kinds of a SNOMED CT concept are a value set of their own; history files are left alone', () => {
  const kinds = `${systems.snomed}?fhir_vs=isa/10`;
  assert.deepEqual(membersOf(loaded(), kinds), ['10', '11']);
  assert.equal(releaseOf('sct2_Relationship_Full_INT_20240101.txt'), undefined);
});

test('terminology: a code without a system that two systems have is ambiguous', () => {
  const terminology = loaded();
  terminology.addSystem(
    codeSystemOf(
      toJson({ url: 'urn:own', content: 'complete', concept: [{ code: '161' }] }) as JsonObject,
    ) as never,
  );
  assert.deepEqual(terminology.validate(undefined, '161'), {
    kind: 'ambiguous',
    systems: [systems.rxnorm, 'urn:own'],
  });
  assert.equal(terminology.validate(undefined, 'A00.0').kind, 'active');
  assert.equal(terminology.validate(undefined, 'nowhere').kind, 'unknown');
});

function membersOf(terminology: Terminology, url: string): string[] | undefined {
  const found = terminology.members(url);
  return 'members' in found ? [...found.members].map(({ code }) => code) : undefined;
}

const set = (url: string, compose: object): ValueSetRules =>
  valueSetOf(toJson({ url, compose }) as JsonObject) as ValueSetRules;

test('terminology: value sets take in by list, filter and other sets, and leave out', () => {
  const terminology = loaded();
  const snomed = { system: systems.snomed };
  terminology.addValueSet(
    set('urn:a', {
      include: [{ ...snomed, filter: [{ property: 'concept', op: 'is-a', value: '10' }] }],
    }),
  );
  terminology.addValueSet(
    set('urn:b', {
      include: [{ valueSet: ['urn:a'] }, { system: systems.loinc, concept: [{ code: '1-8' }] }],
      exclude: [{ ...snomed, concept: [{ code: '10' }] }],
    }),
  );
  terminology.addValueSet(
    set('urn:circle', {
      include: [{ valueSet: ['urn:circle'] }, { ...snomed, concept: [{ code: '10' }] }],
    }),
  );
  terminology.addValueSet(set('urn:absent', { include: [{ system: 'urn:none' }] }));
  const members = (url: string): string[] | undefined => membersOf(terminology, url);
  assert.deepEqual(members('urn:a'), ['10', '11']);
  assert.deepEqual(members('urn:b'), ['11', '1-8']);
  assert.deepEqual(members('urn:circle'), ['10']);
  assert.equal(members('urn:absent'), undefined);
  assert.deepEqual(members(`${systems.snomed}?fhir_vs`), ['10', '11', '12']);
  const kind = (url: string, code: string, system?: string): string =>
    terminology.validateIn(url, system, code).kind;
  assert.equal(kind('urn:b', '11', systems.snomed), 'active');
  assert.equal(kind('urn:b', '11'), 'active');
  assert.equal(kind('urn:b', '10', systems.snomed), 'not-in-set');
  assert.equal(kind('urn:a', '99', systems.snomed), 'unknown');
  assert.equal(kind('urn:absent', '1', 'urn:none'), 'set-not-loaded');
  assert.equal(kind('urn:nothing', '1', 'urn:none'), 'set-not-loaded');
});

test('terminology: maps give one answer, or say that there are several, none, or no map', () => {
  const terminology = new Terminology();
  const gems = new Gems(systems.icd9cm, systems.icd10cm, true);
  for (const line of [
    '0010  A000    00000',
    '0011  A001    10000',
    '0011  A009    10000',
    '0012  NoDx    11000',
    '0020  B10     10111',
    '0020  B20     10112',
  ])
    gems.line(line);
  terminology.addMap(gems.map);
  const told = (code: string): string => terminology.translate(systems.icd9cm, code).kind;
  assert.deepEqual(['001.0', '001.1', '001.2', '002.0', '999'].map(told), [
    'matched',
    'ambiguous',
    'unmatched',
    'matched',
    'unknown',
  ]);
  assert.equal(terminology.translate('urn:x', '1').kind, 'no-map');
  const [map] = mapsOf(
    toJson({
      url: 'urn:m',
      group: [
        {
          source: 'urn:s',
          target: 'urn:t',
          element: [{ code: 'a', target: [{ code: 'b', equivalence: 'equal' }] }, { code: 'c' }],
        },
      ],
    }) as JsonObject,
  );
  terminology.addMap(map as never);
  assert.deepEqual(terminology.translate('urn:s', 'a'), {
    kind: 'matched',
    targets: [{ system: 'urn:t', code: 'b', display: undefined, equivalence: 'equal' }],
  });
  assert.equal(terminology.translate('urn:s', 'c').kind, 'unmatched');
});

test('terminology: zeros that a spreadsheet stripped come back by the order of the file', () => {
  const gems = new Gems(systems.icd9cm, systems.icd10cm, true);
  const lines = [
    'icd9cm,icd10cm,flags',
    '10,A000,0',
    '11,A001,0',
    '101,A15,0',
    '1010,A16,0',
    '999,A64,0',
    '1000,A27,0',
    '101,A69,0',
    'E0000,Y990,0',
    'V010,Z20,0',
  ];
  for (const line of lines) gems.line(line);
  const codes = ['001.0', '001.1', '010.1', '010.10', '099.9', '100.0', '101', 'E000.0', 'V01.0'];
  assert.deepEqual(
    codes.map((code) => gems.map.find(code)?.length),
    codes.map(() => 1),
  );
  assert.equal(gems.unreadable, 0);
});

test('terminology: units of a site, in any case unless rows differ in nothing else', () => {
  const terminology = new Terminology();
  const units = new LocalUnits(
    'local,ucum,display\nMG/DL,mg/dL,\nK/uL,10*3/uL,\nk/ul,10*6/uL,\nbad,no unit,\n',
  );
  terminology.addMap(units);
  const told = (local: string): unknown[] => {
    const found = terminology.translate(localUnitSystem, local);
    return [found.kind, ...('targets' in found ? found.targets.map(({ code }) => code) : [])];
  };
  assert.deepEqual(told('mg / dl'), ['matched', 'mg/dL']);
  assert.deepEqual(told('K/uL'), ['matched', '10*3/uL']);
  assert.deepEqual(told('K/UL'), ['ambiguous', '10*3/uL', '10*6/uL']);
  assert.deepEqual(told('mmol'), ['unknown']);
  assert.deepEqual(units.problems, [{ line: 5, message: 'is no unit of UCUM' }]);
});

test('terminology: a file of another layout is refused with its line', () => {
  const terminology = new Terminology();
  assert.throws(() => load(terminology, 'icd10cm-order-2026.txt', 'nonsense'), ReleaseProblem);
  assert.throws(() => load(terminology, 'Loinc.csv', 'a,b\n1,2'), ReleaseProblem);
  assert.throws(() => load(terminology, 'RXNCONSO.RRF', 'a|b'), ReleaseProblem);
  assert.throws(
    () => load(terminology, '2018_I9gem.txt', '0010  A000    00000\n0011  A001'),
    /line 2/,
  );
});

const shared = process.env['HANDOVER_SHARED'];
const file = join(
  shared ?? join(import.meta.dirname, '../../../../shared/data'),
  'terminology/gems/icd9toicd10cmgem.csv',
);

it(
  'terminology: every line of the published mappings is read, and codes are whole',
  { skip: existsSync(file) ? false : 'the mappings are not in the shared data' },
  () => {
    const gems = new Gems(systems.icd9cm, systems.icd10cm, true);
    for (const line of readFileSync(file, 'utf8').split(/\r?\n/)) gems.line(line);
    assert.equal(gems.unreadable, 0);
    assert.ok(gems.map.size > 14_000, `${gems.map.size} codes`);
    assert.deepEqual(
      gems.map.find('250.00')?.map(({ code }) => code),
      ['E11.9'],
    );
    assert.deepEqual(
      gems.map.find('038.9')?.map(({ code }) => code),
      ['A41.9'],
    );
  },
);

test('terminology: a set whose rules need what is not loaded is what its publisher listed', () => {
  const terminology = new Terminology();
  const resource = {
    url: 'urn:l',
    compose: { include: [{ valueSet: ['urn:elsewhere'] }] },
    expansion: { contains: [{ system: 'urn:s', code: 'a', display: 'A' }] },
  };
  terminology.addValueSet(valueSetOf(toJson(resource) as JsonObject) as ValueSetRules);
  assert.deepEqual(membersOf(terminology, 'urn:l'), ['a']);
  assert.equal(terminology.validateIn('urn:l', 'urn:s', 'b').kind, 'not-in-set');
  terminology.addValueSet(
    set('urn:elsewhere', { include: [{ system: 'urn:s', concept: [{ code: 'b' }] }] }),
  );
  assert.deepEqual(membersOf(terminology, 'urn:l'), ['b']);
});

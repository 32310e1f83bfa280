import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { canonicalJson, parseJson } from '../base/json.ts';
import { compileMapping } from './compile.ts';
import type { CompiledMapping, PackedMappedBatch } from './mapper.ts';
import { batchOf, clinicSettings, codeMapsOf, plainIdentities, streamOf } from './testProject.ts';

const patients = streamOf(
  'clinic.pt_demog',
  'pt_id',
  'mrn',
  'last_nm',
  'first_nm',
  'mid_init',
  'sex_cd',
  'dob',
  'deleted',
  'fac_id',
);
const facilities = streamOf('clinic.facility', 'fac_id', 'fac_nm');
const codeMaps = codeMapsOf({ sex: ['M,male', 'F,female', 'U,unknown', 'X,,,,unmatched'] });

const facilityMapping = `
stream: clinic.facility
resources:
  Organization:
    name: fac_nm
`;

const patientMapping = `
stream: clinic.pt_demog
key: pt_id
exclude: { when: "deleted ~ 'Y'", reason: deleted-in-source }
resources:
  Patient:
    identifier: [{ system: =urn:oid:2.16.840.1.113883.19.5, value: mrn }]
    name: [{ family: last_nm, given: [first_nm, mid_init] }]
    active: true
    gender: sex_cd.map('sex')
    birthDate: dob.date('MM/dd/yy|yyyy-MM')
    managingOrganization: fac_id.reference('clinic.facility')
`;

function compile(...texts: string[]): ReturnType<typeof compileMapping> {
  const files = texts.map((text, at) => ({ path: `mappings/${at}.yaml`, text }));
  const streams = [patients, facilities];
  return compileMapping(files, { streams, codeMaps, settings: clinicSettings, ...plainIdentities });
}

function patientRules(text = patientMapping): CompiledMapping {
  const { mappings, problems } = compile(text, facilityMapping);
  assert.deepEqual(problems, []);
  return mappings.get('clinic.pt_demog') as CompiledMapping;
}

function map(mapping: CompiledMapping, ...rows: (string | null)[][]): PackedMappedBatch {
  return mapping.map(batchOf(mapping.stream, ...rows));
}

const jane = ['7', 'M-7', 'O\'Neil "Q"', 'Jané', null, 'F', '12/03/74', null, 'f1'];

describe('a mapping', () => {
  test('makes canonical JSON with ids, references and kept values', () => {
    const { drafts, outcomes, issues } = map(patientRules(), jane);
    assert.deepEqual(issues, []);
    assert.deepEqual(outcomes, [{ state: 'mapped' }]);
    const [draft] = drafts;
    const facility = plainIdentities.stableId(
      plainIdentities.identify('clinic.facility', 'f1'),
      'Organization',
    );
    const id = plainIdentities.stableId(
      plainIdentities.identify('clinic.pt_demog', '7'),
      'Patient',
    );
    assert.equal(
      draft?.body,
      `{"active":true,"birthDate":"1974-12-03","gender":"female","id":"${id}",` +
        `"identifier":[{"system":"urn:oid:2.16.840.1.113883.19.5","value":"M-7"}],` +
        `"managingOrganization":{"reference":"Organization/${facility}"},` +
        `"name":[{"family":"O'Neil \\"Q\\"","given":["Jané"]}],"resourceType":"Patient"}`,
    );
    assert.equal(canonicalJson(parseJson(draft.body)), draft.body);
    assert.deepEqual(draft.references, [`Organization/${facility}`]);
    assert.deepEqual([draft.type, draft.id, draft.from], ['Patient', id, [0]]);
  });

  test('packs bodies as they are sealed', () => {
    const { drafts, bodies } = map(patientRules(), jane, ['8', ...jane.slice(1)]);
    const packed = drafts.map((_, at) =>
      bodies.bytes.toString('utf8', bodies.offsets[at], bodies.offsets[at + 1]),
    );
    assert.deepEqual(
      packed,
      drafts.map(({ body }) => body),
    );
    assert.equal(bodies.offsets.at(-1), bodies.bytes.length);
  });

  test('writes canonical JSON and keeps every text, whatever the rows hold: property', () => {
    const rules = patientRules();
    const text = fc.option(fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }));
    const row = fc.tuple(text, text, text, fc.constantFrom('M', 'F', 'X', null));
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 6 }), (rows) => {
        const records = rows.map(([mrn, last, first, sex], at) => {
          return [`${at}`, mrn, last, first, null, sex, '1974-12', null, 'f1'];
        });
        const { drafts, bodies } = map(rules, ...records);
        assert.equal(drafts.length, rows.length);
        drafts.forEach(({ body }, at) => {
          const resource = parseJson(body) as { identifier?: [{ value?: string }] };
          assert.equal(canonicalJson(parseJson(body)), body);
          assert.equal(resource.identifier?.[0].value, rows[at]?.[0] ?? undefined);
        });
        assert.equal(bodies.bytes.toString('utf8'), drafts.map(({ body }) => body).join(''));
      }),
    );
  });

  test('leaves out what has no value, with the literals beside it', () => {
    const { drafts } = map(patientRules(), ['9', null, '', null, null, null, null, null, null]);
    assert.equal(
      drafts[0]?.body,
      `{"active":true,"id":"${drafts[0]?.id}","resourceType":"Patient"}`,
    );
  });

  test('excludes by condition, with the reason', () => {
    const { outcomes, drafts } = map(patientRules(), [...jane.slice(0, 7), 'Y', 'f1']);
    assert.deepEqual(outcomes, [{ state: 'excluded', reason: 'deleted-in-source' }]);
    assert.equal(drafts.length, 0);
  });

  test('quarantines what no rule accepts and says where, never what', () => {
    const unmapped = [...jane.slice(0, 5), 'Q', '02/30/74', null, 'f1'];
    const { outcomes, drafts, issues } = map(patientRules(), unmapped, jane);
    assert.deepEqual(outcomes, [
      { state: 'quarantined', reason: 'date-unreadable' },
      { state: 'mapped' },
    ]);
    assert.deepEqual(
      issues.map(({ ordinal, code, path }) => [ordinal, code, path]),
      [
        [0, 'date-unreadable', 'Patient.birthDate'],
        [0, 'code-unmapped', 'Patient.gender'],
      ],
    );
    assert.equal(drafts.length, 1);
  });

  test('a condition that is neither true nor false is an issue', () => {
    const strict = patientRules(patientMapping.replace("deleted ~ 'Y'", "deleted = 'Y'"));
    const { outcomes, issues } = map(strict, jane);
    assert.deepEqual(outcomes, [{ state: 'quarantined', reason: 'condition-empty' }]);
    assert.equal(issues[0]?.path, 'exclude');
  });

  test('a record of another shape or without a key is quarantined', () => {
    const { outcomes } = map(patientRules(), ['7', 'short'], ['', ...jane.slice(1)]);
    assert.deepEqual(outcomes, [
      { state: 'quarantined', reason: 'field-count' },
      { state: 'quarantined', reason: 'key-missing' },
    ]);
  });

  test('a record that yields no draft is quarantined unless it is a lookup', () => {
    const rules = patientRules(`
stream: clinic.pt_demog
resources:
  Patient:
    $when: "sex_cd ~ 'M'"
    active: true
`);
    assert.deepEqual(map(rules, jane).outcomes, [{ state: 'quarantined', reason: 'draft-none' }]);
    const lookup = compile('stream: clinic.facility\nlookup: true').mappings.get('clinic.facility');
    const { outcomes, drafts } = map(lookup as CompiledMapping, ['f1', 'North']);
    assert.deepEqual([outcomes, drafts], [[{ state: 'mapped' }], []]);
  });

  test('counts populated values that no rule reads', () => {
    const rules = patientRules(
      'stream: clinic.pt_demog\nresources: { Patient: { active: true, gender: "sex_cd.map(\'sex\')" } }',
    );
    const { unread } = map(rules, jane, ['8', null, '', 'A', null, 'M', null, null, null]);
    const counts = { mrn: 1, last_nm: 1, first_nm: 2, dob: 1, fac_id: 1 };
    assert.deepEqual(Object.fromEntries(unread), counts);
    assert.deepEqual(rules.columnsRead, ['pt_id', 'sex_cd']);
  });

  test('several resources of a record are all made or none', () => {
    const rules = patientRules(`
stream: clinic.pt_demog
resources:
  Patient: { birthDate: dob.date('MM/dd/yy') }
  Person#self:
    $when: "sex_cd.exists()"
    gender: sex_cd.map('sex')
`);
    assert.deepEqual(
      map(rules, jane).drafts.map(({ type }) => type),
      ['Patient', 'Person'],
    );
    const broken = map(rules, [...jane.slice(0, 5), 'Q', ...jane.slice(6)]);
    assert.deepEqual(broken.drafts, []);
  });

  test('has a digest that follows its text, its code maps and nothing else', () => {
    const { digest } = patientRules();
    assert.equal(patientRules().digest, digest);
    assert.notEqual(patientRules(patientMapping.replace('mrn', 'pt_id')).digest, digest);
    const other = compile(patientMapping, facilityMapping, 'stream: clinic.none\nlookup: true');
    assert.equal(other.mappings.get('clinic.pt_demog')?.digest, digest);
  });

  test('names what the plan says once by %, and its digest follows that too', () => {
    const text = patientMapping.replace('family: last_nm', 'family: "%balanceDay & last_nm"');
    const under = (constants: Map<string, string>): ReturnType<typeof compileMapping> => {
      const files = [text, facilityMapping].map((one, at) => ({ path: `${at}.yaml`, text: one }));
      const environment = { streams: [patients, facilities], codeMaps, settings: clinicSettings };
      return compileMapping(files, { ...environment, constants, ...plainIdentities });
    };
    const [june, july] = ['2026-06-30', '2026-07-31'].map((day) => {
      const { mappings, problems } = under(new Map([['balanceDay', day]]));
      assert.deepEqual(problems, []);
      return mappings.get('clinic.pt_demog') as CompiledMapping;
    }) as [CompiledMapping, CompiledMapping];
    assert.match(
      Buffer.from(map(june, jane).bodies.bytes).toString(),
      /"family":"2026-06-30O'Neil/,
    );
    assert.notEqual(june.digest, july.digest);
    assert.deepEqual(
      under(new Map()).problems.map(({ code, suggestion }) => [code, suggestion]),
      [['unknown-name', undefined]],
    );
  });
});

describe('a mapping file with ten mistakes', () => {
  const faulty = `stream: clinic.pt_demog
key: [pt_id, mrn]
exclude: { when: "deletd = 'Y'", reason: deleted-in-source }
exlude: {}
resources:
  Patient:
    id: pt_id
    identifer: [{ value: mrn }]
    name: { family: last_nm }
    gender: [sex_cd.map('sex')]
    birthDate: dob
    active: =yes
    deceasedDateTime: dob.dateTime('YYYY')
    managingOrganization: fac_id.reference('clinic.facilty')
    maritalStatus: { coding: [{ code: sex_cd.map('sez') }] }
    language: last_nm.uper()
`;

  test('reports every one at its place, with the fix where one is near', () => {
    const { problems, mappings } = compile(faulty, facilityMapping);
    assert.equal(mappings.has('clinic.pt_demog'), false);
    const found = problems.map(({ line, column, code }) => `${line}:${column} ${code}`);
    assert.deepEqual(found, [
      '2:7 key-differs',
      '3:19 unknown-name',
      '4:1 unknown-key',
      '7:5 element-reserved',
      '8:5 element-unknown',
      '9:11 list-expected',
      '10:13 list-unexpected',
      '11:16 type-clash',
      '12:13 literal-invalid',
      '13:27 literal-invalid',
      '14:34 literal-invalid',
      '15:46 literal-invalid',
      '16:23 unknown-name',
    ]);
    const suggestions = problems.map(({ suggestion }) => suggestion);
    for (const fix of ['exclude', 'deleted', 'identifier', 'clinic.facility', 'sex', 'upper']) {
      assert.ok(suggestions.includes(fix), fix);
    }
    assert.ok(problems.every(({ file }) => file === 'mappings/0.yaml'));
  });

  test('a stream in which no name is found tells none: its columns may be the values of a record', () => {
    const text = `stream: clinic.rows
resources: { Patient: { name: [{ family: famly }], gender: sex } }
`;
    const told = (...names: string[]): unknown[] => {
      const stream = { ...streamOf('clinic.rows', ...names), key: [] };
      return compileMapping([{ path: 'm.yaml', text }], {
        streams: [stream],
        codeMaps,
        ...plainIdentities,
      }).problems.map(({ code, suggestion }) => [code, suggestion]);
    };
    assert.deepEqual(told('family', 'sex'), [['unknown-name', 'family']]);
    const [unlike, ...rest] = told('FAMILYA', 'SEXT') as [string, string | undefined][];
    assert.equal(unlike?.[0], 'header-unlike');
    assert.deepEqual(rest, [
      ['unknown-name', undefined],
      ['unknown-name', undefined],
    ]);
  });

  test('and one that is not YAML says where', () => {
    const { problems } = compile('stream: clinic.pt_demog\nresources: {');
    assert.equal(problems[0]?.code, 'yaml-malformed');
    assert.equal(problems[0]?.line, 2);
  });
});

describe('let', () => {
  const withLet = (lets: string, resources: string): string =>
    `stream: clinic.pt_demog\nlet:\n${lets}\nresources:\n${resources}\n`;

  test('an expression is written once and used in several places, also by the next one and for rows', () => {
    const text = withLet(
      `  facility: fac_id.lookup('clinic.facility')
  isWoman: "sex_cd = 'F'"
  known: isWoman or sex_cd = 'M'`,
      `  Patient:
    active: isWoman
    gender: iif(known, sex_cd.map('sex'))
    name: [{ $when: isWoman.not(), text: last_nm }]
    contact:
      - $each: facility
        name: { text: "iif(isWoman, fac_nm, %parent.last_nm)" }`,
    );
    const rules = compile(text, facilityMapping);
    assert.deepEqual(rules.problems, []);
    const mapping = rules.mappings.get('clinic.pt_demog') as CompiledMapping;
    assert.ok(['sex_cd', 'fac_id', 'last_nm'].every((name) => mapping.columnsRead.includes(name)));
    assert.ok(!mapping.columnsRead.includes('dob'));
  });

  test('what it reads counts where it is used, and nowhere else', () => {
    const mapping = patientRules(
      withLet(`  unused: dob.exists()\n  used: mrn`, `  Patient: { name: [{ text: used }] }`),
    );
    assert.deepEqual(
      mapping.columnsRead.filter((name) => ['mrn', 'dob'].includes(name)),
      ['mrn'],
    );
    const { drafts } = map(mapping, ['1', 'm1', 'X', 'Y', '', 'F', '', 'N', 'f']);
    assert.match(drafts[0]?.body ?? '', /"text":"m1"/);
  });

  test('every mistake is told once, where it stands', () => {
    const text = withLet(
      `  dob: mrn
  broken: mrnn.exists()
  late: later
  later: mrn
  text: "sex_cd = 'F'"
  no name: mrn`,
      `  Patient:
    active: broken
    birthDate: text
    name: [{ $when: lat, text: mrn }, { $when: broken, text: mrn }]`,
    );
    const { problems } = compile(text, facilityMapping);
    assert.deepEqual(
      problems.map(({ line, column, code, suggestion }) => [line, column, code, suggestion]),
      [
        [3, 3, 'name-taken', 'choose another name'],
        [4, 11, 'unknown-name', 'mrn'],
        [5, 9, 'unknown-name', undefined],
        [8, 3, 'name-malformed', 'letters and digits, such as isPharmacy'],
        [12, 16, 'type-clash', "write .date('pattern')"],
        [13, 21, 'unknown-name', 'late'],
      ],
    );
  });
});

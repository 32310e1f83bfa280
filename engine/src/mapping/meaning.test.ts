import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { isJsonObject, parseJson } from '../base/json.ts';
import type { JsonObject } from '../base/json.ts';
import { compileDatePattern, fhirDateTime } from '../formats/dates.ts';
import type { WrittenTime } from '../formats/dates.ts';
import { timeZone } from '../formats/zones.ts';
import type { ClockChangeRule } from '../model/sourceSettings.ts';
import { checkDraft } from '../quality/draftJudge.ts';
import type { Stream } from '../model/stream.ts';
import { compileMapping } from './compile.ts';
import { dateReader } from './facts/dates.ts';
import type { CompiledMapping } from './mapper.ts';
import { batchOf, clinicSettings, codeMapsOf, plainIdentities, streamOf } from './testProject.ts';

const patients = streamOf('clinic.pt_demog', 'pt_id');
const allergies = streamOf(
  'clinic.allergy',
  'al_id',
  'pt_id',
  'agent_cd',
  'agent_txt',
  'ver_cd',
  'onset',
);
const medications = streamOf(
  'clinic.med',
  'med_id',
  'pt_id',
  'drug_txt',
  'status',
  'dose_qty:decimal',
  'dose_txt',
  'start_dt',
);

const system = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification';
const snomed = 'http://snomed.info/sct';
const codeMaps = codeMapsOf({
  verification: ['C,confirmed', 'S,unconfirmed', 'R,refuted', 'E,entered-in-error'],
  agent: [
    `NKA,716186003,No known allergy,${snomed}`,
    `NKDA,409137002,No known drug allergy,${snomed}`,
    'NASK,,,,unmatched',
    'PCN,7980,penicillin G,http://www.nlm.nih.gov/research/umls/rxnorm',
  ],
  medication: [
    'A,active',
    'D,stopped',
    'H,on-hold',
    'E,entered-in-error',
    'N,not-taken',
    '*,unknown',
  ],
});

const texts: Record<string, string> = {
  patients: `stream: clinic.pt_demog
resources: { Patient: { active: true } }`,
  allergies: `stream: clinic.allergy
resources:
  AllergyIntolerance:
    clinicalStatus:
      $when: "(ver_cd ~ 'E').not()"
      coding: [{ system: =http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical, code: =active }]
    verificationStatus: { coding: [{ system: =${system}, code: ver_cd.map('verification') }] }
    code:
      coding: [{ system: "agent_cd.map('agent', 'system')", code: agent_cd.map('agent'), display: "agent_cd.map('agent', 'display')" }]
      text: agent_txt
    patient: pt_id.reference('clinic.pt_demog')
    onsetDateTime: onset.dateTime('MM/dd/yyyy|yyyy-MM|yyyy')`,
  medications: `stream: clinic.med
resources:
  MedicationStatement:
    status: status.map('medication')
    medicationCodeableConcept: { text: drug_txt }
    subject: pt_id.reference('clinic.pt_demog')
    effectivePeriod: { start: start_dt.dateTime('yyyy-MM-dd HH:mm:ss') }
    dosage: [{ text: dose_txt, doseAndRate: [{ doseQuantity: { value: dose_qty, unit: =mg } }] }]`,
};

const streams: Stream[] = [patients, allergies, medications];
const { mappings, problems } = compileMapping(
  Object.entries(texts).map(([path, text]) => ({ path, text })),
  { streams, codeMaps, settings: clinicSettings, ...plainIdentities },
);

function draft(stream: string, row: (string | null)[]): { resource: JsonObject; body: string } {
  assert.deepEqual(problems, []);
  const { drafts, issues } = (mappings.get(stream) as CompiledMapping).map(batchOf(stream, row));
  assert.deepEqual(issues, []);
  const body = drafts[0]?.body ?? '';
  const resource = parseJson(body) as JsonObject;
  assert.deepEqual(checkDraft(resource), []);
  return { resource, body };
}

/** The value at a path, through the first item of each list. */
function at(resource: JsonObject, path: string): unknown {
  let value: unknown = resource;
  for (const name of path.split('.')) {
    if (Array.isArray(value)) value = value[0];
    value = isJsonObject(value as JsonObject) ? (value as JsonObject)[name] : undefined;
  }
  return Array.isArray(value) ? value[0] : value;
}

const allergy = (
  change: Partial<Record<'agent' | 'text' | 'ver' | 'onset', string | null>>,
): JsonObject => {
  const { agent = 'PCN', text = 'penicillin', ver = 'C', onset = null } = change;
  return draft('clinic.allergy', ['1', '7', agent, text, ver, onset]).resource;
};

describe('R07 meaning is kept in allergies', () => {
  test('a refuted allergy stays refuted', () => {
    const refuted = allergy({ ver: 'R' });
    assert.equal(at(refuted, 'verificationStatus.coding.code'), 'refuted');
    assert.equal(at(refuted, 'clinicalStatus.coding.code'), 'active');
  });

  test('one entered in error says so and has no clinical status', () => {
    const error = allergy({ ver: 'E' });
    assert.equal(at(error, 'verificationStatus.coding.code'), 'entered-in-error');
    assert.equal(at(error, 'clinicalStatus'), undefined);
  });

  test('none known is a statement, not asked is none', () => {
    assert.equal(at(allergy({ agent: 'NKA', text: null }), 'code.coding.code'), '716186003');
    assert.equal(at(allergy({ agent: 'NKDA', text: null }), 'code.coding.code'), '409137002');
    const notAsked = allergy({ agent: 'NASK', text: 'not asked' });
    assert.equal(at(notAsked, 'code.coding'), undefined);
    assert.equal(at(notAsked, 'code.text'), 'not asked');
  });

  test('a partial date stays partial', () => {
    assert.equal(at(allergy({ onset: '1974-12' }), 'onsetDateTime'), '1974-12');
    assert.equal(at(allergy({ onset: '1974' }), 'onsetDateTime'), '1974');
    assert.equal(at(allergy({ onset: '12/03/1974' }), 'onsetDateTime'), '1974-12-03');
  });

  test('a status is never promoted: property over every code', () => {
    const verification = new Map([
      ['C', 'confirmed'],
      ['S', 'unconfirmed'],
      ['R', 'refuted'],
      ['E', 'entered-in-error'],
    ]);
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom('C', 'S', 'R', 'E'), fc.string()), (code) => {
        const rules = mappings.get('clinic.allergy') as CompiledMapping;
        const row = ['1', '7', 'PCN', 'x', code, null];
        const { drafts, outcomes } = rules.map(batchOf('clinic.allergy', row));
        const wanted = verification.get(code);
        if (wanted === undefined && code !== '') {
          assert.deepEqual(outcomes, [{ state: 'quarantined', reason: 'code-unmapped' }]);
        } else {
          const resource = parseJson(drafts[0]?.body ?? '') as JsonObject;
          assert.equal(at(resource, 'verificationStatus.coding.code'), wanted);
        }
      }),
    );
  });
});

describe('R07 meaning is kept in medications', () => {
  const medication = (status: string, dose: string | null): ReturnType<typeof draft> =>
    draft('clinic.med', ['1', '7', 'warfarin', status, dose, 'as told', '2024-07-01 08:00:00']);

  test('a dose of 0.50 keeps its digits, and 20 digits stay whole', () => {
    assert.match(medication('A', '0.50').body, /"doseQuantity":\{"unit":"mg","value":0\.50\}/);
    assert.match(medication('A', '12345678901234567890').body, /"value":12345678901234567890\}/);
  });

  test('without a dose there is no unit either', () => {
    assert.equal(at(medication('A', null).resource, 'dosage.doseAndRate'), undefined);
  });

  test('stopped, held, not taken and in error stay so; others are unknown', () => {
    const statuses = ['D', 'H', 'N', 'E', 'Q'].map((code) =>
      at(medication(code, '1').resource, 'status'),
    );
    assert.deepEqual(statuses, ['stopped', 'on-hold', 'not-taken', 'entered-in-error', 'unknown']);
  });

  test('a local time has the offset of its day', () => {
    const { resource } = medication('A', '1');
    assert.equal(at(resource, 'effectivePeriod.start'), '2024-07-01T08:00:00-05:00');
  });
});

test('the two readings of local times, which share no code, agree on every instant', () => {
  const zones = fc.constantFrom('America/Chicago', 'Europe/London', 'Australia/Lord_Howe');
  const bounds = { min: new Date('1950-01-01'), max: new Date('2037-01-01'), noInvalidDate: true };
  const rules = fc.constantFrom<ClockChangeRule>(
    { overlap: 'refuse', gap: 'refuse' },
    { overlap: 'earlier', gap: 'shift' },
    { overlap: 'later', gap: 'shift' },
  );
  fc.assert(
    fc.property(fc.date(bounds), zones, rules, (date, zone, clockChange) => {
      const pattern = 'yyyy-MM-dd HH:mm:ss';
      const text = date.toISOString().slice(0, 19).replace('T', ' ');
      const time = compileDatePattern(pattern, undefined)(text) as WrittenTime;
      const mapped = fhirDateTime(time, timeZone(zone), clockChange);
      const stated = dateReader(
        { pattern, pivot: undefined, zone, clockChange },
        'dateTime',
      )?.(text);
      assert.ok(stated !== undefined);
      if ('problem' in mapped) assert.deepEqual(stated, { code: mapped.problem });
      else {
        const instant = new Date(mapped.text).toISOString().replace('.000Z', 'Z');
        assert.deepEqual(stated, { value: instant });
      }
    }),
    { numRuns: 300 },
  );
});

/**
 * Every section of the documents of C-CDA R2.1 (CCD, Discharge Summary, Consultation, History and
 * Physical, Operative, Procedure, Progress, Referral, Transfer, Care Plan): what its entries become,
 * and that the narrative of those that have none is kept.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { convertText, documentOf, entriesOf, sectionOf } from './testDocument.ts';

const template = (last: string): string =>
  `<templateId root="2.16.840.1.113883.10.20.22.4.${last}"/><id root="1.2.3.9" extension="e"/>`;
const snomed = (name: string, code: string): string =>
  `<${name} xsi:type="CD" code="${code}" codeSystem="2.16.840.1.113883.6.96"/>`;
const code = '<code code="8302-2" codeSystem="2.16.840.1.113883.6.1"/>';
const done = '<statusCode code="completed"/><effectiveTime value="20240101"/>';
const act = (name: string, mood: string, inside: string): string =>
  `<entry><${name} classCode="ACT" moodCode="${mood}">${inside}</${name}></entry>`;
const concern = (outer: string, inner: string): string =>
  act(
    'act',
    'EVN',
    `${template(outer)}<statusCode code="active"/><entryRelationship typeCode="SUBJ">
      <observation classCode="OBS" moodCode="EVN">
        <templateId root="2.16.840.1.113883.10.20.22.4.${inner}"/><id root="1.2.3.9" extension="i"/>
        <code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/>${done}
        ${snomed('value', '73211009')}</observation></entryRelationship>`,
  );
const drug = (name: string): string =>
  `<${name}><manufacturedProduct><manufacturedMaterial>
    <code code="197806" codeSystem="2.16.840.1.113883.6.88"/>
  </manufacturedMaterial></manufacturedProduct></${name}>`;
const observation = (last: string, mood = 'EVN'): string =>
  act('observation', mood, `${template(last)}${code}${done}${snomed('value', '8517006')}`);
const organizer = (last: string): string =>
  act(
    'organizer',
    'EVN',
    `${template(last)}${code}${done}<component><observation classCode="OBS" moodCode="EVN">
      <id root="1.2.3.9" extension="o"/>${code}${done}<value xsi:type="PQ" value="5" unit="cm"/>
    </observation></component>`,
  );
const medication = act(
  'substanceAdministration',
  'EVN',
  template('16') + done + drug('consumable'),
);
const procedure = act('procedure', 'EVN', template('14') + snomed('code', '80146002') + done);
const planned = act('procedure', 'INT', template('41') + snomed('code', '80146002') + done);
const goal = observation('121', 'GOL');

const withEntries: readonly (readonly [
  section: string,
  loinc: string,
  entry: string,
  made: string,
])[] = [
  ['Allergies', '48765-2', concern('30', '7'), 'AllergyIntolerance'],
  ['Problems', '11450-4', concern('3', '4'), 'Condition'],
  ['Resolved problems', '11348-0', concern('3', '4'), 'Condition'],
  ['Admission diagnosis', '46241-6', concern('34', '4'), 'Condition'],
  ['Discharge diagnosis', '11535-2', concern('33', '4'), 'Condition'],
  ['Preoperative diagnosis', '10219-4', concern('65', '4'), 'Condition'],
  ['Postprocedure diagnosis', '59769-0', concern('51', '4'), 'Condition'],
  ['Health concerns', '75310-3', concern('132', '4'), 'Condition'],
  ['Medications', '10160-0', medication, 'MedicationStatement'],
  ['Admission medications', '42346-7', medication, 'MedicationStatement'],
  ['Discharge medications', '10183-2', medication, 'MedicationStatement'],
  ['Medications administered', '29549-3', medication, 'MedicationAdministration'],
  ['Anesthesia', '59774-0', medication, 'MedicationAdministration'],
  [
    'Immunizations',
    '11369-6',
    act('substanceAdministration', 'EVN', template('52') + done + drug('consumable')),
    'Immunization',
  ],
  ['Results', '30954-2', organizer('1'), 'DiagnosticReport'],
  ['Vital signs', '8716-3', organizer('26'), 'Observation'],
  ['Procedures', '47519-4', procedure, 'Procedure'],
  ['Procedure indications', '59768-2', observation('19'), 'Observation'],
  ['Complications', '55109-3', observation('4'), 'Condition'],
  [
    'Encounters',
    '46240-8',
    act('encounter', 'EVN', template('49') + snomed('code', '185349003') + done),
    'Encounter',
  ],
  [
    'Family history',
    '10157-6',
    act(
      'organizer',
      'EVN',
      `${template('45')}${done}<subject><relatedSubject classCode="PRS">
          <code code="MTH" codeSystem="2.16.840.1.113883.5.111"/></relatedSubject></subject>
        <component><observation classCode="OBS" moodCode="EVN">
          <templateId root="2.16.840.1.113883.10.20.22.4.46"/>${code}${done}
          ${snomed('value', '73211009')}</observation></component>`,
    ),
    'FamilyMemberHistory',
  ],
  ['Social history', '29762-2', observation('78'), 'Observation'],
  ['Functional status', '47420-5', observation('67'), 'Observation'],
  ['Mental status', '10190-7', observation('74'), 'Observation'],
  ['Nutrition', '61144-2', observation('124'), 'Observation'],
  ['Physical examination', '29545-1', observation('13'), 'Observation'],
  ['General status', '10210-3', observation('2'), 'Observation'],
  ['Advance directives', '42348-3', observation('48'), 'Consent'],
  [
    'Medical equipment',
    '46264-8',
    act('supply', 'EVN', `${template('50')}${done}${drug('product')}`),
    'DeviceUseStatement',
  ],
  ['Plan of treatment', '18776-5', planned, 'ServiceRequest'],
  ['Interventions', '62387-6', procedure, 'Procedure'],
  ['Goals', '61146-7', goal, 'Goal'],
  ['Health status evaluations', '11383-7', observation('144'), 'Observation'],
  ['Assessment and plan', '51847-2', planned, 'ServiceRequest'],
];

describe('sections of C-CDA', () => {
  for (const [section, loinc, entry, made] of withEntries) {
    test(`${section}: entries become ${made}`, () => {
      const { resources } = entriesOf(loinc, entry, 'words of the section');
      assert.ok(
        resources.some(({ resourceType }) => resourceType === made),
        resources.map(({ resourceType }) => resourceType).join(),
      );
      const composition = resources.find(({ resourceType }) => resourceType === 'Composition');
      assert.match(JSON.stringify(composition), /words of the section/);
    });
  }

  test('sections of words alone are kept, each under its code', () => {
    const text = documentOf(
      wordsAlone.map((loinc) => sectionOf(loinc, '', `words of ${loinc}`)).join(''),
    );
    const { resources } = convertText(text);
    const composition = resources.find(({ resourceType }) => resourceType === 'Composition');
    const sections = (composition?.['section'] ?? []) as {
      code: { coding: { code: string }[] };
      text: { div: string };
    }[];
    for (const loinc of wordsAlone) {
      const found = sections.find((each) => each.code.coding[0]?.code === loinc);
      assert.ok(found?.text.div.includes(`words of ${loinc}`), loinc);
    }
  });
});

/**
 * Reason for visit, chief complaint (alone and with the reason), history of present and past illness,
 * review of systems, hospital course, consultations, discharge physical, instructions and studies,
 * discharge diet, operative note and its surgical drains, implants, estimated blood loss, findings,
 * specimens, disposition and description, assessment, objective, subjective, reason for referral.
 */
const wordsAlone = (
  '29299-5 10154-3 46239-0 10164-2 11348-0 10187-3 8648-8 18841-7 10184-0 8653-8 11493-4 42344-2 10223-6 ' +
  '11537-8 55122-6 59770-8 59776-5 59773-2 59775-7 29554-3 51848-0 61149-1 61150-9 42349-1'
).split(' ');

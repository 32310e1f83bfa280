import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Element } from '../resource.ts';
import { all, convertText, documentOf, entriesOf, sectionOf, the } from './testDocument.ts';

const ccda = '2.16.840.1.113883.10.20.22.4.';

function result(value: string, status = 'completed', more = ''): string {
  return `<entry><organizer classCode="BATTERY" moodCode="EVN"><templateId root="${ccda}1"/>
    <code code="57021-8" codeSystem="2.16.840.1.113883.6.1"/><statusCode code="${status}"/>
    <component><observation classCode="OBS" moodCode="EVN"><templateId root="${ccda}2"/>
    <code code="718-7" codeSystem="2.16.840.1.113883.6.1"/><statusCode code="${status}"/>
    <effectiveTime value="202401020815-0600"/>${value}${more}</observation></component></organizer></entry>`;
}

/** The members of the only Observation that begin with `value`, as JSON with its digits. */
function valueOf(entry: string): string {
  const made = the(entriesOf('30954-2', entry), 'Observation');
  const values = Object.entries(made).filter(([name]) => /^(value|dataAbsent)/.test(name));
  return JSON.stringify(Object.fromEntries(values));
}

describe('values of results', () => {
  const ucum = '"system":"http://unitsofmeasure.org"';
  const values: readonly (readonly [what: string, value: string, told: string])[] = [
    [
      'digits kept',
      '<value xsi:type="PQ" value="0.50" unit="mg/dL"/>',
      `{"valueQuantity":{"value":0.50,"unit":"mg/dL",${ucum},"code":"mg/dL"}}`,
    ],
    [
      'more digits than a double has',
      '<value xsi:type="REAL" value="0.12345678901234567890"/>',
      '{"valueQuantity":{"value":0.12345678901234567890}}',
    ],
    ['a whole number', '<value xsi:type="INT" value="7"/>', '{"valueInteger":7}'],
    [
      'a unit that is no unit',
      '<value xsi:type="PQ" value="7" unit="per field"/>',
      '{"valueQuantity":{"value":7,"unit":"per field"}}',
    ],
    [
      'below a limit',
      '<value xsi:type="IVL_PQ"><high value="5" unit="mg" inclusive="false"/></value>',
      `{"valueQuantity":{"value":5,"comparator":"<","unit":"mg",${ucum},"code":"mg"}}`,
    ],
    [
      'at a limit or above',
      '<value xsi:type="IVL_PQ"><low value="5"/></value>',
      '{"valueQuantity":{"value":5,"comparator":">="}}',
    ],
    [
      'between two',
      '<value xsi:type="IVL_PQ"><low value="1"/><high value="2"/></value>',
      '{"valueRange":{"low":{"value":1},"high":{"value":2}}}',
    ],
    [
      'a code',
      '<value xsi:type="CD" code="260373001" codeSystem="2.16.840.1.113883.6.96"/>',
      '{"valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"260373001"}]}}',
    ],
    ['words', '<value xsi:type="ST">yellow</value>', '{"valueString":"yellow"}'],
    ['yes or no', '<value xsi:type="BL" value="false"/>', '{"valueBoolean":false}'],
    [
      'unknown',
      '<value xsi:type="PQ" nullFlavor="NASK"/>',
      '{"dataAbsentReason":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/data-absent-reason","code":"not-asked"}]}}',
    ],
  ];
  for (const [what, value, told] of values) {
    test(what, () => assert.equal(valueOf(result(value)), told));
  }

  test('a status is never promoted', () => {
    const value = '<value xsi:type="PQ" value="1" unit="g"/>';
    const told = (status: string, given = value): unknown[] => {
      const found = entriesOf('30954-2', result(given, status));
      return [the(found, 'Observation').status, the(found, 'DiagnosticReport').status];
    };
    assert.deepEqual(told('completed'), ['final', 'final']);
    assert.deepEqual(told('active'), ['preliminary', 'partial']);
    assert.deepEqual(told('active', ''), ['registered', 'partial']);
    assert.deepEqual(told('aborted'), ['cancelled', 'cancelled']);
    assert.deepEqual(told('nullified'), ['entered-in-error', 'entered-in-error']);
  });

  test('the report has its results, and its patient is theirs', () => {
    const found = entriesOf('30954-2', result('<value xsi:type="INT" value="1"/>'));
    const observation = the(found, 'Observation');
    const report = the(found, 'DiagnosticReport');
    assert.deepEqual(report.result, [{ reference: `Observation/${observation.id}` }]);
    assert.deepEqual(report.subject, observation.subject);
    assert.equal(observation.effectiveDateTime, '2024-01-02T08:15:00-06:00');
  });

  test('an observation that was not made is told, and not turned into one', () => {
    const entry = result('').replace('<observation ', '<observation negationInd="true" ');
    const found = entriesOf('30954-2', entry);
    assert.deepEqual(all(found, 'Observation'), []);
    assert.deepEqual(
      found.issues.map(({ code }) => code),
      ['negation-kept-out'],
    );
  });
});

describe('a document', () => {
  test('is kept as it came, beside its sections and their words', () => {
    const words =
      '<paragraph ID="p1">No <content styleCode="Bold">fever</content></paragraph><table><tbody><tr><td colspan="2">a &lt; b</td></tr></tbody></table>';
    const text = documentOf(sectionOf('10164-2', '', words));
    const found = convertText(text);
    const [section] = the(found, 'Composition').section as { text: { div: string } }[];
    assert.equal(
      section?.text.div,
      '<div xmlns="http://www.w3.org/1999/xhtml"><p id="p1">No <span>fever</span></p><table><tbody><tr><td colspan="2">a &lt; b</td></tr></tbody></table></div>',
    );
    const [content] = the(found, 'DocumentReference').content as { attachment: { data: string } }[];
    assert.equal(Buffer.from(content?.attachment.data ?? '', 'base64').toString(), text);
  });

  test('a script in a narrative does not come along', () => {
    const words =
      '<linkHtml href="javascript:alert(1)">x</linkHtml><linkHtml href="https://a.example/">y</linkHtml>';
    const [section] = the(entriesOf('10164-2', '', words), 'Composition').section as {
      text: { div: string };
    }[];
    assert.equal(section?.text.div.includes('javascript'), false);
    assert.ok(section?.text.div.includes('<a href="https://a.example/">y</a>'));
  });

  test('one that names nobody is refused', () => {
    const empty = '<patientRole><id nullFlavor="UNK"/></patientRole>';
    assert.equal(convertText(documentOf('', empty)).refused, 'cda-no-patient');
  });

  test('gives the same ids to the same entries, whenever it is read', () => {
    const text = documentOf(sectionOf('30954-2', result('<value xsi:type="INT" value="1"/>')));
    assert.deepEqual(convertText(text).resources, convertText(text).resources);
  });

  test('two entries of one id do not overwrite each other', () => {
    const id = `<id root="${'1'.repeat(8)}-1111-1111-1111-111111111111"/>`;
    const entry = (value: string): string =>
      `<entry><observation><templateId root="${ccda}27"/>${id}<code code="8867-4" codeSystem="2.16.840.1.113883.6.1"/><statusCode code="completed"/><value xsi:type="INT" value="${value}"/></observation></entry>`;
    const found = entriesOf('8716-3', entry('60') + entry('61'));
    const made = all(found, 'Observation');
    assert.deepEqual(
      made.map(({ valueInteger }) => valueInteger),
      [60, 61],
    );
    assert.equal(new Set(made.map(({ id: own }) => own)).size, 2);
    assert.deepEqual(
      found.issues.map(({ code }) => code),
      ['id-repeated'],
    );
  });

  test("somebody else's findings are not the patient's", () => {
    const entry = `<entry><observation><templateId root="${ccda}4"/><code code="x"/><subject><relatedSubject classCode="PRS"><code code="FTH"/></relatedSubject></subject><value xsi:type="CD" code="22298006" codeSystem="2.16.840.1.113883.6.96"/></observation></entry>`;
    const found = entriesOf('11450-4', entry);
    assert.deepEqual(all(found, 'Condition'), []);
    assert.deepEqual(
      found.issues.map(({ code }) => code),
      ['subject-other'],
    );
  });

  test('an unknown template is a line of the report, and its section still tells what it is', () => {
    const entry = `<entry><observation><templateId root="9.9.9"/><code code="8867-4" codeSystem="2.16.840.1.113883.6.1"/><value xsi:type="INT" value="60"/></observation></entry>`;
    const found = entriesOf('8716-3', entry);
    assert.equal(the(found, 'Observation').valueInteger, 60);
    assert.deepEqual(found.issues, [
      { code: 'template-unknown', path: 'section(8716-3)/entry/observation' },
    ]);
  });

  test('what no rule reads is named', () => {
    const entry = result(
      '<value xsi:type="INT" value="1"/>',
      'completed',
      '<priorityCode code="A"/><foo bar="1">x</foo>',
    );
    const found = entriesOf('30954-2', entry).unread.filter((place) => place.includes('section'));
    assert.deepEqual(found, [
      'section(30954-2)/entry/organizer/component/observation/priorityCode@code',
      'section(30954-2)/entry/organizer/component/observation/foo@bar',
      'section(30954-2)/entry/organizer/component/observation/foo',
    ]);
  });

  test('a time without a zone, in a document that has none, is told as its day', () => {
    const text = documentOf(sectionOf('30954-2', result('<value xsi:type="INT" value="1"/>')))
      .replace('20240102101500-0600', '20240102')
      .replace('202401020815-0600', '202401020815');
    const found = convertText(text);
    assert.equal(the(found, 'Observation').effectiveDateTime, '2024-01-02');
    assert.ok(found.issues.some(({ code }) => code === 'time-zone-missing'));
  });
});

describe('people of the header', () => {
  test('a patient with races, a death and two languages', () => {
    const role = `<patientRole><id root="2.16.840.1.113883.4.1" extension="111-22-3333"/><addr use="HP"><streetAddressLine>1 Road</streetAddressLine><city>Town</city></addr>
      <telecom use="MC" value="tel:+1-555"/><patient><name use="L"><given>A</given><given>B</given><family>C</family></name><administrativeGenderCode code="UN"/>
      <birthTime value="1950"/><sdtc:deceasedInd value="true"/><sdtc:deceasedTime value="20200102"/><raceCode code="2106-3" displayName="White" codeSystem="2.16.840.1.113883.6.238"/>
      <languageCommunication><languageCode code="en"/><preferenceInd value="true"/></languageCommunication><languageCommunication><languageCode code="es"/></languageCommunication></patient></patientRole>`;
    const made = the(convertText(documentOf('', role)), 'Patient');
    assert.deepEqual(made.identifier, [
      { system: 'http://hl7.org/fhir/sid/us-ssn', value: '111-22-3333' },
    ]);
    assert.deepEqual(
      [made.birthDate, made.gender, made.deceasedDateTime],
      ['1950', 'other', '2020-01-02'],
    );
    assert.deepEqual(made.telecom, [{ system: 'phone', value: '+1-555', use: 'mobile' }]);
    assert.equal((made.communication as Element[]).length, 2);
    assert.equal((made.extension as { url: string }[])[0]?.url.endsWith('us-core-race'), true);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { all, entriesOf, the } from './testDocument.ts';

const ccda = '2.16.840.1.113883.10.20.22.4.';
const snomed = 'codeSystem="2.16.840.1.113883.6.96"';

function allergy({
  kind = '416098002',
  negated = false,
  substance = '',
  inside = '',
  time = '',
}): string {
  const participant =
    substance === ''
      ? ''
      : `<participant typeCode="CSM"><participantRole><playingEntity>${substance}</playingEntity></participantRole></participant>`;
  return `<entry><act classCode="ACT" moodCode="EVN"><templateId root="${ccda}30"/>
    <statusCode code="active"/><entryRelationship typeCode="SUBJ">
    <observation classCode="OBS" moodCode="EVN"${negated ? ' negationInd="true"' : ''}>
      <templateId root="${ccda}7"/><code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/>
      <effectiveTime>${time}</effectiveTime>
      <value xsi:type="CD" code="${kind}" ${snomed}/>${participant}${inside}
    </observation></entryRelationship></act></entry>`;
}

const penicillin =
  '<code code="7980" displayName="Penicillin" codeSystem="2.16.840.1.113883.6.88"/>';

function codes(concept: unknown): string[] {
  const { coding = [] } = (concept ?? {}) as { coding?: { code: string }[] };
  return coding.map(({ code }) => code);
}

describe('R07 allergies keep their meaning', () => {
  test('an allergy, with a reaction and how bad it was', () => {
    const reaction = `<entryRelationship typeCode="MFST" inversionInd="true"><observation><templateId root="${ccda}9"/>
      <code code="ASSERTION" codeSystem="2.16.840.1.113883.5.4"/><value xsi:type="CD" code="247472004" ${snomed}/>
      <entryRelationship typeCode="SUBJ"><observation><templateId root="${ccda}8"/>
      <value xsi:type="CD" code="24484000" ${snomed}/></observation></entryRelationship></observation></entryRelationship>`;
    const entry = allergy({
      substance: penicillin,
      inside: reaction,
      time: '<low value="197412"/>',
    });
    const made = the(entriesOf('48765-2', entry), 'AllergyIntolerance');
    assert.deepEqual(codes(made.code), ['7980']);
    assert.equal(made.onsetDateTime, '1974-12');
    assert.deepEqual(
      [codes(made.clinicalStatus), made.verificationStatus],
      [['active'], undefined],
    );
    const [told] = made.reaction as { manifestation: unknown[]; severity: string }[];
    assert.deepEqual([codes(told?.manifestation[0]), told?.severity], [['247472004'], 'severe']);
  });

  test('a refuted one is never one that the patient has', () => {
    const made = the(
      entriesOf('48765-2', allergy({ substance: penicillin, negated: true })),
      'AllergyIntolerance',
    );
    assert.deepEqual([codes(made.code), codes(made.verificationStatus)], [['7980'], ['refuted']]);
  });

  const none: readonly (readonly [kind: string, code: string])[] = [
    ['416098002', '409137002'],
    ['414285001', '429625007'],
    ['419199007', '716186003'],
  ];
  for (const [kind, code] of none) {
    test(`none known of the kind ${kind} is said by the code of that`, () => {
      const substance = '<code nullFlavor="NA"/>';
      const made = the(
        entriesOf('48765-2', allergy({ kind, negated: true, substance })),
        'AllergyIntolerance',
      );
      assert.deepEqual([codes(made.code), made.verificationStatus], [[code], undefined]);
    });
  }

  test('one without a code is kept in its words', () => {
    const substance = '<code nullFlavor="OTH"><originalText>bee balm</originalText></code>';
    const made = the(entriesOf('48765-2', allergy({ substance })), 'AllergyIntolerance');
    assert.deepEqual(made.code, { text: 'bee balm' });
  });

  test('one that ended is over', () => {
    const entry = allergy({
      substance: penicillin,
      time: '<low value="2001"/><high value="2003"/>',
    });
    const made = the(entriesOf('48765-2', entry), 'AllergyIntolerance');
    assert.deepEqual(codes(made.clinicalStatus), ['resolved']);
  });
});

function problem({
  attributes = '',
  concern = 'active',
  time = '',
  value = `code="44054006" ${snomed}`,
  inside = '',
}): string {
  return `<entry><act classCode="ACT" moodCode="EVN"><templateId root="${ccda}3"/><statusCode code="${concern}"/>
    <entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN" ${attributes}><templateId root="${ccda}4"/>
    <code code="55607006" ${snomed}/><effectiveTime>${time}</effectiveTime><value xsi:type="CD" ${value}/>${inside}</observation>
    </entryRelationship></act></entry>`;
}

describe('R07 problems keep their meaning', () => {
  const states: readonly (readonly [what: string, entry: string, status: string])[] = [
    ['active in an active concern', problem({}), 'active'],
    ['not active in one that ended', problem({ concern: 'completed' }), 'inactive'],
    ['over at a day', problem({ time: '<low value="2001"/><high value="20030405"/>' }), 'resolved'],
    [
      'over at an unknown day',
      problem({ time: '<low value="2001"/><high nullFlavor="UNK"/>' }),
      'resolved',
    ],
    [
      'as its own status says, whatever else',
      problem({
        inside: `<entryRelationship><observation><templateId root="${ccda}6"/><value xsi:type="CD" code="73425007" ${snomed}/></observation></entryRelationship>`,
      }),
      'inactive',
    ],
  ];
  for (const [what, entry, status] of states) {
    test(what, () => {
      const made = the(entriesOf('11450-4', entry), 'Condition');
      assert.deepEqual(codes(made.clinicalStatus), [status]);
      assert.equal(made.verificationStatus, undefined);
    });
  }

  test('one that the patient does not have is refuted', () => {
    const made = the(
      entriesOf('11450-4', problem({ attributes: 'negationInd="true"' })),
      'Condition',
    );
    assert.deepEqual(
      [codes(made.code), codes(made.verificationStatus)],
      [['44054006'], ['refuted']],
    );
  });

  test('no known problems is a statement of its own', () => {
    const entry = problem({ attributes: 'negationInd="true"', value: `code="55607006" ${snomed}` });
    const made = the(entriesOf('11450-4', entry), 'Condition');
    assert.deepEqual([codes(made.code), made.verificationStatus], [['160245001'], undefined]);
  });

  test('the problem list and the diagnoses of a visit stay apart', () => {
    const category = (section: string): string[] => {
      const [first] = the(entriesOf(section, problem({})), 'Condition').category as unknown[];
      return codes(first);
    };
    assert.deepEqual(category('11450-4'), ['problem-list-item']);
    assert.deepEqual(category('46241-6'), ['encounter-diagnosis']);
  });
});

function drug({
  mood = 'EVN',
  attributes = '',
  status = 'active',
  inside = '',
  code = 'code="197380" codeSystem="2.16.840.1.113883.6.88"',
}): string {
  return `<entry><substanceAdministration classCode="SBADM" moodCode="${mood}" ${attributes}><templateId root="${ccda}16"/>
    <statusCode code="${status}"/>${inside}<consumable><manufacturedProduct><manufacturedMaterial><code ${code}/></manufacturedMaterial>
    </manufacturedProduct></consumable></substanceAdministration></entry>`;
}

describe('R07 medications keep their meaning', () => {
  const statuses: readonly (readonly [status: string, told: string])[] = [
    ['active', 'active'],
    ['completed', 'completed'],
    ['aborted', 'stopped'],
    ['suspended', 'on-hold'],
    ['nullified', 'entered-in-error'],
  ];
  for (const [status, told] of statuses) {
    test(`what is taken, ${status}, is ${told}`, () => {
      assert.equal(the(entriesOf('10160-0', drug({ status })), 'MedicationStatement').status, told);
    });
  }

  test('a status that has no counterpart is told, and promises nothing', () => {
    const result = entriesOf('10160-0', drug({ status: 'obsolete' }));
    assert.equal(the(result, 'MedicationStatement').status, 'unknown');
    assert.deepEqual(
      result.issues.map(({ code }) => code),
      ['code-unmapped'],
    );
  });

  test('what is ordered is a request, what was given in the visit an administration', () => {
    const order = the(entriesOf('18776-5', drug({ mood: 'RQO' })), 'MedicationRequest');
    assert.deepEqual([order.intent, order.status], ['order', 'active']);
    const given = the(
      entriesOf('29549-3', drug({ status: 'completed' })),
      'MedicationAdministration',
    );
    assert.equal(given.status, 'completed');
  });

  test('what is not taken is not taken, and none known has its own code', () => {
    const attributes = 'negationInd="true"';
    assert.equal(
      the(entriesOf('10160-0', drug({ attributes })), 'MedicationStatement').status,
      'not-taken',
    );
    const none = the(
      entriesOf('10160-0', drug({ attributes, code: 'nullFlavor="NA"' })),
      'MedicationStatement',
    );
    assert.deepEqual(codes(none.medicationCodeableConcept), ['787481004']);
  });

  test('dose, how often, and until when', () => {
    const inside = `<effectiveTime xsi:type="IVL_TS"><low value="20240101"/><high value="20240110"/></effectiveTime>
      <effectiveTime xsi:type="PIVL_TS" operator="A"><period value="6" unit="h"/></effectiveTime><doseQuantity value="0.50" unit="mg"/>`;
    const made = the(entriesOf('10160-0', drug({ inside })), 'MedicationStatement');
    assert.deepEqual(made.effectivePeriod, { start: '2024-01-01', end: '2024-01-10' });
    assert.equal(
      JSON.stringify(made.dosage),
      '[{"timing":{"repeat":{"frequency":1,"period":6,"periodUnit":"h"}},"doseAndRate":[{"doseQuantity":{"value":0.50,"unit":"mg","system":"http://unitsofmeasure.org","code":"mg"}}]}]',
    );
  });
});

test('R07 vital signs of a CCD or C32, whose panel is a result organizer too, are vital signs', () => {
  const ccd = '2.16.840.1.113883.10.20.1.';
  const entry = `<entry><organizer classCode="CLUSTER" moodCode="EVN"><templateId root="${ccd}32"/>
    <templateId root="${ccd}35"/><statusCode code="completed"/><component><observation moodCode="EVN">
    <templateId root="${ccd}31"/><code code="8867-4" codeSystem="2.16.840.1.113883.6.1"/>
    <statusCode code="completed"/><value xsi:type="PQ" value="72" unit="/min"/></observation></component></organizer></entry>`;
  const result = entriesOf('8716-3', entry);
  assert.deepEqual(all(result, 'DiagnosticReport'), []);
  const categories = all(result, 'Observation').map(({ category }) => JSON.stringify(category));
  assert.equal(categories.length, 2);
  for (const category of categories) assert.match(category, /"vital-signs"/);
});

describe('R07 immunisations and procedures keep their meaning', () => {
  test('a vaccine that was refused was not given, and why', () => {
    const entry = `<entry><substanceAdministration moodCode="EVN" negationInd="true"><templateId root="${ccda}52"/><statusCode code="completed"/>
      <effectiveTime value="20240105"/><consumable><manufacturedProduct><manufacturedMaterial><code code="88" codeSystem="2.16.840.1.113883.12.292"/>
      </manufacturedMaterial></manufacturedProduct></consumable><entryRelationship><observation><templateId root="${ccda}53"/>
      <code code="PATOBJ" codeSystem="2.16.840.1.113883.5.8"/></observation></entryRelationship></substanceAdministration></entry>`;
    const made = the(entriesOf('11369-6', entry), 'Immunization');
    assert.deepEqual([made.status, codes(made.statusReason)], ['not-done', ['PATOBJ']]);
  });

  const done: readonly (readonly [status: string, attributes: string, told: string])[] = [
    ['completed', '', 'completed'],
    ['active', '', 'in-progress'],
    ['aborted', '', 'stopped'],
    ['cancelled', '', 'not-done'],
    ['completed', 'negationInd="true"', 'not-done'],
  ];
  for (const [status, attributes, told] of done) {
    test(`a procedure ${status}${attributes === '' ? '' : ' and negated'} is ${told}`, () => {
      const entry = `<entry><procedure moodCode="EVN" ${attributes}><templateId root="${ccda}14"/>
        <code code="73761001" ${snomed}/><statusCode code="${status}"/></procedure></entry>`;
      assert.equal(the(entriesOf('47519-4', entry), 'Procedure').status, told);
    });
  }

  test('what is planned is a request and nothing that happened', () => {
    const entry = `<entry><procedure moodCode="RQO"><templateId root="${ccda}41"/><code code="73761001" ${snomed}/><statusCode code="active"/></procedure></entry>`;
    const result = entriesOf('18776-5', entry);
    assert.deepEqual(all(result, 'Procedure'), []);
    assert.equal(the(result, 'ServiceRequest').intent, 'order');
  });
});

/** Documents that are written, by the rules of C-CDA R2.1 rather than by our own reader. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { XmlElement } from '../../../formats/xml/element.ts';
import { readXml } from '../../../formats/xml/reader.ts';
import { allergy, condition, observation, patient, writingOf } from '../outward/testing.ts';
import { writeDocument } from './writeChart.ts';

/**
 * What templates SHALL have, by the last arcs of their roots, as HL7's Schematron of C-CDA R2.1 has it
 * (HL7/CDA-ccda-2.1, `validation/`, patterns `…-errors`; numbers are its CONF, and what is bound to value
 * sets is left to others). `@name=value` is an attribute, `path` an element that is there once, `path+` one
 * or more of them; `path#template` is of that template, and the first of several in `a|b` that is there
 * counts. `a>b` asks each `a` that is there for a `b`, and `!path` that there is none.
 */
const shall: Readonly<Record<string, string>> = {
  // US Realm Header (1198-5250 to 1198-16790), Continuity of Care Document
  '1.1': `realmCode@code=US typeId@extension=POCD_HD000040 typeId@root=2.16.840.1.113883.1.3 id code title
    effectiveTime confidentialityCode languageCode recordTarget+ recordTarget/patientRole/id+
    recordTarget/patientRole/addr+ recordTarget/patientRole/telecom+
    recordTarget/patientRole/patient/name+ recordTarget/patientRole/patient/administrativeGenderCode
    recordTarget/patientRole/patient/birthTime recordTarget/patientRole/patient/raceCode
    recordTarget/patientRole/patient/ethnicGroupCode author+ author>time author>assignedAuthor/id
    author/assignedAuthor/addr+ author/assignedAuthor/telecom+
    author/assignedAuthor/assignedPerson|author/assignedAuthor/assignedAuthoringDevice
    author/assignedAuthor/assignedAuthoringDevice>manufacturerModelName
    author/assignedAuthor/assignedAuthoringDevice>softwareName
    custodian/assignedCustodian/representedCustodianOrganization/id+
    custodian/assignedCustodian/representedCustodianOrganization/name
    custodian/assignedCustodian/representedCustodianOrganization/telecom
    custodian/assignedCustodian/representedCustodianOrganization/addr`,
  // 1198-8456: a device writes for an organization
  '1.2': `code@code=34133-9 documentationOf/serviceEvent@classCode=PCPR
    documentationOf/serviceEvent/effectiveTime/low documentationOf/serviceEvent/effectiveTime/high
    author/assignedAuthor/assignedPerson|author/assignedAuthor/representedOrganization
    component/structuredBody/component/section#2.6.1 component/structuredBody/component/section#2.1.1
    component/structuredBody/component/section#2.5.1 component/structuredBody/component/section#2.3.1
    component/structuredBody/component/section#2.17 component/structuredBody/component/section#2.4.1`,
  // Sections, with entries unless they say that there is none (1198-7531, 1098-7572, 1098-7895, 1198-8709)
  '2.6.1': 'code@code=48765-2 title text entry/act#4.30+',
  '2.1.1': 'code@code=10160-0 title text entry/substanceAdministration#4.16+',
  '2.5.1': 'code@code=11450-4 title text entry/act#4.3+',
  '2.3.1': 'code@code=30954-2 title text entry/organizer#4.1+',
  '2.4.1': 'code@code=8716-3 title text entry/organizer#4.26+',
  '2.2.1': 'code@code=11369-6 title text entry/substanceAdministration#4.52+',
  '2.7.1': 'code@code=47519-4 title text entry/procedure#4.14+',
  '2.22.1': 'code@code=46240-8 title text entry/encounter#4.49+',
  '2.17': 'code@code=29762-2 title text',
  '2.14': 'code@code=47420-5 title text',
  // Entries
  '4.30':
    '@classCode=ACT @moodCode=EVN id+ code@code=CONC statusCode@code effectiveTime/low entryRelationship@typeCode=SUBJ+ entryRelationship/observation#4.7+',
  '4.7':
    '@classCode=OBS @moodCode=EVN id+ code@code=ASSERTION statusCode@code=completed effectiveTime/low value@xsi:type=CD participant@typeCode=CSM participant/participantRole@classCode=MANU participant/participantRole/playingEntity/code',
  '4.9':
    '@classCode=OBS @moodCode=EVN id+ code@code=ASSERTION statusCode@code=completed value@xsi:type=CD',
  '4.8': '@classCode=OBS @moodCode=EVN code@code=SEV statusCode@code=completed value@xsi:type=CD',
  '4.145':
    '@classCode=OBS @moodCode=EVN code@code=82606-5 statusCode@code=completed value@xsi:type=CD',
  // 1198-7322: CE, where Problem Status has CD (1198-7365)
  '4.28':
    '@classCode=OBS @moodCode=EVN code@code=33999-4 statusCode@code=completed value@xsi:type=CE',
  '4.6':
    '@classCode=OBS @moodCode=EVN code@code=33999-4 statusCode@code=completed value@xsi:type=CD',
  '4.3':
    '@classCode=ACT @moodCode=EVN id+ code@code=CONC statusCode effectiveTime/low entryRelationship@typeCode=SUBJ+ entryRelationship/observation#4.4+',
  '4.4':
    '@classCode=OBS @moodCode=EVN id+ code code/translation statusCode@code=completed effectiveTime/low value@xsi:type=CD',
  '4.16':
    '@classCode=SBADM @moodCode id+ statusCode effectiveTime+ effectiveTime@value|effectiveTime/low doseQuantity rateQuantity>@unit consumable/manufacturedProduct#4.23 precondition>@typeCode=PRCN precondition>criterion#4.25',
  '4.23': '@classCode=MANU manufacturedMaterial/code',
  '4.147':
    '@classCode=SBADM @moodCode code@code=76662-6 text/reference@value consumable/manufacturedProduct/manufacturedLabeledDrug@nullFlavor=NA',
  '4.64': '@classCode=ACT @moodCode=EVN code@code=48767-8 text/reference@value',
  '4.52':
    '@classCode=SBADM @moodCode=EVN @negationInd id+ statusCode effectiveTime consumable/manufacturedProduct#4.54',
  '4.54': '@classCode=MANU manufacturedMaterial/code',
  '4.53': '@classCode=OBS @moodCode=EVN id+ code statusCode@code=completed',
  '4.14': '@classCode=PROC @moodCode=EVN id+ code statusCode specimen>specimenRole',
  // 1198-32488, 1198-32489: a time has both ends
  '4.1':
    '@classCode @moodCode=EVN id+ code statusCode effectiveTime>low effectiveTime>high component/observation#4.2+',
  // 1198-7152, 1198-32175: a range has a value, and no code
  '4.2':
    '@classCode=OBS @moodCode=EVN id+ code statusCode@code effectiveTime value referenceRange>observationRange/value !referenceRange/observationRange/code',
  '4.26':
    '@classCode=CLUSTER @moodCode=EVN id+ code@code=46680005 code/translation@code=74728-7 statusCode@code=completed effectiveTime component/observation#4.27+',
  // 1098-31579: a unit
  '4.27':
    '@classCode=OBS @moodCode=EVN id+ code statusCode@code=completed effectiveTime value@xsi:type=PQ value@unit interpretationCode>@code',
  // 1198-32951: LOINC, or a translation
  '4.38':
    '@classCode=OBS @moodCode=EVN id+ code code@codeSystem=2.16.840.1.113883.6.1|code/translation statusCode@code=completed effectiveTime',
  // 1098-14817, 1098-32894 to 1098-32897, 1098-32954: a code, never null, of one moment
  '4.78':
    '@classCode=OBS @moodCode=EVN id+ code@code=72166-2 statusCode@code=completed effectiveTime !effectiveTime/low !effectiveTime/high value@xsi:type=CD value@code !value@nullFlavor',
  '4.69': '@classCode=OBS @moodCode=EVN id+ code statusCode@code=completed effectiveTime value',
  // 81-19179: a code
  '4.86': '@classCode=OBS @moodCode=EVN id+ code@code statusCode@code=completed value+',
  '4.49': '@classCode=ENC @moodCode=EVN id+ code effectiveTime performer>assignedEntity',
  '4.80':
    '@classCode=ACT @moodCode=EVN code@code=29308-4 entryRelationship@typeCode=SUBJ+ entryRelationship/observation#4.4+',
  '4.19': '@classCode=OBS @moodCode=EVN id+ code statusCode@code=completed',
  '4.119': 'time assignedAuthor/id+',
  '4.32': '@classCode=SDLOC code playingEntity>@classCode=PLC',
  '4.25': 'code@code=ASSERTION value@xsi:type=CD',
};

const root = '2.16.840.1.113883.10.20.22.';

function local(element: XmlElement): string {
  return element.name.replace(/^[a-z]+:/, (prefix) => (prefix === 'sdtc:' ? prefix : ''));
}

function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.elements().filter((each) => local(each) === name);
}

function templatesOf(element: XmlElement): string[] {
  return childrenOf(element, 'templateId').flatMap((each) => {
    const own = each.peek('root') ?? '';
    return own.startsWith(root) ? [own.slice(root.length)] : [];
  });
}

/** Elements of a path; with an attribute in it, those that have it. */
function found(from: XmlElement, path: string): XmlElement[] {
  const [steps = '', attribute] = path.split('@');
  let at = [from];
  for (const step of steps.split('/').filter((each) => each !== '')) {
    const [name = '', of] = step.split('#');
    at = at.flatMap((each) => childrenOf(each, name));
    if (of !== undefined) at = at.filter((each) => templatesOf(each).includes(of));
  }
  const [name, value] = attribute?.split('=') ?? [];
  if (name === undefined) return at;
  return at.filter((each) => {
    const own = each.peek(name);
    return own !== undefined && (value === undefined || own === value);
  });
}

function broken(element: XmlElement): string[] {
  const own = templatesOf(element).flatMap((template) => {
    const rules = (shall[template] ?? '').split(/\s+/).filter((each) => each !== '');
    // A section that says that there is no information needs no entry.
    const isEmpty = element.peek('nullFlavor') !== undefined;
    return rules
      .filter((rule) => !(isEmpty && rule.startsWith('entry')))
      .filter((rule) => {
        if (rule.startsWith('!')) return found(element, rule.slice(1)).length > 0;
        const [outer = '', inner] = rule.split('>');
        if (inner !== undefined) {
          return found(element, outer).some((each) => found(each, inner).length === 0);
        }
        const bare = rule.replace(/\+$/, '');
        const count = Math.max(...bare.split('|').map((path) => found(element, path).length));
        return count === 0 || (count > 1 && bare === rule && !rule.includes('|'));
      })
      .map((rule) => `${template} ${rule}`);
  });
  return [...own, ...element.elements().flatMap(broken)];
}

function rulesBroken(resources: readonly unknown[]): string[] {
  const [document = ''] = writeDocument(writingOf(resources));
  const namespaces = new Map([
    ['urn:hl7-org:v3', ''],
    ['urn:hl7-org:sdtc', 'sdtc'],
    ['http://www.w3.org/2001/XMLSchema-instance', 'xsi'],
  ]);
  const roots = readXml(document, { namespaces, maxDepth: 100 });
  assert.ok(!('code' in roots));
  const unknown = roots.flatMap(everyTemplate).filter((each) => !Object.hasOwn(shall, each));
  assert.deepEqual(unknown, [], 'templates that this test has no rules of');
  for (const [, id = ''] of document.matchAll(/<reference value="#([^"]+)"/g)) {
    assert.equal(document.split(` ID="${id}"`).length, 2, 'what is referred to stands once');
  }
  return [...new Set(roots.flatMap(broken))].toSorted();
}

function everyTemplate(element: XmlElement): string[] {
  return [...templatesOf(element), ...element.elements().flatMap(everyTemplate)];
}

const subject = { reference: 'Patient/p' };
const words = (text: string): object => ({ text });

/** One of each kind, with nothing but what FHIR asks for. */
const bare = [
  { resourceType: 'Patient', id: 'p' },
  { resourceType: 'AllergyIntolerance', id: 'a', patient: subject },
  { resourceType: 'Condition', id: 'c', subject },
  { resourceType: 'MedicationStatement', id: 'm', status: 'active', subject },
  { resourceType: 'MedicationRequest', id: 'n', status: 'active', intent: 'order', subject },
  { resourceType: 'Immunization', id: 'i', status: 'completed', patient: subject },
  { resourceType: 'Procedure', id: 'q', status: 'completed', subject },
  { resourceType: 'Encounter', id: 'e', status: 'finished', class: { code: 'AMB' }, subject },
  { resourceType: 'Observation', id: 'o', status: 'final', code: words('x'), subject },
  ...['vital-signs', 'social-history', 'survey'].map((code) => ({
    resourceType: 'Observation',
    id: `o-${code}`,
    status: 'final',
    category: [{ coding: [{ code }] }],
    code: words('x'),
    subject,
  })),
];

/** One of each kind with what needs templates inside. */
const full = [
  { resourceType: 'Patient', id: 'p', managingOrganization: { reference: 'Organization/g' } },
  { resourceType: 'Organization', id: 'g' },
  {
    resourceType: 'AllergyIntolerance',
    id: 'a',
    patient: subject,
    code: words('Latex'),
    criticality: 'high',
    clinicalStatus: { coding: [{ code: 'resolved' }] },
    recordedDate: '2024-01-02',
    note: [{ text: 'A note' }],
    reaction: [{ manifestation: [words('Hives')], severity: 'mild' }],
  },
  {
    resourceType: 'Condition',
    id: 'c',
    subject,
    code: words('Gout'),
    clinicalStatus: { coding: [{ code: 'resolved' }] },
    severity: words('Severe'),
    note: [{ text: 'A note' }],
  },
  {
    resourceType: 'MedicationRequest',
    id: 'n',
    status: 'active',
    intent: 'order',
    subject,
    medicationCodeableConcept: words('Aspirin'),
    reasonCode: [words('Pain')],
    dosageInstruction: [{ text: 'One a day', asNeededBoolean: true }],
  },
  {
    resourceType: 'MedicationStatement',
    id: 'm',
    status: 'active',
    subject,
    medicationCodeableConcept: words('Aspirin'),
    dosage: [{ asNeededCodeableConcept: words('Pain') }],
  },
  {
    resourceType: 'Immunization',
    id: 'i',
    status: 'not-done',
    statusReason: words('Refused'),
    patient: subject,
    recorded: '2024-01-02',
  },
  { resourceType: 'Location', id: 'l', name: 'Ward' },
  {
    resourceType: 'Encounter',
    id: 'e',
    status: 'finished',
    class: { code: 'AMB' },
    subject,
    diagnosis: [{ condition: { reference: 'Condition/d' } }],
    location: [{ location: { reference: 'Location/l' } }],
  },
  { resourceType: 'Condition', id: 'd', subject, encounter: { reference: 'Encounter/e' } },
  ...[
    { id: 's1', code: '72166-2', value: true, effectiveDateTime: '2024-01-02' },
    { id: 's2', code: '72166-2', value: false, effectiveDateTime: '2024-01-02' },
    { id: 's3', code: '72166-2', value: true, effectivePeriod: { start: '2024-01-02' } },
    { id: 's4', code: '81229-7', value: false, effectiveDateTime: '2024-01-02' },
  ].map(({ id, code, value, ...when }) => ({
    resourceType: 'Observation',
    id,
    status: 'final',
    category: [{ coding: [{ code: 'social-history' }] }],
    code: { coding: [{ system: 'http://loinc.org', code }] },
    ...(value && {
      valueCodeableConcept: { coding: [{ system: 'http://snomed.info/sct', code: '8517006' }] },
    }),
    ...when,
    subject,
  })),
  {
    resourceType: 'DiagnosticReport',
    id: 'r',
    status: 'final',
    code: words('Panel'),
    effectiveDateTime: '2024-01-02',
    result: [{ reference: 'Observation/w' }],
    subject,
  },
  {
    resourceType: 'Observation',
    id: 'w',
    status: 'final',
    code: words('Test'),
    referenceRange: [words('none seen')],
    subject,
  },
  {
    resourceType: 'Observation',
    id: 'bp',
    status: 'final',
    category: [{ coding: [{ code: 'vital-signs' }] }],
    code: words('Pressure'),
    subject,
    component: [{ code: words('Systolic'), valueQuantity: { value: 120, unit: 'mm[Hg]' } }],
  },
  {
    resourceType: 'Observation',
    id: 'sv',
    status: 'final',
    category: [{ coding: [{ code: 'survey' }] }],
    code: words('Score'),
    subject,
    component: [
      { code: words('Part') },
      { code: { coding: [{ system: 'http://loinc.org', code: '44250-9' }] } },
    ],
  },
];

describe('documents by the rules of their templates', () => {
  test('with next to nothing in the chart', () => assert.deepEqual(rulesBroken(bare), []));

  test('with everything that has a template of its own', () =>
    assert.deepEqual(rulesBroken(full), []));

  test('with nobody but a patient', () => assert.deepEqual(rulesBroken([bare[0]]), []));

  test('whatever the chart says', () => {
    fc.assert(
      fc.property(patient, allergy, condition, observation, (...chart) => {
        assert.deepEqual(rulesBroken(chart), []);
      }),
    );
  });
});

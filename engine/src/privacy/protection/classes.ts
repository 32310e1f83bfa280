/**
 * Kinds of care that the law protects beyond the rest of a chart, told by public codes. A class raises
 * a label wherever one of its codes stands in a resource, as diagnosis, order, result or charge.
 */
export interface SensitiveClass {
  /** Code of HL7's v3-ActCode (information sensitivity). */
  label: string;
  /** By code system, what its codes begin with. */
  codes: readonly { systems: readonly string[]; beginsWith: readonly string[] }[];
  /** Types of documents, and what their type or category says. */
  titles?: { types: readonly string[]; says: RegExp };
}

const diagnoses = ['http://hl7.org/fhir/sid/icd-10-cm', 'http://hl7.org/fhir/sid/icd-10'];
const olderDiagnoses = ['http://hl7.org/fhir/sid/icd-9-cm'];
const loinc = ['http://loinc.org'];
const snomed = ['http://snomed.info/sct'];
const drugClasses = ['http://www.whocc.no/atc'];
const services = [
  'https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets',
  'urn:oid:2.16.840.1.113883.6.285',
];

/** Names of the classes as a plan writes them. */
export const sensitiveClasses = {
  /** 42 CFR Part 2 protects programmes, not codes: the codes are the widest net, rules name programmes. */
  'substance-use': {
    label: 'ETH',
    codes: [
      {
        systems: diagnoses,
        // Nicotine (F17) is not a substance of Part 2.
        beginsWith: [
          'F10',
          'F11',
          'F12',
          'F13',
          'F14',
          'F15',
          'F16',
          'F18',
          'F19',
          'Z71.41',
          'Z71.51',
        ],
      },
      { systems: olderDiagnoses, beginsWith: ['291', '292', '303', '304'] },
      { systems: snomed, beginsWith: ['66214007', '191816009', '7200002', '75544000'] },
      { systems: drugClasses, beginsWith: ['N07BB', 'N07BC'] },
      { systems: services, beginsWith: ['H0001', 'H0005', 'H0006', 'H0012', 'H0015', 'H0020'] },
    ],
  },
  hiv: {
    label: 'HIV',
    codes: [
      {
        systems: diagnoses,
        beginsWith: ['B20', 'B21', 'B22', 'B23', 'B24', 'B97.35', 'O98.7', 'R75', 'Z20.6', 'Z21'],
      },
      { systems: olderDiagnoses, beginsWith: ['042', 'V08', '795.71'] },
      {
        systems: loinc,
        beginsWith: ['75622-1', '56888-1', '7918-6', '7917-8', '20447-9', '29893-5', '31201-7'],
      },
      { systems: snomed, beginsWith: ['86406008', '62479008', '165816005'] },
      { systems: drugClasses, beginsWith: ['J05AR', 'J05AG', 'J05AE', 'J05AJ'] },
    ],
  },
  reproductive: {
    label: 'SEX',
    codes: [
      {
        systems: diagnoses,
        beginsWith: [
          'O00',
          'O01',
          'O02',
          'O03',
          'O04',
          'O07',
          'O08',
          'Z30',
          'Z31',
          'Z33.2',
          'Z64.0',
        ],
      },
      { systems: olderDiagnoses, beginsWith: ['635', 'V25', 'V26'] },
      { systems: snomed, beginsWith: ['57797005', '386639001'] },
      { systems: drugClasses, beginsWith: ['G03A', 'G03XB'] },
    ],
  },
  /** 45 CFR 164.501: kept apart from the chart, so no code tells them; what a document is called does. */
  psychotherapy: {
    label: 'PSYTHPN',
    codes: [],
    titles: {
      types: ['DocumentReference', 'Composition', 'DiagnosticReport', 'ClinicalImpression'],
      says: /psychotherap(?:y|ist)/i,
    },
  },
} as const satisfies Readonly<Record<string, SensitiveClass>>;

export type SensitiveClassName = keyof typeof sensitiveClasses;

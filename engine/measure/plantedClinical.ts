import { fault, swapped, type MappingFault } from './fault.ts';

const allergies = 'mappings/clinic/allergies.yaml';
const medications = 'mappings/clinic/medications.yaml';

const secondAllergy = `
  AllergyIntolerance#again:
    clinicalStatus:
      coding: [{ system: "status_cd.map('allergy-clinical-status', 'system')", code: "status_cd.map('allergy-clinical-status')" }]
    verificationStatus:
      coding: [{ system: "status_cd.map('allergy-verification-status', 'system')", code: "status_cd.map('allergy-verification-status')" }]
    code: { text: alg_txt }
    patient: pt_id.reference('clinic.pt_demog')

facts:
`;

export const allergyFaults: readonly MappingFault[] = [
  fault('two resources of one record', 'doubled', allergies, '\nfacts:\n', secondAllergy),
  fault(
    'statements that none are known dropped',
    'negation',
    allergies,
    `when: "deleted ~ 'Y'"`,
    `when: "deleted ~ 'Y' or alg_type_cd ~ 'NK'"`,
  ),
  fault(
    'code of none-known lost',
    'negation',
    allergies,
    "code: alg_cd.map('allergen')\n",
    "code: iif(alg_type_cd = 'NK', 'ASA', alg_cd).map('allergen')\n",
  ),
  {
    name: 'none-known made an allergy to a drug',
    harm: 'negation',
    edits: ["', 'system')", "', 'display')", "')\n"].map((rest) => ({
      file: allergies,
      from: `alg_cd.map('allergen${rest}`,
      to: `iif(alg_type_cd = 'NK', 'ASA', alg_cd).map('allergen${rest}`,
    })),
  },
  fault(
    'refuted became confirmed',
    'status',
    'codes/allergy-verification-status.csv',
    'R,refuted,Refuted',
    'R,confirmed,Confirmed',
  ),
  fault(
    'inactive came back to life',
    'status',
    'codes/allergy-clinical-status.csv',
    'I,inactive,Inactive',
    'I,active,Active',
  ),
  fault(
    'entered in error left out',
    'dropped',
    allergies,
    `when: "deleted ~ 'Y'"`,
    `when: "deleted ~ 'Y' or status_cd ~ 'E'"`,
  ),
  fault(
    'rows without reaction filtered out',
    'dropped',
    allergies,
    `when: "deleted ~ 'Y'"`,
    `when: "(react_cd != 'NONE').allTrue().not() or react_cd.empty() or deleted ~ 'Y'"`,
  ),
  fault(
    'onset made a whole day',
    'precision',
    allergies,
    'onset_dt.dateTime()',
    "iif(onset_dt.length() = 4, onset_dt & '-01-01', onset_dt).dateTime()",
  ),
  fault(
    'day and month of recording swapped',
    'shifted date',
    allergies,
    "noted_dt.dateTime('MM/dd/yyyy')",
    "(noted_dt.substring(6, 4) & '-' & iif(noted_dt.substring(3, 2) > '12', noted_dt.substring(0, 2) & '-' & noted_dt.substring(3, 2), noted_dt.substring(3, 2) & '-' & noted_dt.substring(0, 2))).dateTime('yyyy-MM-dd')",
  ),
  fault(
    'comment in the place of the substance',
    'wrong column',
    allergies,
    'text: alg_txt',
    'text: iif(comment_txt.exists(), comment_txt, alg_txt)',
  ),
  swapped(
    'severity rows exchanged',
    'wrong code',
    'codes/severity.csv',
    ['MI', 'mild,Mild'],
    ['SE', 'severe,Severe'],
  ),
  fault(
    'substances all in one code system',
    'code system',
    allergies,
    "system: alg_cd.map('allergen', 'system')",
    '$when: alg_cd.exists()\n          system: =http://snomed.info/sct',
  ),
  fault(
    'substances in a code system of the house',
    'code system',
    allergies,
    "system: alg_cd.map('allergen', 'system')",
    '$when: alg_cd.exists()\n          system: =http://riverside.example/fhir/CodeSystem/allergen',
  ),
];

export const medicationFaults: readonly MappingFault[] = [
  swapped(
    'milligrams for micrograms',
    'unit',
    'codes/dose-unit.csv',
    ['MG', 'mg,mg'],
    ['MCG', 'ug,mcg'],
  ),
  fault(
    'dose ten times as large',
    'decimals',
    medications,
    'value: dose_qty\n',
    'value: dose_qty * 10\n',
  ),
  fault(
    'digits of the dose lost',
    'decimals',
    medications,
    'value: dose_qty\n',
    "value: \"iif(dose_qty.toString().contains('.'), dose_qty.toString().replaceMatches('[.]?0+$', '').toDecimal(), dose_qty)\"\n",
  ),
  fault(
    'what patients said became orders',
    'status',
    medications,
    "status_cd = 'P' or status_cd = 'U'",
    "status_cd = 'U'",
  ),
  fault(
    'stopped orders active',
    'status',
    'codes/medication-status.csv',
    'S,stopped,Stopped',
    'S,active,Active',
  ),
  fault(
    'link to the visit of old orders lost',
    'lost link',
    medications,
    "encounter: enc_id.reference('clinic.encounters')",
    "encounter: iif(status_cd = 'A', enc_id, {}).reference('clinic.encounters')",
  ),
  {
    name: 'start and stop exchanged',
    harm: 'shifted date',
    edits: [
      {
        file: medications,
        from: "start: start_dt.dateTime('dd-MMM-yyyy')",
        to: "start: stop_dt.dateTime('dd-MMM-yyyy')",
      },
      {
        file: medications,
        from: "end: stop_dt.dateTime('dd-MMM-yyyy')",
        to: "end: start_dt.dateTime('dd-MMM-yyyy')",
      },
    ],
  },
  fault(
    'drug row of a neighbour',
    'wrong code',
    'codes/drug.csv',
    'D0103,6809,metformin',
    'D0103,6918,metoprolol',
  ),
  fault(
    'directions cut to a field of ten',
    'truncated text',
    medications,
    'text: sig_txt',
    'text: sig_txt.substring(0, 10)',
  ),
  fault(
    'deleted orders moved too',
    'doubled',
    medications,
    `when: "deleted ~ 'Y'"`,
    `when: "deleted ~ 'X'"`,
  ),
  fault(
    'order of the next patient',
    'swapped patient',
    medications,
    "subject: pt_id.reference('clinic.pt_demog')",
    "subject: iif(enc_id.empty(), pt_id + 1, pt_id).reference('clinic.pt_demog')",
  ),
];

/** A mistake that people make when they write a mapping, planted in the mappings of the template. */
export interface MappingFault {
  name: string;
  /** What goes wrong for whoever reads the chart: one of the classes of R04. */
  harm: Harm;
  /** Edits of project files; each text stands there exactly once. Facts are never touched. */
  edits: readonly Edit[];
}

export type Harm =
  | 'dropped'
  | 'doubled'
  | 'swapped patient'
  | 'shifted date'
  | 'precision'
  | 'unit'
  | 'status'
  | 'negation'
  | 'wrong code'
  | 'code system'
  | 'wrong column'
  | 'truncated text'
  | 'decimals'
  | 'encoding'
  | 'order'
  | 'lost link';

export interface Edit {
  file: string;
  from: string;
  to: string;
}

const patients = 'mappings/clinic/pt_demog.yaml';
const providers = 'mappings/clinic/providers.yaml';
const visits = 'mappings/clinic/encounters.yaml';
const allergies = 'mappings/clinic/allergies.yaml';
const medications = 'mappings/clinic/medications.yaml';

function fault(name: string, harm: Harm, file: string, from: string, to: string): MappingFault {
  return { name, harm, edits: [{ file, from, to }] };
}

/** Two rows of a code map that came to stand for each other. */
function swapped(
  name: string,
  harm: Harm,
  file: string,
  one: readonly [code: string, row: string],
  other: readonly [code: string, row: string],
): MappingFault {
  const edit = ([code, row]: readonly [string, string], wrong: string): Edit => ({
    file,
    from: `\n${code},${row},`,
    to: `\n${code},${wrong},`,
  });
  return { name, harm, edits: [edit(one, other[1]), edit(other, one[1])] };
}

/** `.date(…)` of a six-digit-year birth date read with the century split at another year. */
const bornWithPivot = (year: string): string =>
  `(iif(dob.substring(6, 2) > '${year}', '19', '20') & dob.substring(6, 2) & '-' & ` +
  `dob.substring(0, 2) & '-' & dob.substring(3, 2)).date('yyyy-MM-dd')`;

const identityFaults: readonly MappingFault[] = [
  fault(
    'birth day and month swapped',
    'shifted date',
    patients,
    "dob.date('MM/dd/yy')",
    "dob.date('dd/MM/yy')",
  ),
  fault(
    'century pivot moved',
    'shifted date',
    patients,
    "dob.date('MM/dd/yy')",
    bornWithPivot('60'),
  ),
  fault(
    'day and month of death swapped',
    'shifted date',
    patients,
    "dod.dateTime('yyyyMMdd')",
    "(dod.substring(0, 4) & '-' & dod.substring(4, 2)).dateTime('yyyy-MM')",
  ),
  swapped(
    'sex rows exchanged',
    'wrong code',
    'codes/sex.csv',
    ['M', 'male,Male'],
    ['F', 'female,Female'],
  ),
  fault(
    'given names in wrong order',
    'order',
    patients,
    'given: [first_nm, mid_init]',
    'given: [mid_init, first_nm]',
  ),
  fault(
    'family and given names exchanged',
    'wrong column',
    patients,
    'family: last_nm, given: [first_nm, mid_init]',
    'family: first_nm, given: [last_nm, mid_init]',
  ),
  fault('deceased inverted', 'negation', patients, "deceased_fl = 'Y'", "deceased_fl != 'Y'"),
  fault(
    'leading zeros of the MRN lost',
    'wrong column',
    patients,
    '        value: mrn\n',
    '        value: mrn.toInteger().toString()\n',
  ),
  fault(
    'second address line forgotten',
    'dropped',
    patients,
    'line: [addr_1, addr_2]',
    'line: ["iif(addr_1.exists(), addr_1, addr_2)"]',
  ),
  fault(
    'one telephone number is enough',
    'dropped',
    patients,
    '{ $when: cell_phone.exists(), system',
    '{ $when: home_phone.empty() and cell_phone.exists(), system',
  ),
  fault(
    'city in the place of the state',
    'wrong column',
    patients,
    'state: state_cd',
    'state: iif(city.exists(), city, state_cd)',
  ),
  fault(
    'postal code cut to four',
    'truncated text',
    patients,
    'postalCode: zip',
    'postalCode: zip.substring(0, 4)',
  ),
  fault(
    'family name cut to a field of six',
    'truncated text',
    patients,
    'family: last_nm,',
    'family: "last_nm.substring(0, 6)",',
  ),
  fault(
    'accents replaced',
    'encoding',
    patients,
    'family: last_nm,',
    `family: "last_nm.replaceMatches('[^ -~]', '?')",`,
  ),
  fault(
    'patients without e-mail filtered out',
    'dropped',
    patients,
    `when: "deleted ~ 'Y'"`,
    `when: "(deleted != 'Y' and email != '-').not() or email.empty()"`,
  ),
  fault(
    'ethnicity read from race',
    'wrong column',
    patients,
    "code: eth_cd.map('ethnicity')\n",
    "code: iif(race_cd = 'W', 'N', 'H').map('ethnicity')\n",
  ),
  fault(
    'system of the MRN of another house',
    'code system',
    patients,
    '=urn:oid:2.16.840.1.113883.19.5\n',
    '=urn:oid:2.16.840.1.113883.19.9\n',
  ),
];

const visitFaults: readonly MappingFault[] = [
  fault(
    'clocks taken for UTC',
    'shifted date',
    visits,
    'admit_ts.dateTime()',
    "admit_ts.toString().replace('T', ' ').dateTime('yyyy-MM-dd HH:mm:ss', 'UTC')",
  ),
  {
    name: 'start and end exchanged',
    harm: 'shifted date',
    edits: [
      {
        file: visits,
        from: 'start: admit_ts.dateTime()',
        to: "start: disch_dt.dateTime('dd-MMM-yyyy HH:mm')",
      },
      {
        file: visits,
        from: "end: disch_dt.dateTime('dd-MMM-yyyy HH:mm')",
        to: 'end: admit_ts.dateTime()',
      },
    ],
  },
  fault(
    'visit of the next patient',
    'swapped patient',
    visits,
    "pt_id.reference('clinic.pt_demog')",
    "iif(prov_id.exists(), pt_id + 1, pt_id).reference('clinic.pt_demog')",
  ),
  swapped(
    'class rows exchanged',
    'wrong code',
    'codes/encounter-class.csv',
    ['O', 'AMB,ambulatory'],
    ['E', 'EMER,emergency'],
  ),
  fault(
    'cancelled visits finished',
    'status',
    'codes/encounter-status.csv',
    'X,cancelled,Cancelled',
    'X,finished,Finished',
  ),
  fault(
    'reason cut to its category',
    'truncated text',
    visits,
    'code: reason_cd,',
    'code: "reason_cd.substring(0, 3)",',
  ),
  fault(
    'reason under the former code system',
    'code system',
    visits,
    '=http://hl7.org/fhir/sid/icd-10-cm',
    '=http://hl7.org/fhir/sid/icd-9-cm',
  ),
  fault(
    'practitioner of the visit lost',
    'lost link',
    visits,
    "- { individual: prov_id.reference('clinic.providers') }",
    "- { $when: enc_cls = 'I', individual: prov_id.reference('clinic.providers') }",
  ),
  fault(
    'inactive clinicians active',
    'status',
    providers,
    "active: active_fl = 'Y'",
    "active: active_fl = 'Y' or active_fl = 'N'",
  ),
];

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

const allergyFaults: readonly MappingFault[] = [
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
];

const medicationFaults: readonly MappingFault[] = [
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

export const mappingFaults: readonly MappingFault[] = [
  ...identityFaults,
  ...visitFaults,
  ...allergyFaults,
  ...medicationFaults,
];

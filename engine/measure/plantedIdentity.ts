import { fault, swapped, type MappingFault } from './fault.ts';

const patients = 'mappings/clinic/pt_demog.yaml';
const providers = 'mappings/clinic/providers.yaml';
const visits = 'mappings/clinic/encounters.yaml';

/** `.date(…)` of a six-digit-year birth date read with the century split at another year. */
const bornWithPivot = (year: string): string =>
  `(iif(dob.substring(6, 2) > '${year}', '19', '20') & dob.substring(6, 2) & '-' & ` +
  `dob.substring(0, 2) & '-' & dob.substring(3, 2)).date('yyyy-MM-dd')`;

export const identityFaults: readonly MappingFault[] = [
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

export const visitFaults: readonly MappingFault[] = [
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

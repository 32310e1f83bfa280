import type { Element } from '../resource.ts';

export const terminology = 'http://terminology.hl7.org/CodeSystem/';

/** Code lists that X12 publishes itself. */
export const x12Codes = 'https://x12.org/codes/';

/** Lists of the National Uniform Billing Committee, by the names that CARIN gives them. */
export const nubc = 'https://www.nubc.org/CodeSystem/';

/** Codes of an X12 data element for which nobody publishes a URI. */
export const own = (name: string): string => `urn:x-x12:${name}`;

export const npi = 'http://hl7.org/fhir/sid/us-npi';
export const taxonomy = 'http://nucc.org/provider-taxonomy';
export const placesOfService =
  'https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set';

export function coded(system: string, code: string, display?: string): Element {
  return { coding: [{ system, code, ...(display !== undefined && { display }) }] };
}

/** Where a code must stand and the document has none. */
export const absent = (reason: 'unknown' | 'not-applicable'): Element =>
  coded(`${terminology}data-absent-reason`, reason);

const hcpcs = 'http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets';
const cpt = 'http://www.ama-assn.org/go/cpt';

/** Service codes by their qualifier (data element 235); HC is CPT or HCPCS by the look of the code. */
export function serviceSystem(qualifier: string, code: string): string {
  switch (qualifier) {
    case 'HC':
      return /^\d{4}[0-9A-Z]$/.test(code) ? cpt : hcpcs;
    case 'HP':
      return `${own('service')}:hipps`;
    case 'AD':
      return 'http://www.ada.org/cdt';
    case 'N4':
      return 'http://hl7.org/fhir/sid/ndc';
    case 'NU':
    case 'RB':
      return `${nubc}RevenueCodes`;
    default:
      return `${own('service')}:${qualifier}`;
  }
}

export const modifierSystem = (code: string): string => (/^\d\d$/.test(code) ? cpt : hcpcs);

/** SBR02, PAT01, INS02: what a person is to the subscriber (data element 1069). */
const relationships: Readonly<Record<string, string>> = {
  '01': 'spouse',
  '18': 'self',
  '19': 'child',
  '03': 'parent',
  '53': 'common',
  '17': 'child',
  '05': 'other',
};

export function relationship(code: string): Element {
  const ours = relationships[code] ?? 'other';
  const coding = [
    { system: `${terminology}subscriber-relationship`, code: ours },
    ...(code === '' ? [] : [{ system: own('relationship'), code }]),
  ];
  return { coding };
}

const genders: Readonly<Record<string, string>> = { M: 'male', F: 'female', U: 'unknown' };

/** DMG03; a code of another kind is none that FHIR has. */
export const gender = (code: string): string | undefined => genders[code];

/** Systems of identifiers by the qualifier of NM108, N103 (data element 66). */
export function identifierSystem(qualifier: string): string {
  switch (qualifier) {
    case 'XX':
      return npi;
    case '34':
      return 'http://hl7.org/fhir/sid/us-ssn';
    case '24':
    case 'FI':
      return 'urn:oid:2.16.840.1.113883.4.4';
    default:
      return own(`id:${qualifier}`);
  }
}

/** Systems and types of identifiers by the qualifier of REF01 (data element 128). */
export function referenceIdentifier(qualifier: string, value: string): Element {
  switch (qualifier) {
    case 'EI':
    case 'TJ':
      return typed('TAX', 'urn:oid:2.16.840.1.113883.4.4', value);
    case 'SY':
      return typed('SS', 'http://hl7.org/fhir/sid/us-ssn', value);
    case 'HPI':
      return typed('NPI', npi, value);
    case '1G':
      return typed('UPIN', own('reference:1G'), value);
    case 'EA':
      return typed('MR', own('reference:EA'), value);
    default:
      return { system: own(`reference:${qualifier}`), value };
  }
}

export function typed(type: string, system: string, value: string): Element {
  return { type: coded(`${terminology}v2-0203`, type), system, value };
}

/**
 * A diagnosis as ICD writes it: X12 leaves the point out, and some senders do not. E codes of ICD-9
 * have it after four characters, all others after three.
 */
export function icdCode(code: string, isTenth: boolean): string {
  if (code.includes('.')) return code;
  const before = !isTenth && code.startsWith('E') ? 4 : 3;
  return code.length > before ? `${code.slice(0, before)}.${code.slice(before)}` : code;
}

/** A procedure of ICD-9 has its point after two digits; ICD-10-PCS has none. */
export function icdProcedure(code: string, isTenth: boolean): string {
  if (isTenth || code.includes('.') || code.length < 3) return code;
  return `${code.slice(0, 2)}.${code.slice(2)}`;
}

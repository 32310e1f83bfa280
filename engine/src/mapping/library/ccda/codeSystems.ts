/** Code systems by their OIDs (C-CDA R2.1, table of code systems; HL7 terminology). */
const systems: Readonly<Record<string, string>> = {
  '2.16.840.1.113883.6.1': 'http://loinc.org',
  '2.16.840.1.113883.6.96': 'http://snomed.info/sct',
  '2.16.840.1.113883.6.88': 'http://www.nlm.nih.gov/research/umls/rxnorm',
  '2.16.840.1.113883.6.69': 'http://hl7.org/fhir/sid/ndc',
  '2.16.840.1.113883.12.292': 'http://hl7.org/fhir/sid/cvx',
  '2.16.840.1.113883.6.59': 'http://hl7.org/fhir/sid/cvx',
  '2.16.840.1.113883.12.227': 'http://terminology.hl7.org/CodeSystem/MVX',
  '2.16.840.1.113883.6.90': 'http://hl7.org/fhir/sid/icd-10-cm',
  '2.16.840.1.113883.6.3': 'http://hl7.org/fhir/sid/icd-10',
  '2.16.840.1.113883.6.4': 'http://www.cms.gov/Medicare/Coding/ICD10',
  '2.16.840.1.113883.6.103': 'http://hl7.org/fhir/sid/icd-9-cm',
  '2.16.840.1.113883.6.104': 'http://hl7.org/fhir/sid/icd-9-cm',
  '2.16.840.1.113883.6.42': 'http://hl7.org/fhir/sid/icd-9-cm',
  '2.16.840.1.113883.6.12': 'http://www.ama-assn.org/go/cpt',
  '2.16.840.1.113883.6.285': 'http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets',
  '2.16.840.1.113883.6.13': 'http://www.ada.org/cdt',
  '2.16.840.1.113883.6.101': 'http://nucc.org/provider-taxonomy',
  '2.16.840.1.113883.6.238': 'urn:oid:2.16.840.1.113883.6.238',
  '2.16.840.1.113883.6.8': 'http://unitsofmeasure.org',
  '2.16.840.1.113883.4.9': 'http://fdasis.nlm.nih.gov',
  '2.16.840.1.113883.3.26.1.1': 'http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl',
  '2.16.840.1.113883.3.26.1.5': 'http://hl7.org/fhir/ndfrt',
  '2.16.840.1.113883.6.209': 'http://hl7.org/fhir/ndfrt',
  '2.16.840.1.113883.6.86': 'http://www.nlm.nih.gov/research/umls',
  '2.16.840.1.113883.6.259': 'https://www.cdc.gov/nhsn/cdaportal/terminology/codesystem/hsloc.html',
  '2.16.840.1.113883.6.121': 'urn:ietf:bcp:47',
  '2.16.840.1.113883.6.316': 'urn:ietf:bcp:47',
  '1.2.840.10008.2.16.4': 'http://dicom.nema.org/resources/ontology/DCM',
  '2.16.840.1.113883.6.24': 'urn:iso:std:iso:11073:10101',
  '2.16.840.1.113883.12.1': 'http://terminology.hl7.org/CodeSystem/v2-0001',
  '2.16.840.1.113883.12.112': 'http://terminology.hl7.org/CodeSystem/v2-0112',
  '2.16.840.1.113883.6.301.5': 'http://www.nubc.org/patient-discharge',
  '2.16.840.1.113883.6.301.11': 'https://www.nubc.org/CodeSystem/PresentOnAdmission',
  '2.16.840.1.113883.6.255.1336': 'http://terminology.hl7.org/CodeSystem/x12-1336',
  '2.16.840.1.113883.3.221.5': 'https://nahdo.org/sopt',
};

/** HL7 version 3's own code systems, by the last part of 2.16.840.1.113883.5.N. */
const v3: Readonly<Record<string, string>> = {
  '1': 'v3-AdministrativeGender',
  '2': 'v3-MaritalStatus',
  '4': 'v3-ActCode',
  '6': 'v3-ActClass',
  '7': 'v3-ActPriority',
  '8': 'v3-ActReason',
  '14': 'v3-ActStatus',
  '25': 'v3-Confidentiality',
  '45': 'v3-EntityNameUse',
  '60': 'v3-LanguageAbilityMode',
  '61': 'v3-LanguageAbilityProficiency',
  '79': 'v3-mediaType',
  '83': 'v3-ObservationInterpretation',
  '84': 'v3-ObservationMethod',
  '88': 'v3-ParticipationFunction',
  '89': 'v3-ParticipationMode',
  '90': 'v3-ParticipationType',
  '110': 'v3-RoleClass',
  '111': 'v3-RoleCode',
  '112': 'v3-RouteOfAdministration',
  '139': 'v3-TimingEvent',
  '143': 'v3-TargetAwareness',
  '1008': 'v3-NullFlavor',
  '1063': 'v3-ObservationValue',
  '1070': 'v3-TribalEntityUS',
  '1076': 'v3-ReligiousAffiliation',
  '1119': 'v3-AddressUse',
};

/** The root of identifiers that are URIs: urn:ietf:rfc:3986. */
export const uriRoot = '2.16.840.1.113883.4.873';

const terminology = 'http://terminology.hl7.org/CodeSystem/';

/** OIDs of code systems with their URIs; the first OID of a URI is the one that is written. */
export const systemOids: readonly (readonly [oid: string, uri: string])[] = [
  ...Object.entries(systems),
  ...Object.entries(v3).map(
    ([last, name]) => [`2.16.840.1.113883.5.${last}`, terminology + name] as const,
  ),
];

const uris = new Map<string, string>();

/** Systems that are remembered: documents name a few dozen. */
const mostUris = 10_000;

/** The URI of a code system; one without a name of its own is told by its OID. */
export function codeSystem(oid: string): string {
  let uri = uris.get(oid);
  if (uri === undefined) {
    uri = find(oid);
    if (uris.size < mostUris) uris.set(oid, uri);
  }
  return uri;
}

function find(oid: string): string {
  const known = systems[oid];
  if (known !== undefined) return known;
  const own = v3[/^2\.16\.840\.1\.113883\.5\.(\d+)$/.exec(oid)?.[1] ?? ''];
  if (own !== undefined) return terminology + own;
  return uriOf(oid) ?? oid;
}

/** Namespaces of identifiers that FHIR has a name for. */
const namespaces: Readonly<Record<string, string>> = {
  '2.16.840.1.113883.4.1': 'http://hl7.org/fhir/sid/us-ssn',
  '2.16.840.1.113883.4.6': 'http://hl7.org/fhir/sid/us-npi',
  '2.16.840.1.113883.4.572': 'http://hl7.org/fhir/sid/us-medicare',
};

/** The URI of what assigns an identifier: `urn:oid:…`, `urn:uuid:…` or a name that FHIR has. */
export function namespaceUri(root: string): string | undefined {
  return namespaces[root] ?? uriOf(root);
}

const oidPattern = /^[0-2](\.(0|[1-9]\d*))+$/;
const uuidPattern = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

function uriOf(root: string): string | undefined {
  if (oidPattern.test(root)) return `urn:oid:${root}`;
  return isUuid(root) ? `urn:uuid:${root.toLowerCase()}` : undefined;
}

export function isUuid(root: string): boolean {
  return uuidPattern.test(root);
}

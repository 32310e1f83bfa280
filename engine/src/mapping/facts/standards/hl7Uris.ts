/** URIs of code systems by the names that messages have for them (HL7 table 0396). */
const published: Readonly<Record<string, string>> = Object.fromEntries(
  `
http://loinc.org LN LOINC
http://snomed.info/sct SCT SNM SNOMED SNOMED-CT SNOMEDCT
http://hl7.org/fhir/sid/icd-10 I10
http://hl7.org/fhir/sid/icd-10-cm I10C ICD-10-CM
http://www.cms.gov/Medicare/Coding/ICD10 I10P
http://hl7.org/fhir/sid/icd-9-cm I9 I9C I9CDX I9CP
http://www.ama-assn.org/go/cpt C4 C5 CPT CPT4
http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets HPC
http://hl7.org/fhir/sid/ndc NDC
http://hl7.org/fhir/sid/cvx CVX
http://hl7.org/fhir/sid/mvx MVX
http://www.nlm.nih.gov/research/umls/rxnorm RXNORM
http://unitsofmeasure.org UCUM
urn:iso:std:iso:2955 ISO+ ISO ANS+
http://terminology.hl7.org/CodeSystem/icd-o ICDO ICD-O
urn:iso:std:iso:3166 ISO3166_1
urn:ietf:bcp:47 ISO639
urn:oid:2.16.840.1.113883.6.238 CDCREC
http://ncimeta.nci.nih.gov NCIT
http://nucc.org/provider-taxonomy NUCC
urn:iso:std:iso:11073:10101 MDC
http://terminology.hl7.org/CodeSystem/nciVersionOfNDF-RT FDDC
urn:oid:2.16.840.1.113883.6.238 HL70005 HL7-0005 0005 HL70189 HL7-0189 0189
`
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [uri = '', ...names] = line.split(' ');
      return names.map((name) => [name, uri]);
    }),
);

/** The URI of a coding system as a message names it. */
export function codeSystemUri(name: string): string {
  const own = name.trim();
  const upper = own.toUpperCase();
  if (Object.hasOwn(published, upper)) return published[upper] as string;
  const table = /^(?:HL7-?)?(\d{4})$/.exec(upper)?.[1] ?? /^HL7(\d{3})$/.exec(upper)?.[1];
  if (table !== undefined) {
    return `http://terminology.hl7.org/CodeSystem/v2-${table.padStart(4, '0')}`;
  }
  if (/^[0-2](\.\d+)+$/.test(own)) return `urn:oid:${own}`;
  return /^[a-z][a-z0-9+.-]*:\S+$/i.test(own)
    ? own
    : `urn:x-hl7v2:coding-system:${encodeURIComponent(own)}`;
}

/** The URI of an assigning authority: its name, its universal id and the type of that. */
export function namespaceUri(name: string, id: string, type: string): string | undefined {
  if (id === '') {
    if (name === '') return undefined;
    const security = name === 'USSSA' || name === 'SSA';
    return security
      ? 'http://hl7.org/fhir/sid/us-ssn'
      : `urn:x-hl7v2:namespace:${encodeURIComponent(name)}`;
  }
  const isOid = type === 'ISO' || (type === '' && /^[0-2](\.\d+)+$/.test(id));
  if (isOid) return `urn:oid:${id}`;
  const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);
  if (type === 'UUID' || type === 'GUID' || isUuid) return `urn:uuid:${id.toLowerCase()}`;
  if (type === 'URI' || /^(https?|urn):/.test(id)) return id;
  return `urn:x-hl7v2:${encodeURIComponent(type || 'id')}:${encodeURIComponent(id)}`;
}

import { mapTexts } from './vocabularyTexts.ts';

export type MapName = keyof typeof mapTexts;

export interface MappedCode {
  code: string;
  system: string;
  display: string | undefined;
}

export type CodeMap = ReadonlyMap<string, MappedCode>;

const compiled = new Map<MapName, CodeMap>();

/** A code map of the tables, by the code as messages have it. */
export function codeMap(name: MapName): CodeMap {
  let map = compiled.get(name);
  if (map === undefined) {
    map = compile(mapTexts[name]);
    compiled.set(name, map);
  }
  return map;
}

function compile(text: string): CodeMap {
  const map = new Map<string, MappedCode>();
  for (const line of text.replaceAll('\n  ', ' ').trim().split('\n')) {
    const [place = '', codes = ''] = line.split('|');
    for (const entry of codes.split('; ')) {
      const [, from = '', to, display] =
        /^([^=:]+|[<>]=?)(?:=([^:]+))?(?::(.*))?$/.exec(entry.trim()) ?? [];
      map.set(from, { code: to ?? from, system: published(place), display });
    }
  }
  return map;
}

export const terminology = 'http://terminology.hl7.org/CodeSystem/';

function published(place: string): string {
  return place.replace(/^tho\//, terminology).replace(/^fhir\//, 'http://hl7.org/fhir/');
}

/** Code systems by their names in HL7 table 0396 and the spellings that feeds have for them. */
const systems: Readonly<Record<string, string>> = {
  LN: 'http://loinc.org',
  LOINC: 'http://loinc.org',
  SCT: 'http://snomed.info/sct',
  SNM: 'http://snomed.info/sct',
  SNOMED: 'http://snomed.info/sct',
  'SNOMED-CT': 'http://snomed.info/sct',
  SNOMEDCT: 'http://snomed.info/sct',
  I10: 'http://hl7.org/fhir/sid/icd-10',
  I10C: 'http://hl7.org/fhir/sid/icd-10-cm',
  'ICD-10-CM': 'http://hl7.org/fhir/sid/icd-10-cm',
  I10P: 'http://www.cms.gov/Medicare/Coding/ICD10',
  I9: 'http://hl7.org/fhir/sid/icd-9-cm',
  I9C: 'http://hl7.org/fhir/sid/icd-9-cm',
  I9CDX: 'http://hl7.org/fhir/sid/icd-9-cm',
  I9CP: 'http://hl7.org/fhir/sid/icd-9-cm',
  C4: 'http://www.ama-assn.org/go/cpt',
  C5: 'http://www.ama-assn.org/go/cpt',
  CPT: 'http://www.ama-assn.org/go/cpt',
  CPT4: 'http://www.ama-assn.org/go/cpt',
  HPC: 'http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets',
  NDC: 'http://hl7.org/fhir/sid/ndc',
  CVX: 'http://hl7.org/fhir/sid/cvx',
  MVX: 'http://hl7.org/fhir/sid/mvx',
  RXNORM: 'http://www.nlm.nih.gov/research/umls/rxnorm',
  UCUM: 'http://unitsofmeasure.org',
  'ISO+': 'urn:iso:std:iso:2955',
  ISO: 'urn:iso:std:iso:2955',
  'ANS+': 'urn:iso:std:iso:2955',
  ICDO: 'http://terminology.hl7.org/CodeSystem/icd-o',
  'ICD-O': 'http://terminology.hl7.org/CodeSystem/icd-o',
  ISO3166_1: 'urn:iso:std:iso:3166',
  ISO639: 'urn:ietf:bcp:47',
  CDCREC: 'urn:oid:2.16.840.1.113883.6.238',
  NCIT: 'http://ncimeta.nci.nih.gov',
  NUCC: 'http://nucc.org/provider-taxonomy',
  MDC: 'urn:iso:std:iso:11073:10101',
  FDDC: 'http://terminology.hl7.org/CodeSystem/nciVersionOfNDF-RT',
};

/** Tables whose FHIR counterpart is not `v2-NNNN`. */
const tables: Readonly<Record<string, string>> = {
  '0005': 'urn:oid:2.16.840.1.113883.6.238',
  '0189': 'urn:oid:2.16.840.1.113883.6.238',
};

const known = new Map<string, string>();

/** The URI of a code system that a message names, be it published, an OID, or of the sender's own. */
export function codeSystem(name: string): string {
  let uri = known.get(name);
  if (uri === undefined) {
    uri = find(name);
    // Bounded: names come from messages.
    if (known.size < 10_000) known.set(name, uri);
  }
  return uri;
}

function find(name: string): string {
  const upper = name.trim().toUpperCase();
  const direct = systems[upper];
  if (direct !== undefined) return direct;
  const table = /^HL7-?(\d{4})$/.exec(upper)?.[1] ?? (/^\d{4}$/.test(upper) ? upper : undefined);
  if (table !== undefined) return tables[table] ?? `${terminology}v2-${table}`;
  if (/^HL7\d{3}$/.test(upper)) return `${terminology}v2-0${upper.slice(3)}`;
  if (/^[0-2](\.\d+)+$/.test(upper)) return `urn:oid:${upper}`;
  if (/^[a-z][a-z0-9+.-]*:\S+$/i.test(name.trim())) return name.trim();
  return `urn:x-hl7v2:coding-system:${encodeURIComponent(name.trim())}`;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The URI of an assigning authority (HD, or parts 2 to 4 of EI). An OID or UUID is its own; another
 * universal id, or the sender's own name for it, is told apart by what it is.
 */
export function namespaceUri(name: string, id: string, type: string): string | undefined {
  if (id === '') return name === '' ? undefined : ownNamespace(name);
  if (type === 'ISO' || (type === '' && /^[0-2](\.\d+)+$/.test(id))) return `urn:oid:${id}`;
  if (type === 'UUID' || type === 'GUID' || uuid.test(id)) return `urn:uuid:${id.toLowerCase()}`;
  if (type === 'URI' || /^(https?|urn):/.test(id)) return id;
  return `urn:x-hl7v2:${encoded(type === '' ? 'id' : type)}:${encoded(id)}`;
}

/** Most names are of letters and digits, which stand for themselves. */
function encoded(name: string): string {
  return /^[\w.-]*$/.test(name) ? name : encodeURIComponent(name);
}

const namespaces = new Map<string, string>();

function ownNamespace(name: string): string {
  let uri = namespaces.get(name);
  if (uri === undefined) {
    const isSocialSecurity = name === 'USSSA' || name === 'SSA';
    uri = isSocialSecurity
      ? 'http://hl7.org/fhir/sid/us-ssn'
      : `urn:x-hl7v2:namespace:${encodeURIComponent(name)}`;
    // Bounded: names come from messages.
    if (namespaces.size < 10_000) namespaces.set(name, uri);
  }
  return uri;
}

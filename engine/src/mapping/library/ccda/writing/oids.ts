import { systemOids } from '../codeSystems.ts';

const terminology = 'http://terminology.hl7.org/CodeSystem/';

const byUri = new Map<string, string>();
for (const [oid, uri] of systemOids) if (!byUri.has(uri)) byUri.set(uri, oid);

/** The OID of a code system; undefined where it has none that is known. */
export function systemOid(uri: string): string | undefined {
  const known = byUri.get(uri);
  if (known !== undefined) return known;
  if (uri.startsWith('urn:oid:')) return uri.slice('urn:oid:'.length);
  // HL7 v2's tables are numbered alike below their own arc.
  const table = /^v2-0*(\d+)$/.exec(
    uri.startsWith(terminology) ? uri.slice(terminology.length) : '',
  )?.[1];
  return table === undefined ? undefined : `2.16.840.1.113883.12.${table}`;
}

/** What an identifier's system is as the root of an II; undefined where no OID says it. */
export function rootOf(system: string): string | undefined {
  const known = namespaces[system];
  if (known !== undefined) return known;
  if (system.startsWith('urn:oid:')) return system.slice('urn:oid:'.length);
  return system.startsWith('urn:uuid:') ? system.slice('urn:uuid:'.length) : undefined;
}

const namespaces: Readonly<Record<string, string>> = {
  'http://hl7.org/fhir/sid/us-ssn': '2.16.840.1.113883.4.1',
  'http://hl7.org/fhir/sid/us-npi': '2.16.840.1.113883.4.6',
  'http://hl7.org/fhir/sid/us-medicare': '2.16.840.1.113883.4.572',
};

const reversed = new WeakMap<object, ReadonlyMap<string, string>>();

/** A table of the reading side the other way round: of several codes the first. */
export function inverse(table: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  let map = reversed.get(table);
  if (map === undefined) {
    const own = new Map<string, string>();
    for (const [from, to] of Object.entries(table)) if (!own.has(to)) own.set(to, from);
    map = own;
    reversed.set(table, map);
  }
  return map;
}

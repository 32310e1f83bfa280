import type { WrittenText } from '../../../../formats/hl7v2/writer.ts';
import { codeMap, codeSystem, terminology, type MapName } from '../vocabulary.ts';

/** Names that HL7 table 0396 has for code systems; of several the one that it prefers. */
const preferred =
  'LN SCT I10 I10C I10P I9C C4 HPC NDC CVX MVX RXNORM UCUM ISO+ ICDO ISO3166_1 ISO639 CDCREC NCIT NUCC MDC'.split(
    ' ',
  );

const byUri = new Map(preferred.map((name) => [codeSystem(name), name]));

const ownSystem = 'urn:x-hl7v2:coding-system:';

/** The name of a code system in a coded field (CWE.3): that of table 0396, an OID, or its URI. */
export function systemName(uri: string): string {
  const known = byUri.get(uri);
  if (known !== undefined) return known;
  const table = uri.startsWith(`${terminology}v2-`) ? uri.slice(terminology.length + 3) : '';
  if (/^\d{4}$/.test(table)) return `HL7${table}`;
  if (uri.startsWith('urn:oid:')) return uri.slice('urn:oid:'.length);
  return uri.startsWith(ownSystem) ? decoded(uri.slice(ownSystem.length)) : uri;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const ownNamespace = 'urn:x-hl7v2:namespace:';
const otherId = /^urn:x-hl7v2:([^:]+):([^:]+)$/;

/** Identifier systems of FHIR by the names that US messages have for them. */
const known: Readonly<Record<string, readonly WrittenText[]>> = {
  'http://hl7.org/fhir/sid/us-ssn': ['USSSA'],
  'http://hl7.org/fhir/sid/us-npi': ['NPI', '2.16.840.1.113883.4.6', 'ISO'],
  'http://hl7.org/fhir/sid/us-medicare': ['', '2.16.840.1.113883.4.572', 'ISO'],
};

/** The namespace of an identifier (HD): name, universal id, and the kind of that. */
export function authority(uri: string | undefined): readonly WrittenText[] {
  if (uri === undefined) return [];
  const own = known[uri];
  if (own !== undefined) return own;
  if (uri.startsWith('urn:oid:')) return ['', uri.slice('urn:oid:'.length), 'ISO'];
  if (uri.startsWith('urn:uuid:')) return ['', uri.slice('urn:uuid:'.length), 'UUID'];
  if (uri.startsWith(ownNamespace)) return [decoded(uri.slice(ownNamespace.length))];
  const [, kind, id] = otherId.exec(uri) ?? [];
  if (kind !== undefined && id !== undefined) return ['', decoded(id), decoded(kind)];
  return ['', uri, 'URI'];
}

const reversed = new Map<string, ReadonlyMap<string, string>>();

/** A code map of the tables the other way round: of several codes the first, unless one is better. */
export function codesFrom(
  name: MapName,
  better: Readonly<Record<string, string>> = {},
): ReadonlyMap<string, string> {
  let map = reversed.get(name);
  if (map === undefined) {
    const own = new Map<string, string>();
    for (const [from, { code }] of codeMap(name)) if (!own.has(code)) own.set(code, from);
    for (const [code, from] of Object.entries(better)) own.set(code, from);
    map = own;
    reversed.set(name, map);
  }
  return map;
}

const concepts = new Map<MapName, ReadonlyMap<string, readonly string[]>>();

/** Codes of a table that a coding (`system|code`) is the image of. */
export function conceptsFrom(name: MapName): ReadonlyMap<string, readonly string[]> {
  let map = concepts.get(name);
  if (map === undefined) {
    const own = new Map<string, string[]>();
    for (const [from, { code, system }] of codeMap(name)) {
      const key = `${system}|${code}`;
      const list = own.get(key);
      if (list === undefined) own.set(key, [from]);
      else list.push(from);
    }
    map = own;
    concepts.set(name, map);
  }
  return map;
}

/** What to do about what was refused, by its code: for people, who do not know codes by heart. */
const nextSteps: Readonly<Record<string, string>> = {
  'file-empty': 'There is nothing in the file. Export it again.',
  'fhir-compressed': 'A view reads no compressed file. Decompress it first.',
  'fhir-no-resource': 'It is JSON, and no resource: an object with a resourceType.',
  'fhir-resource-unknown': 'The version has no such resource. Name the version that it is in.',
  'fhir-too-long': 'A resource has at most 256 MiB. Split it.',
  'fhir-xml': 'A view reads no XML. Convert it first: handover convert --from fhir --to fhir.',
  'gzip-unreadable': 'It cannot be decompressed to its end. Copy or export it again.',
  'json-encoding': 'It is not UTF-8, as FHIR in JSON is. Save it as UTF-8.',
  'json-key-repeated':
    'An object has a key twice, so that two readers see two resources. Keep one.',
  'json-unreadable': 'It is no JSON from there on. Mend it, or export it again.',
  'xml-doctype': 'A DOCTYPE is not read. Remove it.',
  'xml-encoding': 'The bytes are not of the encoding that the XML declares. Save it in that.',
  'xml-not-well-formed': 'It is no XML from there on. Mend it, or export it again.',
};

/** A line for each code that has one, in the order of the alphabet, behind an empty one. */
export function refusalLines(codes: Iterable<string>): string[] {
  const known = [...new Set(codes)].filter((code) => Object.hasOwn(nextSteps, code)).toSorted();
  const lines = known.map((code) => `${code}: ${nextSteps[code] ?? ''}`);
  return lines.length === 0 ? [] : ['', ...lines];
}

import { parseCda } from '../../../formats/cda.ts';
import { sha256Hex } from '../../../base/digest.ts';
import type { Resource } from '../resource.ts';
import { convertCda } from './convert.ts';
import type { ConvertedCda } from './convert.ts';

/** A document with a patient of that name, and those sections. */
export function documentOf(sections: string, patient = patientRole): string {
  return `<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:sdtc="urn:hl7-org:sdtc">
    <id root="1.2.3" extension="document"/>
    <code code="34133-9" codeSystem="2.16.840.1.113883.6.1"/>
    <title>Summary</title>
    <effectiveTime value="20240102101500-0600"/>
    <recordTarget>${patient}</recordTarget>
    <component><structuredBody>${sections}</structuredBody></component>
  </ClinicalDocument>`;
}

const patientRole = `<patientRole><id root="1.2.3.4" extension="p1"/>
  <patient><name><given>Ann</given><family>Example</family></name>
  <administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/>
  <birthTime value="19700102"/></patient></patientRole>`;

/** A section of that LOINC code, with a narrative and entries. */
export function sectionOf(code: string, entries: string, text = ''): string {
  return `<component><section><code code="${code}" codeSystem="2.16.840.1.113883.6.1"/>
    <title>Section</title><text>${text}</text>${entries}</section></component>`;
}

export function convertText(text: string): ConvertedCda {
  const bytes = Buffer.from(text);
  const roots = parseCda(bytes);
  if ('code' in roots) throw new Error(roots.code);
  const identify = (key: string): string => sha256Hex(key).slice(0, 26);
  return convertCda(roots, { bytes }, { identify, zone: undefined });
}

/** What a section with those entries becomes. */
export function entriesOf(code: string, entries: string, text = ''): ConvertedCda {
  return convertText(documentOf(sectionOf(code, entries, text)));
}

export function all({ resources }: ConvertedCda, type: string): Resource[] {
  return resources.filter(({ resourceType }) => resourceType === type);
}

/** The only resource of its type. */
export function the(result: ConvertedCda, type: string): Resource {
  const [found, ...others] = all(result, type);
  if (found === undefined || others.length > 0) throw new Error(`there is not one ${type}`);
  return found;
}

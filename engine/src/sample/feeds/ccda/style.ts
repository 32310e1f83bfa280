import { tag, type Markup } from '../../../formats/xml/writer.ts';

/** The generation of a document: what its templates are, and how it says who it is. */
export type Style = 'R2.1' | 'R1.1' | 'C32';

/** Kinds of entries that have templates of their own. */
export type EntryKind = keyof typeof entries;

const ccda = '2.16.840.1.113883.10.20.22.4.';
const ccd = '2.16.840.1.113883.10.20.1.';
const ihe = '1.3.6.1.4.1.19376.1.5.3.1.4.';
const c32 = '2.16.840.1.113883.3.88.11.83.';

/** Root and version of C-CDA; the roots of C32, which is built on the CCD and on IHE's profiles. */
const entries = {
  allergyConcern: [`${ccda}30`, '2015-08-01', [`${c32}6`, `${ccd}27`, `${ihe}5.3`]],
  allergy: [`${ccda}7`, '2014-06-09', [`${ccd}18`, `${ihe}6`]],
  reaction: [`${ccda}9`, '2014-06-09', [`${ccd}54`]],
  severity: [`${ccda}8`, '2014-06-09', [`${ccd}55`]],
  problemConcern: [`${ccda}3`, '2015-08-01', [`${c32}7`, `${ccd}27`, `${ihe}5.2`]],
  problem: [`${ccda}4`, '2015-08-01', [`${ccd}28`, `${ihe}5`]],
  problemStatus: [`${ccda}6`, '2019-06-20', [`${ccd}50`]],
  medication: [`${ccda}16`, '2014-06-09', [`${c32}8`, `${ccd}24`]],
  shot: [`${ccda}52`, '2015-08-01', [`${c32}13`, `${ccd}24`, `${ihe}12`]],
  refusal: [`${ccda}53`, undefined, [`${ccda}53`]],
  product: [`${ccda}23`, '2014-06-09', [`${ccd}53`]],
  vaccine: [`${ccda}54`, '2014-06-09', [`${ccd}53`]],
  resultOrganizer: [`${ccda}1`, '2015-08-01', [`${ccd}32`]],
  result: [`${ccda}2`, '2015-08-01', [`${ccd}31`]],
  vitalsOrganizer: [`${ccda}26`, '2015-08-01', [`${ccd}32`, `${ccd}35`]],
  vital: [`${ccda}27`, '2014-06-09', [`${ccd}31`]],
  encounter: [`${ccda}49`, '2015-08-01', [`${c32}16`, `${ccd}21`, `${ihe}14`]],
  indication: [`${ccda}19`, '2014-06-09', [`${ccd}28`]],
  dischargeDiagnosis: [`${ccda}33`, '2015-08-01', [`${ccda}33`]],
  dischargeMedication: [`${ccda}35`, '2016-03-01', [`${ccda}35`]],
} as const satisfies Record<string, readonly [string, string | undefined, readonly string[]]>;

/** `templateId` elements: R2.1 names a version beside the root that R1.1 has alone. */
export function templates(style: Style, kind: EntryKind): Markup[] {
  const [root, version, older] = entries[kind];
  return style === 'C32' ? older.map((each) => templateId(each)) : versions(style, root, version);
}

export function versions(style: Style, root: string, version: string | undefined): Markup[] {
  const plain = templateId(root);
  return style === 'R2.1' && version !== undefined ? [plain, templateId(root, version)] : [plain];
}

export function templateId(root: string, extension?: string): Markup {
  return tag('templateId', { root, extension });
}

import type { ConvertedCda } from '../src/mapping/library/ccda/convert.ts';
import { parseXml } from './xml.ts';
import type { XmlElement } from './xml.ts';

/*
 * What a source says, taken from it by other code than the conversion's: each of its acts by its
 * ids, and what may be made of them.
 */

export interface Accounted {
  source: number;
  /** Made something of, or told by an issue. */
  carried: number;
}

interface Act {
  element: XmlElement;
  /** All that its attributes and words say, also inside. */
  says: Set<string>;
  negated: boolean;
  status: string;
}

const actNames = new Set([
  'act',
  'observation',
  'organizer',
  'procedure',
  'encounter',
  'substanceAdministration',
  'supply',
]);

function local({ name }: XmlElement): string {
  return name.replace(/^.*:/, '');
}

function actsById(text: string): Map<string, Act[]> {
  const found = new Map<string, Act[]>();
  const visit = (element: XmlElement, around: Act | undefined): void => {
    const act = actNames.has(local(element)) ? actOf(element, around) : undefined;
    for (const id of act ? element.children.filter((each) => local(each) === 'id') : []) {
      const { root = '', extension = '' } = id.attributes;
      if (root === '') continue;
      const key = idKey(root, extension);
      found.set(key, [...(found.get(key) ?? []), act as Act]);
    }
    for (const each of element.children) visit(each, act ?? around);
  };
  visit(documentOf(text), undefined);
  return found;
}

/** A fragment may have several roots, and no prefix bound: it is put into one. */
function documentOf(text: string): XmlElement {
  return parseXml(`<fragment>${text.replace(/<\?xml[^]*?\?>/, '')}</fragment>`);
}

function idKey(root: string, extension: string): string {
  return `${root}|${extension}`.toLowerCase();
}

/** A supply that names no product is of the drug that it is told beside. */
function actOf(element: XmlElement, around: Act | undefined): Act {
  const isNameless =
    local(element) === 'supply' && !element.children.some((each) => local(each) === 'product');
  const says = new Set<string>(isNameless ? around?.says : []);
  const gather = (each: XmlElement): void => {
    for (const value of Object.values(each.attributes)) says.add(value.trim());
    each.children.forEach(gather);
  };
  gather(element);
  const status = element.children.find((each) => local(each) === 'statusCode')?.attributes.code;
  return {
    element,
    says,
    negated: element.attributes.negationInd === 'true',
    status: status ?? '',
  };
}

/** Whether an act of that id, which says one of those codes, says that it is not so. */
export function isDenied(text: string): (id: string, codes: readonly string[]) => boolean {
  const acts = actsById(text);
  return (id, codes) =>
    (acts.get(id) ?? []).some(
      (act) => act.negated && (codes.length === 0 || codes.some((code) => act.says.has(code))),
    );
}

interface Shape {
  resourceType: string;
  status?: string;
  [name: string]: unknown;
}

const clinical = new Set([
  'AllergyIntolerance',
  'MedicationStatement',
  'MedicationRequest',
  'MedicationAdministration',
  'Condition',
  'Procedure',
  'Observation',
  'DiagnosticReport',
  'Immunization',
  'Encounter',
]);

/** Statuses that tell more than a source's state allows. */
const promoted: Readonly<Record<string, ReadonlySet<string>>> = {
  active: new Set(['final', 'completed', 'finished', 'amended']),
  aborted: new Set(['final', 'completed', 'active', 'finished', 'in-progress']),
  cancelled: new Set(['final', 'completed', 'active', 'finished', 'in-progress']),
  suspended: new Set(['final', 'completed', 'active', 'finished']),
  nullified: new Set(['final', 'completed', 'active', 'finished', 'in-progress']),
};

/** Codes that a conversion may say though the source does not: those that stand for nothing known. */
export const noneKnown = new Set([
  '716186003',
  '409137002',
  '429625007',
  '428607008',
  '160245001',
  '787481004',
]);

/** What of a conversion has no ground in the source: a cause for each resource and kind. */
export function wrongOf(text: string, resources: readonly object[]): string[] {
  const acts = actsById(text);
  const subjects = new Set<string>();
  const found: string[] = [];
  for (const resource of resources as Shape[]) {
    const who = (resource.subject ?? resource.patient) as { reference?: string } | undefined;
    if (who?.reference !== undefined && clinical.has(resource.resourceType)) {
      subjects.add(who.reference);
    }
    if (!clinical.has(resource.resourceType)) continue;
    const sources = sourcesOf(resource, acts);
    if (sources.length === 0) continue;
    const causes = sources.map((act) => disagreement(resource, act));
    const [first] = causes;
    if (causes.every((cause) => cause !== undefined))
      found.push(`${resource.resourceType} ${first}`);
  }
  if (subjects.size > 1) found.push('patient');
  return found;
}

function sourcesOf(resource: Shape, acts: ReadonlyMap<string, Act[]>): Act[] {
  const ids = (resource.identifier as { system?: string; value?: string }[] | undefined) ?? [];
  return ids.flatMap(({ system = '', value = '' }) => {
    const root = system === 'urn:ietf:rfc:3986' ? bare(value) : bare(system);
    return acts.get(idKey(root, system === 'urn:ietf:rfc:3986' ? '' : value)) ?? [];
  });
}

function bare(uri: string): string {
  return uri.replace(/^urn:(oid|uuid|x-cda):/, '');
}

function disagreement(resource: Shape, act: Act): string | undefined {
  const codes = [
    ...codesOf(resource.code),
    ...codesOf(resource.vaccineCode),
    ...codesOf(resource.medicationCodeableConcept),
    ...codesOf(resource.valueCodeableConcept),
  ];
  if (!codes.every((code) => act.says.has(code) || (act.negated && noneKnown.has(code))))
    return 'code';
  if (act.negated && !tellsNegation(resource, codes)) return 'negation';
  if (!act.negated && isRefuted(resource)) return 'negation';
  if (promoted[act.status]?.has(resource.status ?? '') === true && !act.negated) return 'status';
  const { value, unit } = (resource.valueQuantity ?? {}) as { value?: unknown; unit?: string };
  if (unit !== undefined && !act.says.has(unit)) return 'unit';
  if (value !== undefined && !saysNumber(act, JSON.stringify(value))) return 'value';
  return undefined;
}

function codesOf(concept: unknown): string[] {
  const { coding = [] } = (concept ?? {}) as { coding?: { code?: string }[] };
  return coding.map(({ code }) => code ?? '');
}

function saysNumber({ says }: Act, digits: string): boolean {
  return [...says].some((each) => each !== '' && Number(each) === Number(digits));
}

function tellsNegation(resource: Shape, codes: readonly string[]): boolean {
  return isRefuted(resource) || codes.some((code) => noneKnown.has(code));
}

function isRefuted({ status, doNotPerform, verificationStatus }: Shape): boolean {
  const refused = status === 'not-done' || status === 'not-taken' || doNotPerform === true;
  return refused || codesOf(verificationStatus).includes('refuted');
}

const allergyTemplates = new Set([
  '2.16.840.1.113883.10.20.22.4.7',
  '2.16.840.1.113883.10.20.1.18',
]);

const sigTemplate = '2.16.840.1.113883.10.20.22.4.147';

/** Count the allergies and medications of a source, and those that the conversion carries or tells. */
export function accountOf(
  text: string,
  { resources, issues }: Pick<ConvertedCda, 'resources' | 'issues'>,
  tally: Record<'allergies' | 'medications', Accounted>,
): void {
  let allergies = 0;
  let medications = 0;
  const visit = (element: XmlElement): void => {
    const name = local(element);
    const templates = element.children.filter((each) => local(each) === 'templateId');
    if (
      name === 'observation' &&
      templates.some(({ attributes }) => allergyTemplates.has(attributes.root ?? ''))
    ) {
      allergies++;
    }
    // Medication Free Text Sig says how the drug around it is taken, and is none itself.
    const isSig = templates.some(({ attributes }) => attributes.root === sigTemplate);
    if (name === 'substanceAdministration' && !isSig) medications++;
    for (const each of element.children) visit(each);
  };
  visit(documentOf(text));
  const made = (types: readonly string[]): number =>
    resources.filter(({ resourceType }) => types.includes(resourceType)).length;
  const told = issues.filter(({ code }) => code === 'subject-other').length;
  tally.allergies.source += allergies;
  tally.allergies.carried += Math.min(allergies, made(['AllergyIntolerance']) + told);
  tally.medications.source += medications;
  const drugs = resources.filter(isDrugEntry).length + made(['Immunization']);
  tally.medications.carried += Math.min(medications, drugs + told);
}

/** Supplies beside a drug are prescriptions too: they are told apart by what is dispensed. */
function isDrugEntry(resource: Shape): boolean {
  if (resource.resourceType === 'MedicationRequest') return resource.dispenseRequest === undefined;
  return ['MedicationStatement', 'MedicationAdministration'].includes(resource.resourceType);
}

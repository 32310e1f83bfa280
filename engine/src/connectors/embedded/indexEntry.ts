import { dateElementOf } from './dateElements.ts';
import { intervalOf, periodOf } from './fhirDate.ts';
import type { Interval } from './fhirDate.ts';
import { MemberNames, Members, membersOf } from './members.ts';

/** What of a resource can be searched for, before it is turned into keyed tokens. */
export interface IndexEntry {
  /** Id of the patient the resource is about; empty when about none, or a Patient itself. */
  patient: string;
  identifiers: readonly { system: string; value: string }[];
  date: Interval | undefined;
}

/** Elements that say which patient a resource is about (R4, search parameter `patient`). */
const patientElements = ['subject', 'patient', 'beneficiary', 'for', 'individual'];

/**
 * Read the index entry out of a resource in canonical JSON, which may be a part of `body`.
 * @returns undefined when the body is not a resource of this type and id.
 */
export function indexEntryOf(
  type: string,
  id: string,
  body: Buffer,
  from = 0,
  to = body.length,
): IndexEntry | undefined {
  const resource = membersOf(body, namesOf(type), from, to);
  if (resource?.get('resourceType') !== type || resource.get('id') !== id) return undefined;
  return {
    patient: type === 'Patient' ? '' : patientOf(resource),
    identifiers: identifiersOf(resource.get('identifier')),
    date: dateOf(type, resource),
  };
}

/** Id of the patient a resource is about, or a Patient's own; undefined when about none. */
export function patientIn(body: Buffer): string | undefined {
  const resource = membersOf(body, namesOf(''));
  if (resource === undefined) return undefined;
  const isPatient = resource.get('resourceType') === 'Patient';
  const id = isPatient ? resource.get('id') : patientOf(resource);
  return typeof id === 'string' && id !== '' ? id : undefined;
}

const identifierNames = new MemberNames(['system', 'value']);
const referenceNames = new MemberNames(['reference']);
const periodNames = new MemberNames(['start', 'end']);

const namesByType = new Map<string, MemberNames>();

function namesOf(type: string): MemberNames {
  let names = namesByType.get(type);
  if (names === undefined) {
    const dates = dateElementOf(type)?.elements ?? [];
    const within = new Map([
      ['identifier', identifierNames],
      ...patientElements.map((element) => [element, referenceNames] as const),
      ...dates.map((element) => [element, periodNames] as const),
    ]);
    names = new MemberNames(['resourceType', 'id', ...within.keys()], within);
    namesByType.set(type, names);
  }
  return names;
}

/** The id in a reference to a patient (`Patient/x`, absolute or versioned too); empty if none. */
export function referencedPatient(reference: string): string {
  if (reference.startsWith('Patient/') && !reference.includes('/', 8)) return reference.slice(8);
  return (
    /^(?:https?:\/\/[^?#]*\/)?Patient\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[^/]*)?$/.exec(
      reference,
    )?.[1] ?? ''
  );
}

function asMembers(value: unknown): Members | undefined {
  return value instanceof Members ? value : undefined;
}

function patientOf(resource: Members): string {
  for (const element of patientElements) {
    const reference = asMembers(resource.get(element))?.get('reference');
    if (typeof reference !== 'string') continue;
    const id = referencedPatient(reference);
    if (id !== '') return id;
  }
  return '';
}

/** Some types have one Identifier (Bundle, Composition), most a list. */
function identifiersOf(element: unknown): { system: string; value: string }[] {
  if (element === undefined) return [];
  const found: { system: string; value: string }[] = [];
  for (const item of Array.isArray(element) ? element : [element]) {
    const identifier = asMembers(item);
    const value = identifier?.get('value');
    if (typeof value !== 'string') continue;
    const system = identifier?.get('system');
    found.push({ system: typeof system === 'string' ? system : '', value });
  }
  return found;
}

function dateOf(type: string, resource: Members): Interval | undefined {
  for (const element of dateElementOf(type)?.elements ?? []) {
    const value = resource.get(element);
    if (typeof value === 'string') return intervalOf(value);
    const period = asMembers(value);
    if (period) return periodOf(text(period.get('start')), text(period.get('end')));
  }
  return undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

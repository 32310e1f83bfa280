import { isJsonObject, type Json, type JsonObject } from '../../../base/json.ts';
import { filled } from './hl7People.ts';
import type { PersonRow } from './person.ts';

/** What a Patient says of who it is, for the linkage, and of which others it is the same person as. */
export interface PatientIdentity {
  row: PersonRow;
  /** Ids of Patients that the source itself says it replaces, or was replaced by (HL7 A40, A47). */
  joined: readonly string[];
  /** The source says that another Patient stands in its place, or that it is out of use. */
  retired: boolean;
  identifiers: readonly Json[];
  /** Labels of the resource. */
  security: readonly Json[];
}

/** Identifier types of HL7 table 0203 that say who somebody is anywhere; those of an insured person. */
const national = /^(SS|NI|NH|NNxxx)$/;
const member = /^(MB|SN|MA|MC|MCD|MCR)$/;
const chart = /^(MR|PI|PT|MRN|)$/;
const ssnSystem = 'http://hl7.org/fhir/sid/us-ssn';

/**
 * The identity of a FHIR R4 Patient. `stream` stands for the authority of a number that names none;
 * `trusted`: systems of the numbers that one chart alone has, where not every record number is one.
 */
export function identityOf(
  patient: JsonObject,
  stream: string,
  trusted?: ReadonlySet<string>,
): PatientIdentity {
  const identifiers = items(patient['identifier']).filter(
    (one) => text(one, 'value') !== undefined,
  );
  const kinds = identifiers.map((one) => ({ one, kind: kindOf(one, trusted) }));
  const of = (kind: IdentifierKind): JsonObject[] =>
    kinds.flatMap((each) => (each.kind === kind ? [each.one] : []));
  const [first, second] = of('chart');
  const name = nameOf(items(patient['name']));
  const address = current(items(patient['address']));
  const contacts = items(patient['telecom']).filter((one) => text(one, 'use') !== 'old');
  const [phone, phone2] = contacts.filter((one) => text(one, 'system') === 'phone');
  const email = contacts.find((one) => text(one, 'system') === 'email');
  const given = strings(name?.['given']);
  const row = filled({
    chart_number: first && text(first, 'value'),
    chart_authority: first && (text(first, 'system') ?? stream),
    other_chart: second && text(second, 'value'),
    other_authority: second && (text(second, 'system') ?? stream),
    family_name: name && text(name, 'family'),
    given_name: given[0],
    middle_name: given[1],
    name_suffix: strings(name?.['suffix'])[0],
    birth_date: text(patient, 'birthDate'),
    sex: sexOf(text(patient, 'gender')),
    ssn: of('national').map((one) => text(one, 'value'))[0],
    street: strings(address?.['line'])[0],
    city: address && text(address, 'city'),
    postcode: address && text(address, 'postalCode'),
    phone: phone && text(phone, 'value'),
    phone2: phone2 && text(phone2, 'value'),
    email: email && text(email, 'value'),
    member_id: of('member').map((one) => text(one, 'value'))[0],
  });
  const links = items(patient['link']);
  const joined = links.flatMap((link) => {
    const type = text(link, 'type');
    return type === 'replaces' || type === 'replaced-by' ? patientsIn([link]) : [];
  });
  const replaced = links.some((link) => text(link, 'type') === 'replaced-by');
  const { meta } = patient;
  const security = isJsonObject(meta) ? items(meta['security']) : [];
  const retired = replaced || patient['active'] === false;
  return { row, joined, retired, identifiers, security };
}

type IdentifierKind = 'chart' | 'national' | 'member' | 'other';

function kindOf(identifier: JsonObject, trusted: ReadonlySet<string> | undefined): IdentifierKind {
  const system = text(identifier, 'system') ?? '';
  const type = identifier['type'];
  const codings = isJsonObject(type) ? items(type['coding']) : [];
  const codes = codings.flatMap((coding) => text(coding, 'code') ?? []);
  if (trusted?.has(system)) return 'chart';
  if (system === ssnSystem || codes.some((code) => national.test(code))) return 'national';
  if (codes.some((code) => member.test(code))) return 'member';
  const isChart = codes.length === 0 || codes.some((code) => chart.test(code));
  return isChart && trusted === undefined ? 'chart' : 'other';
}

/** The name that somebody goes by: official, then whatever is not of former times. */
function nameOf(names: readonly JsonObject[]): JsonObject | undefined {
  const usual = names.filter(
    (name) => !/^(old|maiden|nickname|anonymous)$/.test(text(name, 'use') ?? ''),
  );
  return usual.find((name) => text(name, 'use') === 'official') ?? usual[0] ?? names[0];
}

const current = (addresses: readonly JsonObject[]): JsonObject | undefined =>
  addresses.find((one) => text(one, 'use') !== 'old');

/** Unknown and other say nothing against anybody. */
function sexOf(gender: string | undefined): string | undefined {
  return gender === 'male' ? 'M' : gender === 'female' ? 'F' : undefined;
}

/** Ids of the Patients that links lead to. */
function patientsIn(links: readonly JsonObject[]): string[] {
  return links.flatMap(({ other }) => {
    const reference = isJsonObject(other) ? text(other, 'reference') : undefined;
    return reference?.startsWith('Patient/') ? [reference.slice('Patient/'.length)] : [];
  });
}

function items(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter((one) => isJsonObject(one)) : [];
}

function strings(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function text(of: JsonObject, name: string): string | undefined {
  const value = of[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

import { isJsonObject, type JsonObject } from '../../../base/json.ts';
import { filled } from './hl7People.ts';
import type { RecordIdentity } from './recordIdentity.ts';
import { current, items, labelsOf, nameOf, sexOf, strings, text } from './resourceParts.ts';

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
): RecordIdentity {
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
  const retired = replaced || patient['active'] === false;
  return { row, joined, retired, identifiers, security: labelsOf(patient) };
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

/** Ids of the Patients that links lead to. */
function patientsIn(links: readonly JsonObject[]): string[] {
  return links.flatMap(({ other }) => {
    const reference = isJsonObject(other) ? text(other, 'reference') : undefined;
    return reference?.startsWith('Patient/') ? [reference.slice('Patient/'.length)] : [];
  });
}

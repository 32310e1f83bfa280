import type { JsonObject } from '../../../base/json.ts';
import { isDea, isNpi } from '../../../privacy/checksums.ts';
import { filled } from './hl7People.ts';
import type { PersonRow } from './person.ts';
import type { RecordIdentity } from './recordIdentity.ts';
import { current, items, labelsOf, nameOf, sexOf, strings, text } from './resourceParts.ts';

const npiSystem = 'http://hl7.org/fhir/sid/us-npi';
const deaSystem = 'urn:oid:2.16.840.1.113883.4.814';

/** The identity of a FHIR R4 Practitioner. */
export function practitionerIdentity(practitioner: JsonObject, stream: string): RecordIdentity {
  const name = nameOf(items(practitioner['name']));
  const given = strings(name?.['given']);
  return identityWith(practitioner, stream, {
    family_name: name && text(name, 'family'),
    given_name: given[0],
    middle_name: given[1],
    name_suffix: strings(name?.['suffix'])[0],
    sex: sexOf(text(practitioner, 'gender')),
    ...reached(practitioner),
  });
}

type Told = Partial<Record<keyof PersonRow, string | undefined>>;

function identityWith(resource: JsonObject, stream: string, told: Told): RecordIdentity {
  const identifiers = items(resource['identifier']).filter(
    (one) => text(one, 'value') !== undefined,
  );
  const npis = identifiers.flatMap((one) => npiIn(one) ?? []);
  const charts = identifiers.filter(isOwnNumber);
  const row = filled({ ...told, national_id: npis[0], ...numbers(charts, stream) });
  const retired = resource['active'] === false || text(resource, 'status') === 'inactive';
  return { row, joined: [], retired, identifiers, security: labelsOf(resource) };
}

/** A National Provider Identifier whose check digit is right. */
function npiIn(identifier: JsonObject): string | undefined {
  const value = text(identifier, 'value')?.trim() ?? '';
  return text(identifier, 'system') === npiSystem && isNpi(value) ? value : undefined;
}

/** Numbers of which their authority gave each to one alone, and whose check digit, where they have one, is right. */
function isOwnNumber(identifier: JsonObject): boolean {
  const system = text(identifier, 'system');
  if (system === npiSystem) return npiIn(identifier) !== undefined;
  return system !== deaSystem || isDea(text(identifier, 'value') ?? '');
}

/** By authority, so that two records with several numbers each have those they share among the first four. */
function numbers(charts: readonly JsonObject[], stream: string): Told {
  const named = charts
    .map((one) => [text(one, 'system') ?? stream, text(one, 'value') ?? ''] as const)
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  const columns = ['chart', 'other', 'third', 'fourth'] as const;
  return Object.fromEntries(
    columns.flatMap((place, at) => {
      const [authority, number] = named[at] ?? [];
      const column = place === 'chart' ? 'chart_number' : `${place}_chart`;
      return [
        [column, number],
        [`${place}_authority`, authority],
      ];
    }),
  );
}

function reached(resource: JsonObject): Told {
  const { address: at } = resource;
  const address = current(Array.isArray(at) ? items(at) : items(at === undefined ? [] : [at]));
  const contacts = items(resource['telecom']).filter((one) => text(one, 'use') !== 'old');
  const [phone, phone2] = contacts.filter((one) => text(one, 'system') === 'phone');
  const email = contacts.find((one) => text(one, 'system') === 'email');
  return {
    street: strings(address?.['line'])[0],
    city: address && text(address, 'city'),
    postcode: address && text(address, 'postalCode'),
    phone: phone && text(phone, 'value'),
    phone2: phone2 && text(phone2, 'value'),
    email: email && text(email, 'value'),
  };
}

/** The identity of a FHIR R4 Organization, Location or HealthcareService: its name stands where people have the family name. */
export function houseIdentity(house: JsonObject, stream: string): RecordIdentity {
  const name = text(house, 'name');
  return identityWith(house, stream, {
    family_name: name && houseName(name),
    ...reached(house),
  });
}

/** Legal forms say nothing of who it is; `&` is a word. */
const legalForm =
  /[\s,]+(inc|incorporated|llc|ltd|limited|corp|corporation|co|company|pc|pllc|lp|llp|plc|gmbh|ag)\.?$/i;

function houseName(name: string): string {
  const words = name
    .trim()
    .replaceAll('&', ' and ')
    .replace(/^the\s+/i, '');
  const bare = words.replace(legalForm, '');
  return bare === '' ? words : bare;
}

import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { fhirType, type FhirType } from '../../fhirpath/model.ts';
import type { KnownValue } from '../knownValues.ts';
import {
  addressUnder,
  birthUnder,
  identifierUnder,
  idUnder,
  knownOf,
  nameUnder,
  quantityUnder,
  referenceUnder,
  textUnder,
  timeUnder,
  type Surroundings,
} from './fields.ts';
import { isPublicCode, isPublicUri, isTerm, isUnit, keptExtensions } from './publicTerms.ts';
import type { Rules } from './rules.ts';

/**
 * A resource under the rules, or undefined for what cannot be one. Its elements are judged by their
 * FHIR type; what R4 does not know is withheld. `known` are values of the patient's other
 * resources, to be masked in texts.
 */
export function deidentifyResource(
  rules: Rules,
  resource: JsonObject,
  known: readonly KnownValue[] = [],
): JsonObject | undefined {
  const name = resource['resourceType'];
  const type = typeof name === 'string' ? fhirType(name) : undefined;
  if (type?.kind !== 'resource' || withheldTypes.has(type.name)) return undefined;
  const own = rules.masking ? [...known, ...knownOf(resource)] : [];
  const around = { rules, days: rules.shift(patientOf(resource)), known: own };
  return objectUnder(around, resource, type);
}

/** Nothing but text, pictures or the traces of who looked at whom. */
const withheldTypes = new Set(['Binary', 'Media', 'AuditEvent', 'Parameters', 'OperationOutcome']);

/** The id of the patient whom a resource is about; without one, its own, so that its dates move together. */
export function patientOf(resource: JsonObject): string {
  const own = typeof resource['id'] === 'string' ? resource['id'] : '';
  if (resource['resourceType'] === 'Patient') return own;
  for (const element of ['subject', 'patient', 'beneficiary', 'individual', 'for']) {
    const reference = resource[element];
    const text = isJsonObject(reference) ? reference['reference'] : undefined;
    if (typeof text === 'string' && /(?:^|\/)Patient\/|^urn:/.test(text))
      return text.split(/[/:]/).at(-1) as string;
  }
  return own;
}

function objectUnder(around: Surroundings, object: JsonObject, type: FhirType): JsonObject {
  const kept: JsonObject = Object.create(null) as JsonObject;
  if (type.kind === 'resource') kept['resourceType'] = type.name;
  for (const { name, properties } of type.elements.values()) {
    for (const { key, type: own } of properties) {
      const value = object[key];
      if (value === undefined) continue;
      const under = valueUnder(around, value, { name, owner: type, own });
      if (under !== undefined) kept[key] = under;
    }
  }
  return kept;
}

/** An element: its name, the type it belongs to, its own type. */
interface Place {
  name: string;
  owner: FhirType;
  own: FhirType;
}

function valueUnder(around: Surroundings, value: Json, place: Place): Json | undefined {
  if (Array.isArray(value)) {
    const kept = value.flatMap((one) => valueUnder(around, one, place) ?? []);
    return kept.length === 0 ? undefined : kept;
  }
  if (isJsonObject(value)) return complexUnder(around, value, place);
  if (typeof value !== 'string') return value;
  return stringUnder(around, value, place);
}

function complexUnder(around: Surroundings, value: JsonObject, { own }: Place): Json | undefined {
  const { rules } = around;
  switch (own.name) {
    case 'Narrative':
    case 'Attachment':
    case 'ContactPoint':
    case 'ContactDetail':
    case 'Signature':
    case 'Location.position':
      return undefined;
    case 'Address':
      return addressUnder(value);
    case 'HumanName':
      return nameUnder(rules, value);
    case 'Identifier':
      return identifierUnder(rules, value);
    case 'Extension':
      return extensionUnder(around, value, own);
    case 'Coding':
      return codingUnder(around, value, own);
    case 'Age':
    case 'Quantity':
      return quantityOf(around, quantityUnder(value), own);
    case 'Resource':
      return deidentifyResource(rules, value, around.known);
    default:
      return some(objectUnder(around, value, own));
  }
}

/** A quantity with its unit's code where the vocabulary of units has such ones. */
function quantityOf(around: Surroundings, value: JsonObject, own: FhirType): Json | undefined {
  const { system, code } = value;
  const kept = objectUnder(around, value, own);
  const known = typeof system === 'string' && isPublicUri(system);
  if (typeof code === 'string' && known && isPublicCode(system, code)) kept['code'] = code;
  return some(kept);
}

/** Extensions of US Core that hold codes; others are withheld. */
function extensionUnder(around: Surroundings, value: JsonObject, own: FhirType): Json | undefined {
  const { url } = value;
  if (typeof url !== 'string' || !keptExtensions.has(url)) return undefined;
  const kept = objectUnder(around, value, own);
  const holds = Object.keys(kept).some((key) => key.startsWith('value') || key === 'extension');
  return holds ? { url, ...kept } : undefined;
}

/** A code of a public system; a local code says where it comes from, and may be anything. */
function codingUnder(around: Surroundings, value: JsonObject, own: FhirType): Json | undefined {
  const { system, code } = value;
  if (typeof code !== 'string') return undefined;
  const known = typeof system === 'string' && isPublicUri(system);
  if (known ? !isPublicCode(system, code) : around.rules.kind === 'safe-harbor') return undefined;
  if (!known) {
    const domain = typeof system === 'string' ? system : '';
    return {
      system: `urn:handover:pseudonym:${around.rules.pseudonym('system', domain).slice(0, 8)}`,
      code: around.rules.pseudonym(`code ${domain}`, code).slice(0, 10),
    };
  }
  // The code has a form of its own, which elements of the type `code` do not have.
  return { ...objectUnder(around, value, own), code };
}

function stringUnder(around: Surroundings, value: string, place: Place): Json | undefined {
  const { rules } = around;
  const { name, owner, own } = place;
  switch (own.name) {
    case 'date':
    case 'dateTime':
      return name.toLowerCase().includes('birth')
        ? birthUnder(around, value)
        : timeUnder(around, value);
    case 'instant':
      return instantUnder(around, value, name);
    case 'id':
      return owner.kind === 'resource' && name === 'id'
        ? idUnder(rules, owner.name, value)
        : undefined;
    case 'code':
      return isTerm(value) ? value : undefined;
    case 'uri':
    case 'canonical':
      return isPublicUri(value) ? value : undefined;
    default:
      if (owner.name === 'Reference' && name === 'reference') return referenceUnder(rules, value);
      return own.name === 'string' || own.name === 'markdown'
        ? textOrUnit(around, value, place)
        : undefined;
  }
}

/** Instants have no shorter form: the first one of the year, and none that only says when a copy was made. */
function instantUnder(around: Surroundings, value: string, name: string): string | undefined {
  if (name === 'lastUpdated') return undefined;
  const time = timeUnder(around, value);
  if (time === undefined) return undefined;
  return around.rules.kind === 'safe-harbor' ? `${time}-01-01T00:00:00Z` : time;
}

function textOrUnit(
  around: Surroundings,
  value: string,
  { name, owner }: Place,
): string | undefined {
  if (name === 'unit' && /Quantity|Age|Duration|Distance|Count/.test(owner.name) && isUnit(value)) {
    return value;
  }
  // Texts of codes are typed by people as well as made by vocabularies.
  return textUnder(around, value);
}

function some(object: JsonObject): JsonObject | undefined {
  return Object.keys(object).length === 0 ? undefined : object;
}

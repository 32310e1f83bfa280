import type { XmlElement } from '../../../formats/xml/element.ts';
import type { Element, Reference } from '../resource.ts';
import { fill } from '../resource.ts';
import { idKey } from './conversion.ts';
import type { Conversion } from './conversion.ts';
import { addresses, compact, concept, identifiers, names, plain, telecoms } from './values.ts';

/** Who is told of in a document: people and organisations in their roles. */

/** The first id that tells the role apart everywhere, else its name, in this document alone. */
function partyKey(
  role: XmlElement,
  person: XmlElement | undefined,
  conversion: Conversion,
): string | undefined {
  const own = role.all('id').map(idKey);
  const known = own.find((each) => each !== undefined);
  if (known !== undefined) return known;
  const named = (person ?? role).all('name').map((each) => plain(peekText(each)));
  const name = named.find((each) => each !== undefined);
  return name === undefined ? undefined : conversion.own(name);
}

function peekText(element: XmlElement): string {
  let text = '';
  for (const each of element.content) {
    text += typeof each === 'string' ? each : ` ${peekText(each)}`;
  }
  return text;
}

/**
 * An assignedEntity, assignedAuthor or associatedEntity: a Practitioner where there is a person or
 * an id, a Device where it is one, else its organisation. Undefined when it says nothing.
 */
export function party(role: XmlElement | undefined, conversion: Conversion): Reference | undefined {
  if (role === undefined) return undefined;
  const device = role.child('assignedAuthoringDevice');
  const organization = role.child('representedOrganization') ?? role.child('scopingOrganization');
  if (device !== undefined) {
    if (organization !== undefined) organizationOf(organization, conversion);
    return deviceOf(role, device, conversion);
  }
  const person =
    role.child('assignedPerson') ??
    role.child('associatedPerson') ??
    role.child('informationRecipient');
  const key = partyKey(role, person, conversion);
  if (person === undefined && key === undefined) {
    return organization === undefined ? undefined : organizationOf(organization, conversion);
  }
  if (organization !== undefined) organizationOf(organization, conversion);
  return conversion.shared('Practitioner', key, (made) => {
    fill(made, 'identifier', orNone(identifiers(role)));
    fill(made, 'name', orNone(names(person, conversion)));
    fill(made, 'telecom', orNone(telecoms(role)));
    fill(made, 'address', orNone(addresses(role, conversion)));
    const qualification = concept(role.child('code'), conversion);
    fill(made, 'qualification', qualification && [{ code: qualification }]);
  });
}

export function orNone<Item>(items: readonly Item[]): readonly Item[] | undefined {
  return items.length === 0 ? undefined : items;
}

function deviceOf(role: XmlElement, device: XmlElement, conversion: Conversion): Reference {
  const model = device.child('manufacturerModelName');
  const software = device.child('softwareName');
  const name = plain((model ?? software)?.text ?? '');
  const key =
    role
      .all('id')
      .map(idKey)
      .find((each) => each !== undefined) ??
    (name && conversion.own(name));
  return conversion.shared('Device', key, (made) => {
    fill(made, 'identifier', orNone(identifiers(role)));
    fill(made, 'deviceName', name && [{ name, type: 'model-name' }]);
    const version = plain(software?.text ?? '');
    fill(made, 'version', version && [{ value: version }]);
  });
}

export function organizationOf(element: XmlElement, conversion: Conversion): Reference | undefined {
  const name = plain(element.child('name')?.text ?? '');
  const known = identifiers(element);
  if (name === undefined && known.length === 0) return undefined;
  const own = element.all('id').map(idKey);
  const key = own.find((each) => each !== undefined) ?? (name && conversion.own(name));
  return conversion.shared('Organization', key, (made) => {
    fill(made, 'identifier', orNone(known));
    fill(made, 'name', name);
    fill(made, 'telecom', orNone(telecoms(element)));
    fill(made, 'address', orNone(addresses(element, conversion)));
    const parent = element.at('asOrganizationPartOf', 'wholeOrganization');
    fill(made, 'partOf', parent && organizationOf(parent, conversion));
  });
}

/** A participant with a role of its own beside the patient: parent, guardian, next of kin. */
export function relatedPerson(
  role: XmlElement,
  person: XmlElement | undefined,
  conversion: Conversion,
): Reference | undefined {
  const { subject } = conversion;
  const named = names(person, conversion);
  if (subject === undefined || (named.length === 0 && role.all('id').length === 0))
    return undefined;
  const key = partyKey(role, person, conversion);
  return conversion.shared('RelatedPerson', key && `${subject.reference}|${key}`, (made) => {
    fill(made, 'identifier', orNone(identifiers(role)));
    fill(made, 'patient', subject);
    const relationship = concept(role.child('code'), conversion);
    fill(made, 'relationship', relationship && [relationship]);
    fill(made, 'name', orNone(named));
    fill(made, 'telecom', orNone(telecoms(role)));
    fill(made, 'address', orNone(addresses(role, conversion)));
  });
}

/** A participantRole or healthCareFacility with a place in it. */
export function locationOf(role: XmlElement, conversion: Conversion): Reference | undefined {
  const place = role.child('playingEntity') ?? role.child('location') ?? role;
  const name = plain((place.child('name') ?? role.child('name'))?.text ?? '');
  const type = concept(role.child('code'), conversion);
  const known = identifiers(role);
  const where = [...addresses(role, conversion), ...addresses(place, conversion)];
  if (name === undefined && known.length === 0 && type === undefined && where.length === 0) {
    return undefined;
  }
  const own = role.all('id').map(idKey);
  const key = own.find((each) => each !== undefined) ?? (name && conversion.own(name));
  return conversion.shared('Location', key, (made) => {
    fill(made, 'identifier', orNone(known));
    fill(made, 'name', name);
    fill(made, 'type', type && [type]);
    fill(made, 'telecom', orNone(telecoms(role)));
    fill(made, 'address', where[0]);
    const owner = role.child('serviceProviderOrganization');
    fill(made, 'managingOrganization', owner && organizationOf(owner, conversion));
  });
}

/** Who wrote an entry, and when: its own author, else that of the section or document. */
export function authorship(
  entry: XmlElement,
  conversion: Conversion,
): { author: Reference | undefined; time: string | undefined } {
  const author = entry.child('author');
  if (author === undefined) return { author: undefined, time: undefined };
  const time = conversion.time(author.child('time'));
  return { author: party(author.child('assignedAuthor'), conversion), time };
}

/** Those who did it: `performer` of an act. */
export function performers(entry: XmlElement, conversion: Conversion): Reference[] {
  return entry
    .all('performer')
    .map((each) => party(each.child('assignedEntity'), conversion))
    .filter((each) => each !== undefined);
}

/** The organisation that a performer acted for. */
export function performerOrganization(
  entry: XmlElement,
  conversion: Conversion,
): Reference | undefined {
  const organization = entry.at('performer', 'assignedEntity', 'representedOrganization');
  return organization === undefined ? undefined : organizationOf(organization, conversion);
}

/** Who an entry was heard from, where that is not who wrote it. */
export function informantOf(entry: XmlElement, conversion: Conversion): Reference | undefined {
  const informant = entry.child('informant');
  const related = informant?.child('relatedEntity');
  if (related !== undefined) {
    return relatedPerson(related, related.child('relatedPerson'), conversion);
  }
  return party(informant?.child('assignedEntity'), conversion);
}

export function actors(references: readonly Reference[]): Element[] | undefined {
  const listed = references.map((actor) => compact({ actor }) as Element);
  return listed.length === 0 ? undefined : listed;
}

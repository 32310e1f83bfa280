import type { Value } from '../../../formats/hl7v2/segment.ts';
import { add, fill, referenceTo } from '../resource.ts';
import type { Conversion } from './conversion.ts';
import type { Element, Reference, Resource } from '../resource.ts';
import {
  authorityAt,
  codedIdentifier,
  element,
  identifierType,
  list,
  nameOf,
  namePeriod,
  pairedIdentifier,
  unlessEmpty,
} from './dataTypes.ts';
import type { Read } from './rules.ts';
import { codeMap, namespaceUri, terminology } from './vocabulary.ts';

const nameUses = codeMap('nameUse');

/** XCN or XPN-like parts of a person's name; the degree is said among the suffixes too. */
function personName(value: Value, conversion: Conversion, path: string): Element | undefined {
  const wide = value.size > 9;
  const name = nameOf({
    use: (wide ? nameUses.get(value.text(10))?.code : undefined) ?? '',
    family: value.text(2),
    given: list([value.text(3), value.text(4)]),
    prefix: list([value.text(6)]),
    suffix: list([value.text(5), value.text(7), wide ? value.text(21) : '']),
  });
  const period = wide ? namePeriod(value, conversion, path, 17, 19) : undefined;
  if (period !== undefined) name['period'] = period;
  return unlessEmpty(name);
}

/** XCN as the Practitioner it names (and XCN.14 stays unread, as the tables have no place for it). */
export function practitionerOf(
  value: Value,
  conversion: Conversion,
  path: string,
): Resource | undefined {
  const own = value.text(1);
  const name = personName(value, conversion, path);
  if (own === '' && name === undefined && !value.has(13)) return undefined;
  const system = authorityAt(value, 9);
  const identifier = element({ type: identifierType(value.text(13)), system, value: own });
  const key = own === '' ? `name|${JSON.stringify(name)}` : `${system ?? ''}|${own}`;
  const practitioner = conversion.make('Practitioner', key);
  if (identifier !== undefined) {
    const isNamed = value.text(9) !== '' && value.text(9, 2) !== '';
    const assigner = isNamed ? organizationOfHd(value.component(9), conversion) : undefined;
    if (assigner !== undefined) identifier['assigner'] = referenceTo(assigner);
    fill(practitioner, 'identifier', [identifier]);
  }
  if (name !== undefined) add(practitioner, 'name', name);
  const degree = value.text(7);
  if (degree !== '') {
    add(practitioner, 'qualification', {
      code: { coding: [{ system: `${terminology}v2-0360`, code: degree }] },
    });
  }
  return practitioner;
}

function asReference(
  find: (value: Value, conversion: Conversion, path: string) => Resource | undefined,
): Read {
  return (value, conversion, path): Reference | undefined => {
    const found = find(value, conversion, path);
    return found === undefined ? undefined : referenceTo(found);
  };
}

export const practitioner = asReference(practitionerOf);

/** A PractitionerRole of a person, with the code that the field stands for. */
export function practitionerRole(
  own: string,
  display: string,
  system = `${terminology}v2-0443`,
): Read {
  return asReference((value, conversion, path) => {
    const person = practitionerOf(value, conversion, path);
    if (person === undefined) return undefined;
    const role = conversion.make('PractitionerRole', `${person.id}|${own}`);
    fill(role, 'practitioner', referenceTo(person));
    fill(role, 'code', [{ coding: [{ system, code: own, display }] }]);
    return role;
  });
}

/** HD: its name and its universal id are identifiers of the same organization. */
export function organizationOfHd(value: Value, conversion: Conversion): Resource | undefined {
  const name = value.text(1);
  const id = value.text(2);
  const type = value.text(3);
  if (name === '' && id === '') return undefined;
  const organization = conversion.make(
    'Organization',
    `${namespaceUri('', id, type) ?? ''}|${name}`,
  );
  if (organization['identifier'] !== undefined) return organization;
  const identifiers: Element[] = [];
  if (name !== '') identifiers.push({ system: `${terminology}v2-0300`, value: name });
  if (id !== '') {
    const oid = type === 'ISO' || type === 'UUID' || type === 'GUID';
    const coding = { system: `${terminology}v2-0301`, code: type };
    identifiers.push({
      ...(type !== '' && { type: { coding: [coding] } }),
      system: oid ? 'urn:ietf:rfc:3986' : namespaceUri('', type, ''),
      value: oid ? namespaceUri('', id, type) : id,
    });
  }
  organization['identifier'] = identifiers;
  return organization;
}

export const organizationHd = asReference(organizationOfHd);

/** XON: an organization by its identifier, else by its name. */
export function organizationOfXon(value: Value, conversion: Conversion): Resource | undefined {
  const name = value.text(1);
  const own = value.text(10) || value.text(3);
  const type = value.text(7);
  if (name === '' && own === '') return undefined;
  const system = authorityAt(value, 6);
  const organization = conversion.make(
    'Organization',
    own === '' ? `name|${name}` : `${system ?? ''}|${own}|${name}`,
  );
  if (name !== '') fill(organization, 'name', name);
  const identifier = element({ type: identifierType(type), system, value: own });
  if (identifier !== undefined) fill(organization, 'identifier', [identifier]);
  return organization;
}

export const organization = asReference(organizationOfXon);

/** CWE as an organization. */
export const codedOrganization = asReference((value, conversion) => {
  const identifier = codedIdentifier(value, conversion, '') as Element | undefined;
  const name = value.text(9) || value.text(2);
  if (identifier === undefined && name === '') return undefined;
  const found = conversion.make('Organization', `${value.text(3)}|${value.text(1)}|${name}`);
  if (identifier !== undefined) fill(found, 'identifier', [identifier]);
  if (name !== '') fill(found, 'name', name);
  return found;
});

/** Parts of PL from the smallest place to the one around it (PL data type table). */
const levels: readonly (readonly [part: number, code: string])[] = [
  [3, 'bd'],
  [2, 'ro'],
  [8, 'lvl'],
  [1, 'poc'],
  [7, 'bu'],
  [4, 'si'],
];

const physical = `${terminology}location-physical-type`;

/** PL: a chain of places, each part of the next; the smallest is the one that is meant. */
export function locationOf(value: Value, conversion: Conversion): Resource | undefined {
  let around: Resource | undefined;
  let path = '';
  for (let at = levels.length - 1; at >= 0; at--) {
    const [part, own] = levels[at] as readonly [number, string];
    if (!value.has(part)) continue;
    path += `|${own}=${value.part(part)}`;
    around = place(value, part, own, path, around, conversion);
  }
  if (around === undefined) {
    const described = value.text(9);
    if (described === '') return undefined;
    around = conversion.make('Location', `description|${described}`);
  }
  const described = value.text(9);
  if (described !== '') fill(around, 'description', described);
  return around;
}

function place(
  value: Value,
  part: number,
  own: string,
  path: string,
  around: Resource | undefined,
  conversion: Conversion,
): Resource {
  const location = conversion.make('Location', path);
  const name = value.text(part);
  if (location['mode'] !== undefined) return location;
  const uri = namespaceUri('', value.text(part, 2), value.text(part, 3));
  const identifiers: Element[] = [];
  if (name !== '') identifiers.push({ system: `${terminology}v2-0302`, value: name });
  if (uri !== undefined) identifiers.push({ system: 'urn:ietf:rfc:3986', value: uri });
  location['identifier'] = identifiers;
  if (name !== '') location['name'] = name;
  location['mode'] = 'instance';
  // A point of care has no code of its own among the physical types: it is a level, a ward.
  const type = own === 'poc' ? 'lvl' : own;
  location['physicalType'] = { coding: [{ system: physical, code: type }] };
  if (around !== undefined) location['partOf'] = referenceTo(around);
  return location;
}

export const location = asReference(locationOf);

/** HD as a site. */
export const siteHd = asReference((value, conversion) => {
  const name = value.text(1);
  const uri = namespaceUri('', value.text(2), value.text(3));
  if (name === '' && uri === undefined) return undefined;
  const site = conversion.make('Location', `site|${uri ?? ''}|${name}`);
  if (name !== '') fill(site, 'name', name);
  if (uri !== undefined) {
    fill(site, 'identifier', [{ system: 'urn:ietf:rfc:3986', value: uri }]);
    fill(site, 'physicalType', { coding: [{ system: physical, code: 'si' }] });
  }
  return site;
});

/** HD or EI as the device that it names. */
export const device = asReference((value, conversion) => {
  const own = value.text(1);
  const system = namespaceUri(value.text(2), value.text(3), value.text(4));
  if (own === '' && system === undefined) return undefined;
  const found = conversion.make('Device', `${system ?? ''}|${own}`);
  const kind = value.text(4);
  const coding = [{ system: `${terminology}v2-0301`, code: kind }];
  const type = kind === '' ? undefined : { coding };
  fill(found, 'identifier', [element({ type, system, value: own })]);
  return found;
});

export const deviceHd = asReference((value, conversion) => {
  const name = value.text(1);
  const uri = namespaceUri('', value.text(2), value.text(3));
  if (name === '' && uri === undefined) return undefined;
  const found = conversion.make('Device', `hd|${uri ?? ''}|${name}`);
  const identifiers: Element[] = [];
  if (name !== '') identifiers.push({ value: name });
  const type = value.text(3);
  if (uri !== undefined) {
    const coding = [{ system: `${terminology}v2-0301`, code: type }];
    const kind = type === '' ? undefined : { coding };
    identifiers.push(element({ type: kind, system: 'urn:ietf:rfc:3986', value: uri }) as Element);
  }
  fill(found, 'identifier', identifiers);
  return found;
});

/** Location of XON, as ORC-21 has it for Provenance; a specimen by EIP, for a parent. */
export const specimenByIdentifier = asReference((value, conversion) => {
  const placer = pairedIdentifier(1, 'PGN')(value, conversion, '') as Element | undefined;
  const filler = pairedIdentifier(2, 'FGN')(value, conversion, '') as Element | undefined;
  if (placer === undefined && filler === undefined) return undefined;
  const found = conversion.make('Specimen', `${value.part(1)}|${value.part(2)}`);
  fill(
    found,
    'identifier',
    [placer, filler].filter((each) => each !== undefined),
  );
  return found;
});

/** NDL: a person at work at a place, for a time. */
export function rolePlace(own: string, display: string): Read {
  return asReference((value, conversion, path) => {
    const name = value.component(1);
    const family = name.text(2);
    const id = name.text(1);
    if (family === '' && id === '') return undefined;
    const person = conversion.make('Practitioner', `|${id}|${id === '' ? family : ''}`);
    if (id !== '') fill(person, 'identifier', [{ value: id }]);
    const given = [name.text(3), name.text(4)].filter((part) => part !== '');
    const suffix = [name.text(5), name.text(7)].filter((part) => part !== '');
    const prefix = name.text(6);
    const human = element({
      family,
      given: given.length === 0 ? undefined : given,
      prefix: prefix === '' ? undefined : [prefix],
      suffix: suffix.length === 0 ? undefined : suffix,
    });
    if (human !== undefined) add(person, 'name', human);
    const role = conversion.make('PractitionerRole', `${person.id}|${own}`);
    fill(role, 'practitioner', referenceTo(person));
    if (own !== '')
      fill(role, 'code', [{ coding: [{ system: `${terminology}v2-0443`, code: own, display }] }]);
    const period = element({
      start: conversion.time(value.text(2), path),
      end: conversion.time(value.text(3), path),
    });
    if (period !== undefined) fill(role, 'period', period);
    const at = ndlLocation(value, conversion);
    if (at !== undefined) fill(role, 'location', [referenceTo(at)]);
    return role;
  });
}

const ndlLevels: readonly (readonly [part: number, code: string])[] = [
  [6, 'bd'],
  [5, 'ro'],
  [11, 'lvl'],
  [4, 'poc'],
  [10, 'bu'],
  [7, 'si'],
];

function ndlLocation(value: Value, conversion: Conversion): Resource | undefined {
  let around: Resource | undefined;
  let path = '';
  for (let at = ndlLevels.length - 1; at >= 0; at--) {
    const [part, own] = ndlLevels[at] as readonly [number, string];
    if (!value.has(part)) continue;
    path += `|${own}=${value.part(part)}`;
    around = place(value, part, own, path, around, conversion);
  }
  return around;
}

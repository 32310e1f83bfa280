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
import { ValueMemo } from './valueMemo.ts';
import { codeMap, namespaceUri, terminology } from './vocabulary.ts';

const nameUses = codeMap('nameUse');

/** What XCN says of a person, whatever message it stands in. */
interface Person {
  own: string;
  name: Element | undefined;
  system: string | undefined;
  identifier: Element | undefined;
  /** Who gave the identifier. */
  assigner: Institution | undefined;
  qualification: Element | undefined;
  /** The name has a period, which is told in the time zone of the message. */
  isTimed: boolean;
}

/** The degree is said among the suffixes too; XCN.14 stays unread: the tables have no place for it. */
function readPerson(value: Value): Person | undefined {
  const own = value.text(1);
  const wide = value.size > 9;
  const name = unlessEmpty(
    nameOf({
      use: (wide ? nameUses.get(value.text(10))?.code : undefined) ?? '',
      family: value.text(2),
      given: list([value.text(3), value.text(4)]),
      prefix: list([value.text(6)]),
      suffix: list([value.text(5), value.text(7), wide ? value.text(21) : '']),
    }),
  );
  const isTimed = wide && (value.has(17) || value.has(19) || value.has(20));
  if (own === '' && name === undefined && !isTimed && !value.has(13)) return undefined;
  const system = authorityAt(value, 9);
  const isNamed = value.text(9) !== '' && value.text(9, 2) !== '';
  const degree = value.text(7);
  return {
    own,
    name,
    system,
    identifier: element({ type: identifierType(value.text(13)), system, value: own }),
    assigner: isNamed ? readHd(value.component(9)) : undefined,
    qualification:
      degree === ''
        ? undefined
        : { code: { coding: [{ system: `${terminology}v2-0360`, code: degree }] } },
    isTimed,
  };
}

const people = new ValueMemo(readPerson);

function timed(
  name: Element | undefined,
  value: Value,
  conversion: Conversion,
  path: string,
): Element | undefined {
  const period = namePeriod(value, conversion, path, 17, 19);
  return period === undefined ? name : { ...name, period };
}

/** XCN as the Practitioner it names. */
export function practitionerOf(
  value: Value,
  conversion: Conversion,
  path: string,
): Resource | undefined {
  const person = people.of(value);
  if (person === undefined) return undefined;
  const { own, system, identifier, assigner } = person;
  const name = person.isTimed ? timed(person.name, value, conversion, path) : person.name;
  if (own === '' && name === undefined && !value.has(13)) return undefined;
  const key = own === '' ? `name|${JSON.stringify(name)}` : `${system ?? ''}|${own}`;
  const practitioner = conversion.make('Practitioner', key);
  if (identifier !== undefined) {
    const told =
      assigner === undefined
        ? identifier
        : { ...identifier, assigner: referenceTo(organizationBy(assigner, conversion)) };
    fill(practitioner, 'identifier', [told]);
  }
  add(practitioner, 'name', name);
  add(practitioner, 'qualification', person.qualification);
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
  const code = Object.freeze({ coding: Object.freeze([{ system, code: own, display }]) });
  return asReference((value, conversion, path) => {
    const person = practitionerOf(value, conversion, path);
    if (person === undefined) return undefined;
    const role = conversion.make('PractitionerRole', `${person.id}|${own}`);
    fill(role, 'practitioner', referenceTo(person));
    fill(role, 'code', [code]);
    return role;
  });
}

/** An organization as HD says it. */
interface Institution {
  key: string;
  identifiers: readonly Element[];
}

/** HD: its name and its universal id are identifiers of the same organization. */
function readHd(value: Value): Institution | undefined {
  const name = value.text(1);
  const id = value.text(2);
  const type = value.text(3);
  if (name === '' && id === '') return undefined;
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
  return { key: `${namespaceUri('', id, type) ?? ''}|${name}`, identifiers };
}

/** The same text is parted otherwise in a field than in a component. */
const institutions = { field: new ValueMemo(readHd), component: new ValueMemo(readHd) };

function organizationBy({ key, identifiers }: Institution, conversion: Conversion): Resource {
  const organization = conversion.make('Organization', key);
  organization['identifier'] ??= [...identifiers];
  return organization;
}

export function organizationOfHd(value: Value, conversion: Conversion): Resource | undefined {
  const found = institutions[value.isComponent ? 'component' : 'field'].of(value);
  return found === undefined ? undefined : organizationBy(found, conversion);
}

export const organizationHd = asReference(organizationOfHd);

/** What XON says of an organization. */
interface Named {
  key: string;
  name: string;
  identifier: Element | undefined;
}

function readXon(value: Value): Named | undefined {
  const name = value.text(1);
  const own = value.text(10) || value.text(3);
  const type = value.text(7);
  if (name === '' && own === '') return undefined;
  const system = authorityAt(value, 6);
  const key = own === '' ? `name|${name}` : `${system ?? ''}|${own}|${name}`;
  return { key, name, identifier: element({ type: identifierType(type), system, value: own }) };
}

const namedOrganizations = new ValueMemo(readXon);

/** XON: an organization by its identifier, else by its name. */
export function organizationOfXon(value: Value, conversion: Conversion): Resource | undefined {
  const found = namedOrganizations.of(value);
  if (found === undefined) return undefined;
  const organization = conversion.make('Organization', found.key);
  if (found.name !== '') fill(organization, 'name', found.name);
  if (found.identifier !== undefined) fill(organization, 'identifier', [found.identifier]);
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
const levels: Parts = [
  [3, 'bd'],
  [2, 'ro'],
  [8, 'lvl'],
  [1, 'poc'],
  [7, 'bu'],
  [4, 'si'],
];

const physical = `${terminology}location-physical-type`;

/** A place as a part of PL says it. */
interface Level {
  key: string;
  name: string;
  identifiers: readonly Element[];
  type: Element;
}

/** What PL says: its places from the outermost in, and words for the one that is meant. */
interface Place {
  levels: readonly Level[];
  described: string;
}

type Parts = readonly (readonly [part: number, code: string])[];

function readLevels(value: Value, parts: Parts): Level[] {
  const found: Level[] = [];
  let key = '';
  for (const [part, own] of parts.toReversed()) {
    if (!value.has(part)) continue;
    key += `|${own}=${value.part(part)}`;
    const name = value.text(part);
    const uri = namespaceUri('', value.text(part, 2), value.text(part, 3));
    const identifiers: Element[] = [];
    if (name !== '') identifiers.push({ system: `${terminology}v2-0302`, value: name });
    if (uri !== undefined) identifiers.push({ system: 'urn:ietf:rfc:3986', value: uri });
    // A point of care has no code of its own among the physical types: it is a level, a ward.
    const code = own === 'poc' ? 'lvl' : own;
    found.push({ key, name, identifiers, type: { coding: [{ system: physical, code }] } });
  }
  return found;
}

const places = new ValueMemo((value): Place => {
  return { levels: readLevels(value, levels), described: value.text(9) };
});

/** PL: a chain of places, each part of the next; the smallest is the one that is meant. */
export function locationOf(value: Value, conversion: Conversion): Resource | undefined {
  const { levels: told, described } = places.of(value);
  const known = chain(told, conversion);
  if (described === '') return known;
  const found = known ?? conversion.make('Location', `description|${described}`);
  fill(found, 'description', described);
  return found;
}

function chain(told: readonly Level[], conversion: Conversion): Resource | undefined {
  let around: Resource | undefined;
  for (const { key, name, identifiers, type } of told) {
    const location = conversion.make('Location', key);
    if (location['mode'] === undefined) {
      location['identifier'] = [...identifiers];
      if (name !== '') location['name'] = name;
      location['mode'] = 'instance';
      location['physicalType'] = type;
      if (around !== undefined) location['partOf'] = referenceTo(around);
    }
    around = location;
  }
  return around;
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
    const at = chain(ndlPlaces.of(value), conversion);
    if (at !== undefined) fill(role, 'location', [referenceTo(at)]);
    return role;
  });
}

const ndlLevels: Parts = [
  [6, 'bd'],
  [5, 'ro'],
  [11, 'lvl'],
  [4, 'poc'],
  [10, 'bu'],
  [7, 'si'],
];

const ndlPlaces = new ValueMemo((value) => readLevels(value, ndlLevels));

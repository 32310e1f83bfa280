import type { WrittenText, WrittenValue } from '../../../../formats/hl7v2/writer.ts';
import { typeOf, type Writing } from '../../outward/chart.ts';
import type { Reading } from '../../outward/reading.ts';
import { terminology } from '../vocabulary.ts';
import {
  authority,
  dateTime,
  end,
  familyOf,
  givenOf,
  identifierType,
  joined,
  nameUse,
  parts,
  primitive,
} from './dataTypes.ts';
import type { Parts } from './dataTypes.ts';
import type { Write } from './rules.ts';

/** Who or what a reference leads to, a role being who has it. */
function target(reference: Reading, writing: Writing): Reading | undefined {
  const found = writing.follow(reference);
  if (found === undefined || typeOf(found) !== 'PractitionerRole') return found;
  return writing.follow(found.child('practitioner')) ?? found;
}

/** A reference to a person as XCN; one that leads nowhere is told by its words, else as an issue. */
export const practitioner: Write = (reference, writing) => {
  const person = target(reference, writing);
  if (person === undefined) return inWords(reference, writing, 2);
  if (typeOf(person) !== 'Practitioner') return undefined;
  return personValue(person, writing);
};

function inWords(reference: Reading, writing: Writing, part: number): WrittenValue | undefined {
  const words = reference.text('display');
  if (words !== undefined) {
    reference.takeWhole();
    return parts({ [part]: words });
  }
  if (reference.peek('reference') !== undefined)
    writing.issue('reference-unresolved', reference.path);
  return undefined;
}

const nationalProvider = 'http://hl7.org/fhir/sid/us-npi';

/** The identifier of several by which others know who it is. */
function bestIdentifier(from: Reading): Reading | undefined {
  const all = from.all('identifier').filter((each) => each.peek('value') !== undefined);
  return all.find((each) => each.peek('system') === nationalProvider) ?? all[0];
}

function personValue(person: Reading, writing: Writing): WrittenValue | undefined {
  const identifier = bestIdentifier(person);
  const name = person.child('name');
  const own: Parts = {};
  if (identifier !== undefined) {
    own[1] = identifier.text('value');
    own[9] = authority(identifier.text('system'));
    own[13] = identifierType(identifier);
  }
  if (name === undefined) return parts(own);
  own[2] = familyOf(name, writing);
  [own[3], own[4]] = givenOf(name);
  own[5] = joined(name.texts('suffix'));
  own[6] = joined(name.texts('prefix'));
  own[10] = primitive(name, 'use', nameUse, writing);
  own[19] = end(name, 'start', dateTime, writing);
  own[20] = end(name, 'end', dateTime, writing);
  return parts(own);
}

/** A reference to an organization as XON. */
export const organization: Write = (reference, writing) => {
  const found = target(reference, writing);
  if (found === undefined) return inWords(reference, writing, 1);
  return typeOf(found) === 'Organization' ? organizationValue(found) : undefined;
};

export function organizationValue(found: Reading): WrittenValue {
  const identifier = bestIdentifier(found);
  return parts({
    1: found.text('name'),
    6: identifier && authority(identifier.text('system')),
    7: identifier && identifierType(identifier),
    10: identifier?.text('value'),
  });
}

/** Parts of PL by the physical type of the place (PL data type table). */
const levels: Readonly<Record<string, number>> = { bd: 3, ro: 2, lvl: 1, wa: 1, bu: 7, si: 4 };

const physical = `${terminology}location-physical-type`;

/** How far up the places that a place is in are followed: a circle ends too. */
const mostLevels = 8;

/** A reference to a place as PL, with the places that it is in. */
export const location: Write = (reference, writing) => {
  let place: Reading | undefined = writing.follow(reference);
  if (place === undefined) return inWords(reference, writing, 9);
  if (typeOf(place) !== 'Location') return undefined;
  const own: Parts = {};
  for (let depth = 0; place !== undefined && depth < mostLevels; depth++) {
    const at = levelOf(place) ?? (own[4] === undefined ? 4 : 1);
    if (own[at] === undefined) own[at] = placeName(place);
    if (depth === 0) own[9] = place.text('description');
    place = writing.follow(place.child('partOf'));
  }
  return parts(own);
};

function levelOf(place: Reading): number | undefined {
  const type = place.child('physicalType');
  const coding = type?.child('coding');
  if (coding?.peek('system') !== physical) return undefined;
  const level = levels[coding.peek('code') ?? ''];
  if (level !== undefined) type?.takeWhole();
  return level;
}

function placeName(place: Reading): WrittenText | readonly WrittenText[] {
  const identifiers = place.all('identifier');
  const own = identifiers.find((each) => each.peek('system') === `${terminology}v2-0302`);
  const uri = identifiers.find((each) => each.peek('system') === 'urn:ietf:rfc:3986');
  own?.takeWhole();
  uri?.takeWhole();
  place.take('mode');
  const name = place.text('name') ?? own?.peek('value');
  const [, id, kind] = authority(uri?.peek('value'));
  return id === undefined ? name : [name, id, kind];
}

/** A reference to a thing as EI. */
export const device: Write = (reference, writing) => {
  const found = writing.follow(reference);
  if (found === undefined) return inWords(reference, writing, 1);
  const identifier = bestIdentifier(found);
  const own = identifier?.text('value');
  if (identifier === undefined || own === undefined) return undefined;
  const [name, id, kind] = authority(identifier.text('system'));
  return parts({ 1: own, 2: name, 3: id, 4: kind });
};

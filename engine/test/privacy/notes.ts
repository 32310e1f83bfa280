import { civil, legacyDate } from '../../src/sample/calendar.ts';
import { lastDay, type Person } from '../../src/sample/people.ts';
import { createNotes } from '../../src/sample/tables/notes.ts';
import { createWorld } from '../../src/sample/world.ts';
import type { KnownValue } from '../../src/privacy/knownValues.ts';

/** A note of the sample hospital, and the places of what identifies its patient in it. */
export interface MarkedNote {
  text: string;
  known: KnownValue[];
  places: { start: number; end: number; what: string }[];
}

/** Notes of invented patients, with every name and number of the patient and of others marked. */
export function markedNotes(patients: number, seed: string): MarkedNote[] {
  const world = createWorld({ patients, seed, defects: 'none' });
  return Array.from({ length: patients }, (_, index) => world.person(index)).flatMap((person) =>
    createNotes(world, person).map(({ body }) => ({
      text: body,
      known: knownOf(person),
      places: placesIn(body, person),
    })),
  );
}

function knownOf({ given, family, mrn, homePhone, cellPhone, email }: Person): KnownValue[] {
  const phones = [homePhone, cellPhone].filter((phone) => phone !== null);
  return [
    { kind: 'person', value: given },
    { kind: 'person', value: family },
    { kind: 'recordNumber', value: mrn },
    ...phones.map((value) => ({ kind: 'phone' as const, value })),
    ...(email === null ? [] : [{ kind: 'email' as const, value: email }]),
  ];
}

function placesIn(text: string, person: Person): MarkedNote['places'] {
  const age = civil(lastDay).year - civil(person.birth).year;
  const values: [string, string | null | undefined][] = [
    ['name', `${person.given} ${person.family}`],
    ['given name', person.given],
    ['colleague', 'Núñez'],
    ['record number', person.mrn],
    ['birth date', legacyDate(person.birth, 'MM/dd/yyyy')],
    ['phone', person.cellPhone ?? person.homePhone],
    ['end of the social security number', person.ssn && `ends ${person.ssn.slice(-4)}`],
    ['address', `${person.address.line1}, ${person.address.city}`],
    ['email', person.email],
    ['age over 89', age > 89 ? `${age} y/o` : null],
  ];
  return values.flatMap(([what, value]) => {
    if (!value) return [];
    const at = text.indexOf(value);
    if (at === -1) return [];
    const skipped = value.startsWith('ends ') ? 5 : 0;
    const end = at + (what === 'age over 89' ? value.indexOf(' ') : value.length);
    return [{ what, start: at + skipped, end }];
  });
}

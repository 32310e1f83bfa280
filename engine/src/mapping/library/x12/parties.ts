import type { Loop } from '../../../formats/x12/loop.ts';
import type { X12Segment } from '../../../formats/x12/segment.ts';
import { add, fill, referenceTo } from '../resource.ts';
import type { Element, Reference, Resource } from '../resource.ts';
import {
  coded,
  gender,
  identifierSystem,
  own,
  referenceIdentifier,
  taxonomy,
  terminology,
  typed,
} from './codes.ts';
import { pathOf } from './conversion.ts';
import type { Conversion } from './conversion.ts';

/** Values that are there, in order. */
const present = (...values: readonly string[]): string[] => values.filter((value) => value !== '');

/** NM1 of a person. */
export function humanName(segment: X12Segment): Element | undefined {
  const family = segment.text(3);
  const given = present(segment.text(4), segment.text(5));
  const prefix = segment.text(6);
  const suffix = segment.text(7);
  if (family === '' && given.length === 0) return undefined;
  return {
    ...(family !== '' && { family }),
    ...(given.length > 0 && { given }),
    ...(prefix !== '' && { prefix: [prefix] }),
    ...(suffix !== '' && { suffix: [suffix] }),
  };
}

/** N3 and N4 of a loop. */
export function addressOf(loop: Loop): Element | undefined {
  const street = loop.all('N3').flatMap((n3) => present(n3.text(1), n3.text(2)));
  const n4 = loop.segment('N4');
  const city = n4?.text(1) ?? '';
  const state = n4?.text(2) ?? '';
  const postalCode = n4?.text(3) ?? '';
  const country = n4?.text(4) ?? '';
  if (n4?.peek(5) === 'CY') n4.pass(5);
  const district = n4?.peek(5) === 'CY' ? n4.text(6) : '';
  if (street.length === 0 && city === '' && state === '' && postalCode === '') return undefined;
  return {
    ...(street.length > 0 && { line: street }),
    ...(city !== '' && { city }),
    ...(district !== '' && { district }),
    ...(state !== '' && { state }),
    ...(postalCode !== '' && { postalCode }),
    ...(country !== '' && { country }),
  };
}

/** PER03 and what follows: pairs of a qualifier (data element 365) and a number. */
const channels: Readonly<Record<string, readonly [system: string, use?: string]>> = {
  TE: ['phone'],
  FX: ['fax'],
  EM: ['email'],
  HP: ['phone', 'home'],
  WP: ['phone', 'work'],
  CP: ['phone', 'mobile'],
  BN: ['pager'],
  UR: ['url'],
};

export function telecomOf(per: X12Segment): Element[] {
  const found: Element[] = [];
  for (const at of [3, 5, 7]) {
    const qualifier = per.text(at);
    const channel = channels[qualifier];
    if (channel === undefined) {
      const previous = found.at(-1);
      const value = qualifier === 'EX' ? per.text(at + 1) : '';
      if (value !== '' && previous !== undefined) {
        previous['value'] = `${String(previous['value'])} ext. ${value}`;
      }
      continue;
    }
    const value = per.text(at + 1);
    const [system, use] = channel;
    if (value !== '') found.push({ system, value, ...(use !== undefined && { use }) });
  }
  return found;
}

/** What tells an organization or a practitioner apart: its number, else its name and where it is. */
function partyKey(loop: Loop, segment: X12Segment, numberAt: number): string {
  const value = segment.text(numberAt + 1);
  if (value !== '') return `${identifierSystem(segment.text(numberAt))}|${value}`;
  const tax = loop.segment('REF', 'EI', 'TJ')?.peek(2) ?? '';
  const name = [3, 4, 5, 7].map((at) => segment.peek(at).trim()).join(' ');
  const place = loop.segment('N4')?.peek(3) ?? '';
  return `name|${segment.id === 'N1' ? segment.peek(2).trim() : name}|${tax}|${place}`;
}

/**
 * The organization or practitioner that a loop of NM1 or N1 tells of, with its numbers, address and
 * contacts. Undefined where the loop says only what is said elsewhere (`NM1*87*2`).
 */
export function partyOf(loop: Loop, conversion: Conversion): Resource | undefined {
  const segment = loop.first;
  if (segment.id === 'N1') return organizationOf(loop, segment, 2, 3, conversion);
  segment.pass(1, 2);
  const isPerson = segment.peek(2) === '1';
  const loose = !segment.has(3) && !segment.has(9);
  if (loose) return undefined;
  if (!isPerson) return organizationOf(loop, segment, 3, 8, conversion);
  const person = conversion.make('Practitioner', partyKey(loop, segment, 8));
  identify(person, segment, 8);
  const name = humanName(segment);
  if (name !== undefined) add(person, 'name', name);
  describe(person, loop);
  const code = taxonomyOf(loop);
  if (code !== undefined) add(person, 'qualification', { code: coded(taxonomy, code) });
  return person;
}

function organizationOf(
  loop: Loop,
  segment: X12Segment,
  nameAt: number,
  numberAt: number,
  conversion: Conversion,
): Resource | undefined {
  segment.pass(1);
  const name = segment.text(nameAt);
  if (name === '' && !segment.has(numberAt + 1)) return undefined;
  const organization = conversion.make('Organization', partyKey(loop, segment, numberAt));
  if (name !== '') fill(organization, 'name', name);
  identify(organization, segment, numberAt);
  describe(organization, loop);
  const code = taxonomyOf(loop);
  if (code !== undefined) add(organization, 'type', coded(taxonomy, code));
  return organization;
}

/** The qualifier and number of NM108 or N103. */
function identify(resource: Resource, segment: X12Segment, at: number): void {
  const qualifier = segment.text(at);
  const value = segment.text(at + 1);
  if (value === '') return;
  const system = identifierSystem(qualifier);
  add(resource, 'identifier', qualifier === 'XX' ? typed('NPI', system, value) : { system, value });
}

/** REF, N3, N4 and PER of a party. */
function describe(resource: Resource, loop: Loop): void {
  for (const ref of loop.all('REF')) {
    const value = ref.text(2);
    if (value !== '') add(resource, 'identifier', referenceIdentifier(ref.text(1), value));
  }
  const address = addressOf(loop);
  if (address !== undefined) add(resource, 'address', address);
  for (const per of loop.all('PER')) {
    per.pass(1);
    const telecom = telecomOf(per);
    const name = per.text(2);
    if (resource.resourceType === 'Organization' && name !== '') {
      const contact = { name: { text: name }, ...(telecom.length > 0 && { telecom }) };
      add(resource, 'contact', contact);
    } else for (const each of telecom) add(resource, 'telecom', each);
  }
}

/** PRV03 of the loop, or of the level around it, which tells of the billing provider. */
function taxonomyOf(loop: Loop): string | undefined {
  const around = loop.id === '2010AA' ? loop.parent?.segment('PRV') : undefined;
  const prv = loop.segment('PRV') ?? around;
  if (prv === undefined) return undefined;
  prv.pass(1, 2);
  return prv.text(3) || undefined;
}

/** Number and name of a payer, by which its members' numbers are told from those of another. */
export function payerKey(loop: Loop | undefined): string {
  const segment = loop?.first;
  if (segment === undefined) return '';
  const [name, at] = segment.id === 'N1' ? [2, 3] : [3, 8];
  const number = segment.peek(at + 1).trim();
  return number === '' ? segment.peek(name).trim() : number;
}

export interface PersonOptions {
  payer: string;
  /** Of the subscriber, where the person has no number. */
  member: string;
}

/**
 * The patient that a loop of NM1 tells of. Families share a member's number: who it is, is told by
 * payer, number, name and date of birth together, and linkage joins what one person was called.
 */
export function patientOf(loop: Loop, conversion: Conversion, options: PersonOptions): Resource {
  const segment = loop.first;
  segment.pass(1, 2);
  const number = segment.text(9);
  const qualifier = segment.text(8);
  const dmg = loop.segment('DMG') ?? loop.parent?.segment('DMG');
  dmg?.pass(1);
  const born = dmg?.text(2) ?? '';
  const name = [3, 4].map((at) => segment.peek(at).trim().toUpperCase()).join('|');
  const key = [options.payer, number || options.member, name, born].join('|');
  const patient = conversion.make('Patient', key);
  if (number !== '') add(patient, 'identifier', memberIdentifier(qualifier, number, options.payer));
  for (const ref of loop.all('REF')) {
    const value = ref.text(2);
    if (value !== '') add(patient, 'identifier', referenceIdentifier(ref.text(1), value));
  }
  const human = humanName(segment);
  if (human !== undefined) add(patient, 'name', human);
  if (dmg !== undefined) describePerson(patient, dmg, loop, conversion);
  const address = addressOf(loop);
  if (address !== undefined) add(patient, 'address', address);
  for (const per of loop.all('PER')) {
    per.pass(1);
    for (const each of telecomOf(per)) add(patient, 'telecom', each);
  }
  return patient;
}

function describePerson(
  patient: Resource,
  dmg: X12Segment,
  loop: Loop,
  conversion: Conversion,
): void {
  const code = dmg.text(3);
  const told = gender(code);
  if (told !== undefined) fill(patient, 'gender', told);
  else if (code !== '') conversion.issue('code-unmapped', pathOf(loop, dmg, 3));
  fill(patient, 'birthDate', conversion.date(dmg.text(2), pathOf(loop, dmg, 2)));
}

/** A member's number is the payer's; others of NM108 are whose they are everywhere. */
export function memberIdentifier(qualifier: string, value: string, payer: string): Element {
  if (qualifier !== 'MI' && qualifier !== 'II' && qualifier !== '') {
    return { system: identifierSystem(qualifier), value };
  }
  return typed('MB', own(`member:${encodeURIComponent(payer)}`), value);
}

export interface CoverageFacts {
  payer: string;
  payor: Resource | undefined;
  /** The subscriber's number at the payer. */
  member: string;
  group: string;
  /** What else tells two coverages of a person at a payer apart. */
  kind: string;
  beneficiary: Reference;
  subscriber: Reference | undefined;
  relationship: Element;
}

/** A coverage; what tells it apart is payer, member and group, and whom it covers. */
export function coverageOf(facts: CoverageFacts, conversion: Conversion): Resource {
  const { payer, payor, member, group, kind, beneficiary, subscriber } = facts;
  const key = [payer, member, group, kind, beneficiary.reference].join('|');
  const coverage = conversion.make('Coverage', key);
  fill(coverage, 'status', 'active');
  if (member !== '') {
    add(coverage, 'identifier', memberIdentifier('MI', member, payer));
    fill(coverage, 'subscriberId', member);
  }
  if (subscriber !== undefined) fill(coverage, 'subscriber', subscriber);
  fill(coverage, 'beneficiary', beneficiary);
  fill(coverage, 'relationship', facts.relationship);
  const payorReference = payor === undefined ? { display: 'unknown' } : referenceTo(payor);
  fill(coverage, 'payor', [payorReference]);
  if (group !== '') {
    const type = coded(`${terminology}coverage-class`, 'group');
    add(coverage, 'class', { type, value: group });
  }
  return coverage;
}

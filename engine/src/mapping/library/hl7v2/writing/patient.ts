import type { WrittenValue } from '../../../../formats/hl7v2/writer.ts';
import type { Writing } from '../../outward/chart.ts';
import type { Reading } from '../../outward/reading.ts';
import { terminology } from '../vocabulary.ts';
import {
  address,
  code,
  concept,
  conceptBy,
  date,
  dateTime,
  extensionValue,
  hasUrl,
  humanName,
  identifier,
  parts,
  primitive,
  telecom,
  yesNo,
} from './dataTypes.ts';
import { systemName } from './names.ts';
import { organization, practitioner } from './parties.ts';
import { all, one, SegmentDraft, text } from './rules.ts';
import type { Where, Write } from './rules.ts';

const extensions = 'http://hl7.org/fhir/StructureDefinition/';
const usCore = 'http://hl7.org/fhir/us/core/StructureDefinition/';

/** US Core race or ethnicity: each of its codes; its words where it has none. */
const race: Write = (from) => {
  const inner = from.all('extension');
  const codings = inner.filter((each) => each.peek('url') !== 'text');
  const [words] = inner.filter((each) => each.peek('url') === 'text');
  const [first] = codings;
  const value = first?.child('valueCoding');
  from.take('url');
  words?.takeWhole();
  if (first === undefined || value === undefined) {
    return parts({ 2: words?.peek('valueString') });
  }
  first.take('url');
  return parts({
    1: value.text('code'),
    2: value.text('display') ?? words?.peek('valueString'),
    3: systemName(value.text('system') ?? 'urn:oid:2.16.840.1.113883.6.238'),
  });
};

/** An extension with one other in it, that has a concept: citizenship, nationality. */
const innerConcept: Write = (from, writing) => {
  const inner = from.child('extension');
  const written = inner && extensionValue('valueCodeableConcept', concept)(inner, writing);
  if (written !== undefined) from.take('url');
  return written;
};

const words: Write = (from) => {
  const own = from.text('valueString');
  if (own !== undefined) from.take('url');
  return own;
};

/** Mother's maiden name, told as a family name. */
const birthPlace: Write = (from) => {
  const place = from.child('valueAddress');
  const told =
    place?.text('text') ??
    ['city', 'state', 'country']
      .map((name) => place?.text(name))
      .filter(Boolean)
      .join(', ');
  if (told !== '') from.take('url');
  return told;
};

/** A language by its tag, as ISO 639 has it. */
const language: Write = (from, writing) => {
  const codings = from.all('coding');
  const tag = codings.find((each) => each.peek('system') === 'urn:ietf:bcp:47');
  if (tag === undefined || codings.length > 1) return concept(from, writing);
  return parts({
    1: tag.text('code'),
    2: tag.text('display'),
    3: tag.text('system') && 'ISO639',
    9: from.text('text'),
  });
};

const isAt =
  (...uses: readonly (string | undefined)[]): Where =>
  (each) =>
    uses.includes(each.peek('use')) && each.peek('system') !== 'email';

const patient = [
  all(3, 'identifier', identifier),
  all(5, 'name', humanName),
  one(6, 'extension', words, hasUrl(`${extensions}patient-mothersMaidenName`)),
  text(8, 'gender', code('sex')),
  all(10, 'extension', race, hasUrl(`${usCore}us-core-race`)),
  all(11, 'address', address),
  all(13, 'telecom', telecom, isAt('home')),
  all(14, 'telecom', telecom, isAt('work')),
  one(15, 'communication.language', language),
  one(16, 'maritalStatus', conceptBy('maritalStatus', '0002')),
  one(
    17,
    'extension',
    extensionValue('valueCodeableConcept', conceptBy('religion', '0006')),
    hasUrl(`${extensions}patient-religion`),
  ),
  all(22, 'extension', race, hasUrl(`${usCore}us-core-ethnicity`)),
  one(23, 'extension', birthPlace, hasUrl(`${extensions}patient-birthPlace`)),
  text(24, 'multipleBirthBoolean', yesNo),
  text(25, 'multipleBirthInteger'),
  all(26, 'extension', innerConcept, hasUrl(`${extensions}patient-citizenship`)),
  one(28, 'extension', innerConcept, hasUrl(`${extensions}patient-nationality`)),
  text(29, 'deceasedDateTime', dateTime),
  text(30, 'deceasedBoolean', yesNo),
  all(40, 'telecom', telecom, (each) => !isAt('home')(each) && !isAt('work')(each)),
];

/** PID: the patient. Without an identifier it is known by the id of its resource (type RI). */
export function patientSegment(from: Reading, writing: Writing): SegmentDraft {
  const draft = new SegmentDraft('PID').add(1, '1').apply(patient, from, writing);
  if (!draft.has(3)) draft.add(3, parts({ 1: from.text('id'), 5: 'RI' }));
  draft.add(7, birthOf(from, writing));
  if (!draft.has(30) && draft.has(29)) draft.add(30, 'Y');
  if (!draft.has(5)) draft.add(5, parts({ 7: 'U' }));
  for (const [index, account] of writing.of('Account').entries()) {
    if (index === 0) draft.add(18, one18(account, writing));
  }
  return draft;
}

function one18(account: Reading, writing: Writing): WrittenValue | undefined {
  const found = account.child('identifier');
  const written = found && identifier(found, writing);
  if (written === undefined) return undefined;
  for (const each of account.all('subject')) each.takeWhole();
  if (account.peek('status') === 'active') account.take('status');
  return written;
}

/** The day of birth; with its time where an extension has that. */
function birthOf(from: Reading, writing: Writing): WrittenValue | undefined {
  const beside = from.child('_birthDate');
  const found = beside?.all('extension').find(hasUrl(`${extensions}patient-birthTime`));
  const time = found && primitive(found, 'valueDateTime', dateTime, writing);
  if (found !== undefined && time !== undefined) {
    found.takeWhole();
    from.take('birthDate');
    return time;
  }
  return primitive(from, 'birthDate', date, writing);
}

const demographics = [
  one(3, 'generalPractitioner', organization),
  all(4, 'generalPractitioner', practitioner),
  one(
    6,
    'extension',
    extensionValue('valueCodeableConcept', concept),
    hasUrl(`${extensions}patient-disability`),
  ),
  all(14, 'extension', words, hasUrl(`${extensions}patient-congregation`)),
];

/** PD1, where it says something. */
export function demographicsSegment(from: Reading, writing: Writing): SegmentDraft[] {
  return filled(new SegmentDraft('PD1').apply(demographics, from, writing));
}

const relationship = conceptBy('relationship', '0063');
const role = conceptBy('contactRole', '0131');
const contactRoles = `${terminology}v2-0131`;

const isRole: Where = (each) =>
  each.all('coding').some((coding) => coding.peek('system') === contactRoles);

const contact = [
  one(2, 'name', humanName),
  one(3, 'relationship', relationship, (each) => !isRole(each)),
  one(4, 'address', address),
  all(40, 'telecom', telecom),
  one(7, 'relationship', role, isRole),
  text(8, 'period.start', date),
  text(9, 'period.end', date),
  one(13, 'organization', organization),
  text(15, 'gender', code('sex')),
];

const relative = [
  all(2, 'name', humanName),
  one(3, 'relationship', relationship, (each) => !isRole(each)),
  all(4, 'address', address),
  all(40, 'telecom', telecom),
  one(7, 'relationship', role, isRole),
  text(8, 'period.start', date),
  text(9, 'period.end', date),
  text(15, 'gender', code('sex')),
  text(16, 'birthDate', date),
  one(20, 'communication.language', language),
  all(33, 'identifier', identifier),
];

/** NK1 for every contact of the patient, and for every related person that is none of these. */
export function nextOfKinSegments(from: Reading, writing: Writing): SegmentDraft[] {
  const drafts: SegmentDraft[] = [];
  const said = new Set<string>();
  for (const each of writing.of('RelatedPerson')) {
    each.child('patient')?.takeWhole();
    drafts.push(new SegmentDraft('NK1').apply(relative, each, writing));
    said.add(whoIs(each));
  }
  for (const each of from.all('contact')) {
    const draft = new SegmentDraft('NK1').apply(contact, each, writing);
    if (!said.has(whoIs(each))) drafts.push(draft);
  }
  for (const [index, draft] of drafts.entries()) draft.add(1, String(index + 1));
  return drafts;
}

/** The name and the relationship: a contact of both is the same person. */
function whoIs(each: Reading): string {
  const [name, relation] = [each.child('name')?.value, each.child('relationship')?.value];
  return JSON.stringify([name, relation]);
}

/** The segment, unless nothing is in it. */
export function filled(draft: SegmentDraft): SegmentDraft[] {
  return draft.written().fields.length === 0 ? [] : [draft];
}

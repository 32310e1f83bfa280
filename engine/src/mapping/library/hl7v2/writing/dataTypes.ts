import type { WrittenText, WrittenValue } from '../../../../formats/hl7v2/writer.ts';
import type { Reading } from '../../outward/reading.ts';
import { hl7Time } from '../../outward/hl7Time.ts';
import { plainDecimal } from '../../outward/decimalText.ts';
import type { Writing } from '../../outward/chart.ts';
import { terminology, type MapName } from '../vocabulary.ts';
import { authority, codesFrom, conceptsFrom, systemName } from './names.ts';
import type { Write, WriteText } from './rules.ts';

/** Parts of a value by their number; parts that say nothing are left out. */
export type Parts = Record<number, WrittenText | readonly WrittenText[]>;

export function parts(own: Parts): WrittenValue {
  const last = Math.max(0, ...Object.keys(own).map(Number));
  return Array.from({ length: last }, (_, at) => own[at + 1]);
}

/** FHIR's `date`, `dateTime` or `instant` as DTM. */
export const dateTime: WriteText = (own, writing, path) => {
  const found = hl7Time(own);
  if (found === undefined) writing.issue('date-unreadable', path);
  else if (found.isCut) writing.issue('precision-lost', path);
  return found?.text;
};

/** A date; of a time its day. */
export const date: WriteText = (own, writing, path) => {
  if (own.length > 10) writing.issue('precision-lost', path);
  return dateTime(own.slice(0, 10), writing, path);
};

/** One end of a Period, by the type that its part has. */
export function end(from: Reading, name: 'start' | 'end', write: WriteText, writing: Writing) {
  const period = from.child('period');
  return period === undefined ? undefined : primitive(period, name, write, writing);
}

/** A primitive by its writer; marked where that has a word for it. */
export function primitive(
  from: Reading,
  name: string,
  write: WriteText,
  writing: Writing,
): WrittenText {
  const own = from.peek(name);
  const written = own === undefined ? undefined : write(own, writing, `${from.path}.${name}`);
  if (typeof written !== 'string') return undefined;
  from.take(name);
  return written;
}

/** A code that FHIR requires, by a map of the tables the other way round. */
export function code(name: MapName, better: Readonly<Record<string, string>> = {}): WriteText {
  return (own, writing, path) => {
    const found = codesFrom(name, better).get(own);
    if (found === undefined) writing.issue('code-unmapped', path);
    return found;
  };
}

export const yesNo: WriteText = (own) => (own === 'true' ? 'Y' : own === 'false' ? 'N' : undefined);

interface Triplet {
  code: string | undefined;
  display: string | undefined;
  system: string | undefined;
  version: string | undefined;
}

/** Where the three codings of a CWE stand, and the version of their systems. */
const places = [
  { at: 1, version: 7 },
  { at: 4, version: 8 },
  { at: 10, version: 13 },
];

function cwe(triplets: readonly Triplet[], words: string | undefined): WrittenValue | undefined {
  const own: Parts = { 9: words };
  for (const [index, { at, version }] of places.entries()) {
    const found = triplets[index];
    if (found === undefined) break;
    own[at] = found.code;
    own[at + 1] = found.display;
    own[at + 2] = found.system;
    if (found.version !== undefined) own[version] = found.version;
  }
  return parts(own);
}

/** A Coding, marked, as three parts of a coded field. */
function tripletOf(coding: Reading): Triplet {
  const system = coding.text('system');
  return {
    code: coding.text('code'),
    display: coding.text('display'),
    system: system === undefined ? undefined : systemName(system),
    version: coding.text('version'),
  };
}

/** CodeableConcept as CWE: up to three codings and a text; a fourth stays unread. */
export const concept: Write = (from) =>
  cwe(from.all('coding').slice(0, 3).map(tripletOf), from.text('text'));

export const coding: Write = (from) => cwe([tripletOf(from)], undefined);

/** CodeableConcept whose coding the tables made of a code of a table: that code first. */
export function conceptBy(name: MapName, table: string): Write {
  const own = `HL7${table}`;
  return (from) => {
    const codings = from.all('coding');
    const image = codings.find((each) => conceptsFrom(name).has(keyOf(each)));
    if (image === undefined) return concept(from, undefined as never);
    const candidates = conceptsFrom(name).get(keyOf(image)) as readonly string[];
    const said = codings.find(
      (each) => each !== image && candidates.includes(each.peek('code') ?? ''),
    );
    const first = tripletOf(image);
    const original = said === undefined ? undefined : tripletOf(said);
    const table1 = original ?? {
      code: candidates[0],
      display: first.display,
      system: own,
      version: undefined,
    };
    const others = codings.filter((each) => each !== image && each !== said);
    const list = [table1, ...others.slice(0, 2).map(tripletOf)];
    return cwe(list, from.text('text'));
  };
}

function keyOf(each: Reading): string {
  return `${each.peek('system') ?? ''}|${each.peek('code') ?? ''}`;
}

/** A concept of a table as a field of type IS or ID has it: its code alone, where it is the table's. */
export function conceptOfTable(table: string): Write {
  return (from) => {
    const [first] = from.all('coding');
    if (first?.peek('system') !== `${terminology}v2-${table}`)
      return concept(from, undefined as never);
    return concept(from, undefined as never);
  };
}

const identifierTypes = `${terminology}v2-0203`;

/** The code of HL7 table 0203 that an identifier's type is. */
export function identifierType(from: Reading): WrittenText {
  const type = from.child('type');
  const found = type?.all('coding').find((each) => each.peek('system') === identifierTypes);
  if (type === undefined || found === undefined) return undefined;
  found.take('system');
  found.take('display');
  return found.text('code');
}

export function isOfType(from: Reading, own: string): boolean {
  const codings = from.child('type')?.all('coding') ?? [];
  return codings.some(
    (each) => each.peek('system') === identifierTypes && each.peek('code') === own,
  );
}

const socialSecurity = 'http://hl7.org/fhir/sid/us-ssn';

/** Identifier as CX. */
export const identifier: Write = (from, writing) => {
  const own = from.text('value');
  if (own === undefined) return undefined;
  const system = from.text('system');
  const type = identifierType(from) ?? (system === socialSecurity ? 'SS' : undefined);
  return parts({
    1: own,
    4: authority(system),
    5: type,
    7: end(from, 'start', date, writing),
    8: end(from, 'end', date, writing),
  });
};

/** Identifier as EI. */
export const entityIdentifier: Write = (from) => {
  const own = from.text('value');
  if (own === undefined) return undefined;
  identifierType(from);
  const [name, id, kind] = authority(from.text('system'));
  return parts({ 1: own, 2: name, 3: id, 4: kind });
};

const maiden: Readonly<Record<string, string>> = { official: 'L', usual: 'D', anonymous: 'MSK' };

export const nameUse: WriteText = (own) => codesFrom('nameUse', maiden).get(own);

/** Given names after the first are one part. */
export function givenOf(from: Reading): readonly [WrittenText, WrittenText] {
  const [first, ...others] = from.texts('given');
  return [first, others.length === 0 ? undefined : others.join(' ')];
}

/** The family name; where a name is words alone, those. */
export function familyOf(from: Reading, writing: Writing): WrittenText {
  const family = from.text('family');
  if (family !== undefined || from.peekAll('given').length > 0) return family;
  const words = from.text('text');
  if (words !== undefined) writing.issue('name-in-words', `${from.path}.text`);
  return words;
}

export function joined(own: readonly string[]): WrittenText {
  return own.length === 0 ? undefined : own.join(' ');
}

/** HumanName as XPN. */
export const humanName: Write = (from, writing) => {
  const [given, more] = givenOf(from);
  return parts({
    1: familyOf(from, writing),
    2: given,
    3: more,
    4: joined(from.texts('suffix')),
    5: joined(from.texts('prefix')),
    7: primitive(from, 'use', nameUse, writing),
    12: end(from, 'start', dateTime, writing),
    13: end(from, 'end', dateTime, writing),
  });
};

const addressKinds: WriteText = (own) => codesFrom('addressUse', { work: 'O' }).get(own);
const postal: WriteText = (own) => (own === 'postal' ? 'M' : undefined);

/** Address as XAD: its first line, and the others in one part. */
export const address: Write = (from, writing) => {
  const [first, ...others] = from.texts('line');
  const use = primitive(from, 'use', addressKinds, writing);
  const words =
    first === undefined && from.peek('city') === undefined ? from.text('text') : undefined;
  return parts({
    1: first ?? words,
    2: others.length === 0 ? undefined : others.join(', '),
    3: from.text('city'),
    4: from.text('state'),
    5: from.text('postalCode'),
    6: from.text('country'),
    7: use ?? primitive(from, 'type', postal, writing),
    9: from.text('district'),
    13: end(from, 'start', dateTime, writing),
    14: end(from, 'end', dateTime, writing),
  });
};

const telecomKinds: Readonly<Record<string, string>> = {
  phone: 'PH',
  fax: 'FX',
  pager: 'BP',
  email: 'Internet',
};

const telecomUses: WriteText = (own) => codesFrom('telecomUse').get(own);

/** ContactPoint as XTN; one that is neither phone, fax, pager nor e-mail has no kind there. */
export const telecom: Write = (from, writing) => {
  const kind = telecomKinds[from.peek('system') ?? 'phone'];
  const own = kind === undefined ? undefined : from.text('value');
  if (own === undefined) return undefined;
  from.take('system');
  return parts({
    2: primitive(from, 'use', telecomUses, writing),
    3: kind,
    4: kind === 'Internet' ? own : undefined,
    12: kind === 'Internet' ? undefined : own,
    13: end(from, 'start', date, writing),
    14: end(from, 'end', date, writing),
    18: from.text('rank'),
  });
};

const ucum = 'http://unitsofmeasure.org';

/** The unit of a Quantity (CWE): by its code where it has one, else by its words. */
export function unit(from: Reading): WrittenValue {
  const own = from.text('code');
  const words = from.text('unit');
  const system = from.text('system');
  if (own === undefined) return parts({ 1: words });
  return parts({ 1: own, 2: words ?? own, 3: systemName(system ?? ucum) });
}

/** A decimal without exponent, as NM has it. */
export function decimal(from: Reading, name: string): WrittenText {
  const own = from.text(name);
  return own === undefined ? undefined : plainDecimal(own);
}

/** Quantity as CQ; one with a comparator is no such. */
export const quantity: Write = (from) => {
  if (from.peek('comparator') !== undefined) return undefined;
  const own = decimal(from, 'value');
  if (own === undefined) return undefined;
  const units = unit(from) as readonly WrittenText[];
  return parts({ 1: own, 2: units });
};

/** The elements of an extension by its URL, marked. */
export function extensionValue(name: string, write: Write): Write {
  return (from, writing) => {
    const value = from.child(name);
    const written = value === undefined ? undefined : write(value, writing);
    if (written !== undefined) from.take('url');
    return written;
  };
}

export const hasUrl =
  (url: string) =>
  (each: Reading): boolean =>
    each.peek('url') === url;

export { authority };

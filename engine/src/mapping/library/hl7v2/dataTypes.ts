import type { Value } from '../../../formats/hl7v2/segment.ts';
import type { Conversion } from './conversion.ts';
import { decimalOf } from '../decimal.ts';
import type { Element } from '../resource.ts';
import { ofKind } from './rules.ts';
import type { Read } from './rules.ts';
import { ValueMemo } from './valueMemo.ts';
import { codeMap, codeSystem, namespaceUri, terminology } from './vocabulary.ts';
import type { CodeMap, MapName } from './vocabulary.ts';

/** An element without what has no value; undefined when nothing is left. */
export function element(values: Element): Element | undefined {
  // A new object: one that properties were deleted from is slow for good.
  let found: Element | undefined;
  for (const name in values) {
    const value = values[name];
    if (value === undefined || value === '') continue;
    found ??= {};
    found[name] = value;
  }
  return found;
}

/**
 * What was put together part by part, which costs a fraction of `element` where nearly every message
 * has it; undefined when nothing is in it.
 */
export function unlessEmpty(found: Element): Element | undefined {
  for (const _ in found) return found;
  return undefined;
}

export function list(values: readonly string[]): string[] | undefined {
  let present: string[] | undefined;
  for (const value of values) if (value !== '') (present ??= []).push(value);
  return present;
}

export const text: Read = (value) => value.text(1) || undefined;

/** The whole field, with whatever parts it has. */
export const wholeText: Read = (value) => value.whole() || undefined;

export const dateTime: Read = (value, conversion, path) => conversion.time(value.text(1), path);

export const date: Read = (value, conversion, path) =>
  conversion.time(value.text(1), path)?.slice(0, 10);

/** FHIR's `instant` has a time; a date alone is told as an issue. */
export const instant: Read = (value, conversion, path) => {
  const time = conversion.time(value.text(1), path);
  if (time === undefined || time.includes('T')) return time;
  conversion.issue('instant-imprecise', path);
  return undefined;
};

export const decimal: Read = (value, conversion, path) => {
  const number = decimalOf(value.text(1));
  if (number === undefined) conversion.issue('number-unreadable', path);
  return number;
};

export const integer: Read = (value, conversion, path) => {
  const written = value.text(1).trim();
  if (/^\d+$/.test(written)) return Number(written);
  conversion.issue('number-unreadable', path);
  return undefined;
};

export const yesNo: Read = (value) => {
  const written = value.text(1).toUpperCase();
  return written === 'Y' ? true : written === 'N' ? false : undefined;
};

/** A code that FHIR knows, by a map of the tables. A code without a place in it is an issue. */
export function code(name: MapName): Read {
  const map = codeMap(name);
  return (value, conversion, path) => {
    const mapped = map.get(value.text(1)) ?? map.get(value.text(4));
    if (mapped === undefined) conversion.issue('code-unmapped', path);
    return mapped?.code;
  };
}

interface Parts {
  code: string;
  display: string;
  system: string;
  version: string;
}

function codingOf({ code: own, display, system, version }: Parts): Element | undefined {
  if (own === '' && display === '') return undefined;
  const found: Element = {};
  if (system !== '') found['system'] = codeSystem(system);
  if (version !== '') found['version'] = version;
  if (own !== '') found['code'] = own;
  if (display !== '') found['display'] = display;
  return found;
}

function mappedCoding(parts: Parts, map: CodeMap): Element[] {
  const mapped = map.get(parts.code);
  const plain = codingOf(parts);
  if (mapped === undefined) return plain === undefined ? [] : [plain];
  const { code: target, system, display = parts.display } = mapped;
  const coding = element({ system, version: parts.version, code: target, display }) as Element;
  // What the sender said stands beside what it was mapped to.
  return target === parts.code || plain === undefined ? [coding] : [coding, plain];
}

const noMap: CodeMap = new Map();

/** CWE, CE, CNE, CF, IS, ID or ST as a CodeableConcept: up to three codings and a text. */
function readConcept(value: Value, map: CodeMap): Element | undefined {
  const codings = mappedCoding(partsOf(value, 1, 7), map);
  if (value.size > 3) {
    codings.push(...mappedCoding(partsOf(value, 4, 8), map));
    if (value.size > 9) codings.push(...mappedCoding(partsOf(value, 10, 13), map));
  }
  const original = value.size > 8 ? value.text(9) : '';
  const found: Element = {};
  if (codings.length > 0) found['coding'] = codings;
  if (original !== '') found['text'] = original;
  return unlessEmpty(found);
}

function partsOf(value: Value, at: number, version: number): Parts {
  return {
    code: value.text(at),
    display: value.text(at + 1),
    system: value.text(at + 2),
    version: value.size >= version ? value.text(version) : '',
  };
}

/** What is made by a map of codes, for all that read by it. */
const conceptMemos = new Map<CodeMap, ValueMemo<Readonly<Element> | undefined>>();

function conceptMemo(map: CodeMap): ValueMemo<Readonly<Element> | undefined> {
  let memo = conceptMemos.get(map);
  if (memo === undefined) {
    memo = new ValueMemo((value) => readConcept(value, map));
    conceptMemos.set(map, memo);
  }
  return memo;
}

const concepts = conceptMemo(noMap);

/** The same for all messages, so it is never changed. */
export function conceptOf(value: Value): Readonly<Element> | undefined {
  return concepts.of(value);
}

export const concept: Read = (value) => concepts.of(value);

export function conceptBy(name: MapName): Read {
  const memo = conceptMemo(codeMap(name));
  return (value) => memo.of(value);
}

/** A concept whose code belongs to an HL7 table, as fields of type IS and ID have it. */
export function conceptOfTable(table: string): Read {
  return (value) => {
    const found = readConcept(value, noMap);
    const first = (found?.['coding'] as Element[] | undefined)?.[0];
    if (first !== undefined && first['code'] !== undefined)
      first['system'] ??= `${terminology}v2-${table}`;
    return found;
  };
}

export function codingBy(name: MapName): Read {
  const map = codeMap(name);
  return (value) => mappedCoding(partsOf(value, 1, 7), map)[0];
}

export const coding: Read = (value) => codingOf(partsOf(value, 1, 7));

/** A concept that a rule says, not the message. */
export function constantConcept(system: string, own: string, display?: string): Element {
  return { coding: [element({ system, code: own, display })] };
}

export const identifierTypes = `${terminology}v2-0203`;

export function identifierType(own: string): Element | undefined {
  return own === '' ? undefined : { coding: [{ system: identifierTypes, code: own }] };
}

/** HD in a component of a field: the URI it stands for. */
export function authorityAt(value: Value, component: number): string | undefined {
  if (!value.has(component)) return undefined;
  const [name, id] = [value.text(component), value.text(component, 2)];
  return namespaceUri(name, id, value.text(component, 3));
}

export function periodOf(start: string | undefined, end: string | undefined): Element | undefined {
  const found: Element = {};
  if (start !== undefined) found['start'] = start;
  if (end !== undefined) found['end'] = end;
  return unlessEmpty(found);
}

/** CX as an Identifier, without its assigner. */
export function identifierOf(
  value: Value,
  conversion: Conversion,
  path: string,
): Element | undefined {
  const own = value.text(1);
  if (own === '' && !value.has(4) && !value.has(5)) return undefined;
  const found: Element = {};
  const check = value.text(2);
  const scheme = value.text(3);
  if (check !== '' || scheme !== '') found['extension'] = checkDigits(check, scheme);
  const kind = value.text(5);
  if (kind !== '') found['type'] = identifierType(kind);
  const system = authorityAt(value, 4) ?? (kind === 'SS' ? socialSecurity : undefined);
  if (system !== undefined) found['system'] = system;
  if (own !== '') found['value'] = own;
  const period = value.size > 6 ? datesOf(value, 7, conversion, path) : undefined;
  if (period !== undefined) found['period'] = period;
  return unlessEmpty(found);
}

/** A period of days, from a part of the value and the one after it. */
function datesOf(
  value: Value,
  start: number,
  conversion: Conversion,
  path: string,
): Element | undefined {
  return periodOf(
    conversion.time(value.text(start), path)?.slice(0, 10),
    conversion.time(value.text(start + 1), path)?.slice(0, 10),
  );
}

export const socialSecurity = 'http://hl7.org/fhir/sid/us-ssn';

const extensions = 'http://hl7.org/fhir/StructureDefinition/';

function checkDigits(check: string, scheme: string): Element[] {
  const found: Element[] = [];
  if (check !== '') found.push({ url: `${extensions}identifier-checkDigit`, valueString: check });
  if (scheme !== '')
    found.push({ url: `${extensions}namingsystem-checkDigit`, valueString: scheme });
  return found;
}

/** EI: an identifier with the authority in parts 2 to 4 of the value itself. */
export function entityIdentifier(type?: string): Read {
  return (value) => {
    const own = value.text(1);
    const system = namespaceUri(value.text(2), value.text(3), value.text(4));
    if (own === '' && system === undefined) return undefined;
    return element({ type: identifierType(type ?? ''), system, value: own });
  };
}

/** One half of EIP: the placer's identifier (1) or the filler's (2). */
export function pairedIdentifier(half: 1 | 2, type: string): Read {
  return (value) => {
    const own = value.text(half);
    if (own === '') return undefined;
    const system = namespaceUri(value.text(half, 2), value.text(half, 3), value.text(half, 4));
    return element({ type: identifierType(type), system, value: own });
  };
}

/** CWE as an identifier: its code in its coding system. */
export const codedIdentifier: Read = (value) => {
  const system = value.text(3);
  return element({ system: system === '' ? undefined : codeSystem(system), value: value.text(1) });
};

export function typedIdentifier(type: string, system?: string): Read {
  const read: Read = (value) => {
    const own = value.text(1);
    return own === '' ? undefined : element({ type: identifierType(type), system, value: own });
  };
  return ofKind(read, { system });
}

const nameUses = codeMap('nameUse');

/** XPN as HumanName; what people call a person (XPN.15) is a name of its own. */
export const humanName: Read = (value, conversion, path) => {
  const wide = value.size > 7;
  const name = nameOf({
    use: nameUses.get(value.text(7))?.code ?? '',
    family: value.text(1),
    given: list([value.text(2), value.text(3)]),
    prefix: list([value.text(5)]),
    suffix: list([value.text(4), value.text(6), wide ? value.text(14) : '']),
  });
  const period = wide ? namePeriod(value, conversion, path, 10, 12) : undefined;
  if (period !== undefined) name['period'] = period;
  return unlessEmpty(name);
};

interface NameParts {
  use: string;
  family: string;
  given: string[] | undefined;
  prefix: string[] | undefined;
  suffix: string[] | undefined;
}

/** A HumanName of the parts that there are. */
export function nameOf({ use, family, given, prefix, suffix }: NameParts): Element {
  const name: Element = {};
  if (use !== '') name['use'] = use;
  if (family !== '') name['family'] = family;
  if (given !== undefined) name['given'] = given;
  if (prefix !== undefined) name['prefix'] = prefix;
  if (suffix !== undefined) name['suffix'] = suffix;
  return name;
}

export const calledName: Read = (value) => {
  const called = value.size > 14 ? value.text(15) : '';
  return called === '' ? undefined : { use: 'nickname', given: [called] };
};

/** A period in parts of its own, or as a DR in one. */
export function namePeriod(
  value: Value,
  conversion: Conversion,
  path: string,
  range: number,
  start: number,
): Element | undefined {
  const day = (written: string): string | undefined => conversion.time(written, path);
  if (value.has(start) || value.has(start + 1)) {
    return periodOf(day(value.text(start)), day(value.text(start + 1)));
  }
  if (!value.has(range)) return undefined;
  const both = value.component(range);
  return periodOf(day(both.text(1)), day(both.text(2)));
}

/** The name as it is said. */
export const nameText: Read = (value) =>
  [value.text(5), value.text(2), value.text(3), value.text(1), value.text(4)]
    .filter((part) => part !== '')
    .join(' ') || undefined;

const addressTypes = codeMap('addressType');
const addressUses = codeMap('addressUse');

/** XAD as Address. */
export const address: Read = (value, conversion, path) => {
  const found: Element = {};
  const kind = value.text(7);
  const use = addressUses.get(kind)?.code;
  if (use !== undefined && use !== '') found['use'] = use;
  const type = addressTypes.get(kind)?.code;
  if (type !== undefined && type !== '') found['type'] = type;
  const wide = value.size > 8;
  const last = wide ? value.text(19) : '';
  const line = list([value.text(1), value.text(1, 2), value.text(1, 3), value.text(2), last]);
  if (line !== undefined) found['line'] = line;
  placeIn(found, value, wide);
  const period = wide ? namePeriod(value, conversion, path, 12, 13) : undefined;
  if (period !== undefined) found['period'] = period;
  return unlessEmpty(found);
};

/** XAD.3 to 6, and its county. */
function placeIn(found: Element, value: Value, wide: boolean): void {
  const city = value.text(3);
  if (city !== '') found['city'] = city;
  const district = wide ? value.text(9, 2) || value.text(9) : '';
  if (district !== '') found['district'] = district;
  const state = value.text(4);
  if (state !== '') found['state'] = state;
  const postalCode = value.text(5);
  if (postalCode !== '') found['postalCode'] = postalCode;
  const country = value.text(6);
  if (country !== '') found['country'] = country;
}

const telecomSystems = codeMap('telecomSystem');
const telecomUses = codeMap('telecomUse');

/** XTN as ContactPoint; `use` where the field itself says whose it is. */
export function telecom(use?: string): Read {
  const read: Read = (value, conversion, path) => {
    const kind = value.text(3);
    const email = kind === 'Internet' || kind === 'X.400' || (kind === '' && value.has(4));
    const number = email ? value.text(4) || value.text(1) : phoneNumber(value);
    const said = value.text(2);
    const mapped = telecomSystems.get(kind)?.code;
    const rank = value.size > 17 ? value.text(18) : '';
    const period = value.size > 12 ? datesOf(value, 13, conversion, path) : undefined;
    if (number === '' && kind === '' && said === '') return undefined;
    return element({
      system:
        mapped === 'mobile' || (mapped === undefined && number !== '')
          ? email
            ? 'email'
            : 'phone'
          : mapped,
      value: number,
      use:
        telecomUses.get(said)?.code ??
        (said === '' ? use : undefined) ??
        (mapped === 'mobile' ? 'mobile' : undefined),
      rank: /^\d+$/.test(rank) ? Number(rank) : undefined,
      period,
    });
  };
  return ofKind(read, { use });
}

/** XTN.12 as it is written, or parts 5 to 8, or the old XTN.1. */
function phoneNumber(value: Value): string {
  if (value.size < 5) return value.text(1);
  const written = value.text(12);
  const [country, area, local, inner] = [5, 6, 7, 8].map((part) => value.text(part)) as [
    string,
    string,
    string,
    string,
  ];
  const old = value.text(1);
  if (written !== '') return written;
  if (local === '') return old;
  const front = country === '' ? '' : `+${country} `;
  return `${front}${area === '' ? '' : `${area} `}${local}${inner === '' ? '' : ` X${inner}`}`;
}

/** Units as a message gives them (CWE): code and system only where both are named. */
export function unitOf(value: Value): Element {
  const own = value.text(1);
  const words = value.text(2);
  const system = value.text(3);
  return {
    unit: words === '' ? own : words,
    ...(own !== '' && system !== '' && { system: codeSystem(system), code: own }),
  };
}

/** CQ: a number and its units in parts of one component. */
export const quantity: Read = (value, conversion, path) => {
  const number = decimalOf(value.text(1));
  if (number === undefined) {
    if (value.has(1)) conversion.issue('number-unreadable', path);
    return undefined;
  }
  return element({ value: number, ...unitOf(value.component(2)) });
};

export function extension(url: string, name: string, read: Read): Read {
  const whole = url.includes(':') ? url : extensions + url;
  const readOne: Read = (value, conversion, path) => {
    const found = read(value, conversion, path);
    if (found === undefined) return undefined;
    // Not as one literal: a computed name in it leaves the quick path of the engine.
    const made: Element = { url: whole };
    made[name] = found;
    return made;
  };
  return ofKind(readOne, { url: whole });
}

/**
 * A language, by its BCP 47 tag where its code is one or an ISO 639 code of a language that has one
 * (`ger` is `de`), beside what the sender said.
 */
export const language: Read = (value) => {
  const found = readConcept(value, noMap);
  if (found === undefined) return undefined;
  const tags = new Set([languageTag(value.text(1)), languageTag(value.text(4))]);
  const codings: Element[] = [];
  for (const own of tags) {
    if (own !== undefined) codings.push({ system: 'urn:ietf:bcp:47', code: own });
  }
  found['coding'] = [...codings, ...((found['coding'] as Element[] | undefined) ?? [])];
  return found;
};

const tagsOfCodes = new Map<string, string | undefined>();

/** Languages that are remembered. */
const mostTags = 1000;

function languageTag(own: string): string | undefined {
  if (own === '' || own.length > 6) return undefined;
  let tag = tagsOfCodes.get(own);
  if (tag === undefined && /^[a-z]{2,3}(-[a-z]{2})?$/i.test(own)) {
    [tag] = Intl.getCanonicalLocales(own);
    if (tagsOfCodes.size < mostTags) tagsOfCodes.set(own, tag);
  }
  return tag;
}

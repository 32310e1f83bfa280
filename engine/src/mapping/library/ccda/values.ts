import { isUnit } from '../../../fhirpath/ucum.ts';
import type { XmlElement } from '../../../formats/xml/element.ts';
import { decimalOf } from '../decimal.ts';
import type { Decimal } from '../decimal.ts';
import type { Element } from '../resource.ts';
import { codeSystem, namespaceUri, uriRoot } from './codeSystems.ts';
import type { Conversion } from './conversion.ts';

/*
 * Data types of CDA (HL7 V3 Data Types R1) as those of FHIR, by the data type tables of the
 * C-CDA on FHIR guide. Each answers undefined for what is absent or null.
 */

/** Members that are there; undefined when none is. */
export function compact(values: Element): Element | undefined {
  let there: Element | undefined;
  for (const name in values) {
    const value = values[name];
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
    there ??= {};
    there[name] = value;
  }
  return there;
}

/** One of CD, CE, CO or CS as a Coding. */
export function coding(element: XmlElement | undefined): Element | undefined {
  const code = element?.attribute('code');
  if (element === undefined || code === undefined || code === '') return undefined;
  const oid = element.attribute('codeSystem');
  return compact({
    system: oid === undefined ? undefined : codeSystem(oid),
    code: code.trim(),
    display: element.attribute('displayName'),
  });
}

/** CD with its translations and its own words as a CodeableConcept. */
export function concept(
  element: XmlElement | undefined,
  conversion: Conversion,
): Element | undefined {
  if (element === undefined) return undefined;
  const first = coding(element);
  const codings = first === undefined ? [] : [first];
  for (const each of element.all('translation')) {
    const translated = coding(each);
    if (translated !== undefined) codings.push(translated);
  }
  const own = element.child('originalText');
  const text = own === undefined ? undefined : words(own, conversion);
  return compact({
    coding: codings,
    text: text ?? (first === undefined ? element.attribute('displayName') : undefined),
  });
}

/** Encapsulated data (ED) as plain text: its own words, or those of the narrative it points at. */
export function words(element: XmlElement, conversion: Conversion): string | undefined {
  const link = element.child('reference')?.attribute('value');
  const target = link === undefined ? undefined : conversion.anchored(link, element);
  if (link?.startsWith('#') === true && target === undefined) {
    conversion.issue('narrative-missing', element);
  }
  const own = plain(element.text);
  return own ?? (target === undefined ? undefined : plain(target));
}

const uneven = /[^\S ]|\s\s/;

/** Words with one space between them. */
export function plain(text: string): string | undefined {
  const joined = (uneven.test(text) ? text.replace(/\s+/g, ' ') : text).trim();
  return joined === '' ? undefined : joined;
}

/** A CodeableConcept in words: its own, else those of its first code. */
export function inWords(told: Element | undefined): string | undefined {
  const [first] = (told?.coding as Element[] | undefined) ?? [];
  return (told?.text ?? first?.display) as string | undefined;
}

/** The words of the whole entry: `text` of an act. */
export function entryText(entry: XmlElement, conversion: Conversion): string | undefined {
  const text = entry.child('text');
  return text === undefined ? undefined : words(text, conversion);
}

export function number(
  element: XmlElement | undefined,
  conversion: Conversion,
): number | Decimal | undefined {
  const written = element?.attribute('value');
  if (element === undefined || written === undefined || written === '') return undefined;
  const value = decimalOf(written);
  if (value === undefined) conversion.issue('number-unreadable', element);
  return value;
}

/** Units that are counts and not measures: `1` is UCUM for none. */
const ucum = 'http://unitsofmeasure.org';

/** PQ as a Quantity. Its unit is UCUM's where it is one of them, else only words. */
export function quantity(
  element: XmlElement | undefined,
  conversion: Conversion,
): Element | undefined {
  const value = number(element, conversion);
  if (element === undefined || value === undefined) return undefined;
  const unit = element.attribute('unit');
  if (unit === undefined || unit === '' || unit === '1') return { value };
  return isUnit(unit) ? { value, unit, system: ucum, code: unit } : { value, unit };
}

/** IVL_PQ as a Quantity with a comparator, or a Range. */
export function quantityRange(
  element: XmlElement,
  conversion: Conversion,
): { quantity: Element } | { range: Element } | undefined {
  const [low, high] = [element.child('low'), element.child('high')];
  const [from, to] = [quantity(low, conversion), quantity(high, conversion)];
  if (from !== undefined && to !== undefined) return { range: { low: from, high: to } };
  if (from !== undefined) return { quantity: compared(from, low, '>') };
  if (to !== undefined) return { quantity: compared(to, high, '<') };
  return undefined;
}

function compared(value: Element, bound: XmlElement | undefined, sign: '<' | '>'): Element {
  const inclusive = bound?.attribute('inclusive') !== 'false';
  return { value: value.value, comparator: inclusive ? `${sign}=` : sign, ...value };
}

/** IVL_TS or TS: a point where it is one, else a period. */
export interface TimeSpan {
  point?: string | undefined;
  period?: Element | undefined;
}

export function timeSpan(element: XmlElement | undefined, conversion: Conversion): TimeSpan {
  if (element === undefined) return {};
  const point = conversion.time(element) ?? conversion.time(element.child('center'));
  if (point !== undefined) return { point };
  const start = conversion.time(element.child('low'));
  const end = conversion.time(element.child('high'));
  if (start !== undefined && start === end) return { point: start };
  return { period: compact({ start, end }) };
}

/** The first instant of a span: when it was, or when it began. */
export function startOf({ point, period }: TimeSpan): string | undefined {
  return point ?? (period?.start as string | undefined);
}

export function identifier(element: XmlElement): Element | undefined {
  const root = element.attribute('root');
  const extension = element.attribute('extension');
  if (root === undefined || root === '') {
    return extension === undefined ? undefined : { value: extension };
  }
  const system = namespaceUri(root);
  const authority = element.attribute('assigningAuthorityName');
  const assigner = authority === undefined ? undefined : { display: authority };
  if (root === uriRoot && extension !== undefined) return inUri(extension);
  if (extension !== undefined && extension !== '') {
    return compact({ system: system ?? `urn:x-cda:${root}`, value: extension, assigner });
  }
  return compact({ system: 'urn:ietf:rfc:3986', value: system ?? root, assigner });
}

/** An identifier whose system is a URI that no OID stands for: `system|value`, else the URI itself. */
function inUri(extension: string): Element | undefined {
  const [, system, value] = /^([^|]*)\|(.+)$/s.exec(extension) ?? [];
  if (value === undefined) return compact({ system: 'urn:ietf:rfc:3986', value: extension });
  return compact({ system: system === '' ? undefined : system, value });
}

export function identifiers(element: XmlElement): Element[] {
  return element
    .all('id')
    .map(identifier)
    .filter((each) => each !== undefined);
}

export const nameUses: Readonly<Record<string, string>> = {
  L: 'official',
  OR: 'official',
  C: 'official',
  P: 'nickname',
  A: 'nickname',
  ASGN: 'usual',
};

/** PN as a HumanName. A part with the qualifier of a birth name makes the whole one a maiden name. */
export function humanName(element: XmlElement, conversion: Conversion): Element | undefined {
  const parts = (name: string): string[] =>
    element
      .all(name)
      .map((part) => plain(part.text))
      .filter((each) => each !== undefined);
  const family = element.all('family');
  const born = family.some((part) => part.attribute('qualifier') === 'BR');
  const use = element.attribute('use')?.split(' ')[0] ?? '';
  for (const part of element.elements()) part.attribute('qualifier');
  const { period } = timeSpan(element.child('validTime'), conversion);
  const structured = compact({
    family: parts('family').join(' ') || undefined,
    given: parts('given'),
    prefix: parts('prefix'),
    suffix: parts('suffix'),
  });
  const text = structured === undefined ? plain(element.text) : undefined;
  if (structured === undefined && text === undefined) return undefined;
  return compact({ use: born ? 'maiden' : nameUses[use], text, ...structured, period });
}

export const addressUses: Readonly<Record<string, string>> = {
  H: 'home',
  HP: 'home',
  HV: 'temp',
  WP: 'work',
  DIR: 'work',
  PUB: 'work',
  TMP: 'temp',
  BAD: 'old',
  OLD: 'old',
};

const addressLines = [
  'streetAddressLine',
  'houseNumber',
  'streetName',
  'unitID',
  'additionalLocator',
];

export function address(
  element: XmlElement | undefined,
  conversion: Conversion,
): Element | undefined {
  if (element === undefined) return undefined;
  const part = (name: string): string | undefined => {
    const found = element.child(name);
    return found === undefined ? undefined : plain(found.text);
  };
  const line: string[] = [];
  for (const name of addressLines) {
    for (const each of element.all(name)) {
      const written = plain(each.text);
      if (written !== undefined) line.push(written);
    }
  }
  const structured = compact({
    line,
    city: part('city'),
    district: part('county'),
    state: part('state'),
    postalCode: part('postalCode'),
    country: part('country'),
  });
  const text = structured === undefined ? plain(element.text) : undefined;
  if (structured === undefined && text === undefined) return undefined;
  const uses = element.attribute('use')?.split(' ') ?? [];
  const use = uses.map((each) => addressUses[each]).find((each) => each !== undefined);
  const { period } = timeSpan(element.child('useablePeriod'), conversion);
  return compact({ use, text, ...structured, period });
}

export const telecomUses: Readonly<Record<string, string>> = {
  H: 'home',
  HP: 'home',
  HV: 'temp',
  WP: 'work',
  DIR: 'work',
  PUB: 'work',
  MC: 'mobile',
  TMP: 'temp',
  BAD: 'old',
};

const telecomSystems: Readonly<Record<string, string>> = {
  tel: 'phone',
  fax: 'fax',
  'x-text-fax': 'fax',
  mailto: 'email',
  sms: 'sms',
  http: 'url',
  https: 'url',
};

export function telecom(element: XmlElement): Element | undefined {
  const written = element.attribute('value')?.trim();
  if (written === undefined || written === '') return undefined;
  const scheme = /^([a-z][a-z-]*):/i.exec(written)?.[1]?.toLowerCase() ?? '';
  const system = telecomSystems[scheme];
  const isUrl = system === 'url' || system === undefined;
  const value = isUrl ? written : written.slice(scheme.length + 1).replace(/^\/\//, '');
  if (value.trim() === '') return undefined;
  const uses = element.attribute('use')?.split(' ') ?? [];
  const use = uses.map((each) => telecomUses[each]).find((each) => each !== undefined);
  return compact({ system: system ?? (isPhone(written) ? 'phone' : 'other'), value, use });
}

function isPhone(written: string): boolean {
  return /^[+\d().\-\s]+$/.test(written);
}

export function telecoms(element: XmlElement): Element[] {
  return element
    .all('telecom')
    .map(telecom)
    .filter((each) => each !== undefined);
}

export function addresses(element: XmlElement, conversion: Conversion): Element[] {
  return element
    .all('addr')
    .map((each) => address(each, conversion))
    .filter((each) => each !== undefined);
}

export function names(element: XmlElement | undefined, conversion: Conversion): Element[] {
  return (element?.all('name') ?? [])
    .map((each) => humanName(each, conversion))
    .filter((each) => each !== undefined);
}

/** What a null value says, as FHIR's data-absent-reason. */
export function absentReason(nullFlavor: string | undefined): Element {
  const code = absentReasons[nullFlavor ?? ''] ?? 'unknown';
  const system = 'http://terminology.hl7.org/CodeSystem/data-absent-reason';
  return { coding: [{ system, code }] };
}

const absentReasons: Readonly<Record<string, string>> = {
  UNK: 'unknown',
  ASKU: 'asked-unknown',
  NAV: 'temp-unknown',
  NASK: 'not-asked',
  MSK: 'masked',
  NA: 'not-applicable',
  NINF: 'negative-infinity',
  PINF: 'positive-infinity',
  OTH: 'unsupported',
  UNC: 'as-text',
};

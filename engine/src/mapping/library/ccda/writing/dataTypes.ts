import { sha256Hex } from '../../../../base/digest.ts';
import { tag, type Markup, type XmlWritten } from '../../../../formats/xml/writer.ts';
import { nameOf, type Writing } from '../../outward/chart.ts';
import { plainDecimal } from '../../outward/decimalText.ts';
import { hl7Time } from '../../outward/hl7Time.ts';
import type { Reading } from '../../outward/reading.ts';
import { isUuid, uriRoot } from '../codeSystems.ts';
import { addressUses, nameUses, telecomUses } from '../values.ts';
import { inverse, rootOf, systemOid } from './oids.ts';

/*
 * Data types of FHIR as those of CDA (HL7 V3 Data Types R1): the data type tables of the C-CDA on FHIR
 * guide the other way round.
 */

/** A point in time as TS writes it. */
export function time(own: string, path: string, writing: Writing): string | undefined {
  const found = hl7Time(own);
  if (found === undefined) writing.issue('date-unreadable', path);
  else if (found.isCut) writing.issue('precision-lost', path);
  return found?.text;
}

/** A date or time of an element, marked. */
export function timeAt(from: Reading, name: string, writing: Writing): string | undefined {
  const own = from.peek(name);
  const written = own === undefined ? undefined : time(own, `${from.path}.${name}`, writing);
  if (written !== undefined) from.take(name);
  return written;
}

export interface Span {
  start?: string | undefined;
  end?: string | undefined;
}

export function spanOf(period: Reading | undefined, writing: Writing): Span {
  if (period === undefined) return {};
  return { start: timeAt(period, 'start', writing), end: timeAt(period, 'end', writing) };
}

/** IVL_TS under a name; nothing of a span without ends. */
export function interval(name: string, { start, end }: Span, type?: string): XmlWritten {
  if (start === undefined && end === undefined) return undefined;
  return tag(
    name,
    { 'xsi:type': type },
    start === undefined ? tag('low', { nullFlavor: 'UNK' }) : tag('low', { value: start }),
    end === undefined ? undefined : tag('high', { value: end }),
  );
}

/** `effectiveTime` by an element's dateTime or Period: a point, or a span. */
export function effective(from: Reading, stem: string, writing: Writing): XmlWritten {
  const point = timeAt(from, `${stem}DateTime`, writing) ?? timeAt(from, `${stem}Instant`, writing);
  if (point !== undefined) return tag('effectiveTime', { value: point });
  return interval('effectiveTime', spanOf(from.child(`${stem}Period`), writing));
}

/** As {@link effective}, where both ends must be there: what is of one moment begins and ends with it. */
export function effectiveSpan(from: Reading, stem: string, writing: Writing): XmlWritten {
  const point = timeAt(from, `${stem}DateTime`, writing);
  const period = from.child(`${stem}Period`);
  if (point === undefined && period === undefined) return undefined;
  const { start, end } =
    point === undefined ? spanOf(period, writing) : { start: point, end: point };
  return tag('effectiveTime', {}, endOf('low', start), endOf('high', end));
}

function endOf(name: 'low' | 'high', value: string | undefined): XmlWritten {
  return tag(name, value === undefined ? { nullFlavor: 'UNK' } : { value });
}

interface CodeOptions {
  type?: string;
  /** Stands inside, behind the translations. */
  inside?: XmlWritten;
}

/**
 * CodeableConcept as CD: the first coding whose system has an OID, the others as translations. A coding
 * without such a system stays unmarked; its words stand as the original text where there are no others.
 */
export function concept(
  name: string,
  from: Reading | undefined,
  writing: Writing,
  { type, inside }: CodeOptions = {},
): Markup | undefined {
  if (from === undefined) return undefined;
  const [first, ...others] = from
    .all('coding')
    .map((each) => codeAttributes(each, writing))
    .filter((each) => each !== undefined);
  const words = from.text('text') ?? (first === undefined ? wordsOfCoding(from) : undefined);
  if (first === undefined && words === undefined) return undefined;
  return tag(
    name,
    { 'xsi:type': type, ...(first ?? { nullFlavor: 'OTH' }) },
    words === undefined ? undefined : tag('originalText', {}, words),
    others.map((each) => tag('translation', each)),
    inside,
  );
}

function wordsOfCoding(from: Reading): string | undefined {
  const [first] = from.all('coding');
  return first?.text('display') ?? first?.text('code');
}

type Attributes = Record<string, string | undefined>;

/** A Coding's code, system and words; undefined, and an issue, where its system has no OID. */
export function codeAttributes(from: Reading, writing: Writing): Attributes | undefined {
  const [code, system] = [from.peek('code'), from.peek('system')];
  if (code === undefined) return undefined;
  const oid = system === undefined ? undefined : systemOid(system);
  if (oid === undefined) {
    writing.issue('system-without-oid', `${from.path}.system`);
    return undefined;
  }
  return {
    code: from.text('code'),
    codeSystem: system === undefined ? undefined : (from.take('system'), oid),
    displayName: from.text('display'),
  };
}

/** A code that a template fixes. */
export function fixed(
  name: string,
  code: string,
  codeSystem: string,
  displayName?: string,
): Markup {
  return tag(name, { code, codeSystem, displayName });
}

export const systems = {
  loinc: '2.16.840.1.113883.6.1',
  snomed: '2.16.840.1.113883.6.96',
  actCode: '2.16.840.1.113883.5.4',
  actClass: '2.16.840.1.113883.5.6',
  observationValue: '2.16.840.1.113883.5.1063',
} as const;

/** Identifier as II; one whose system has no OID is told by URI and value (root of urn:ietf:rfc:3986). */
export function identifier(from: Reading): Markup | undefined {
  const own = from.text('value');
  if (own === undefined) return undefined;
  const system = from.text('system');
  if (system === 'urn:ietf:rfc:3986') {
    const root = rootOf(own);
    return root === undefined ? tag('id', { root: uriRoot, extension: own }) : tag('id', { root });
  }
  const root = system === undefined ? undefined : rootOf(system);
  if (root !== undefined) return tag('id', { root, extension: own });
  return tag('id', { root: uriRoot, extension: `${system ?? ''}|${own}` });
}

/** The ids of an entry: its identifiers, else the id of the resource, made an UUID where it is none. */
export function ids(from: Reading, writing: Writing): XmlWritten {
  const own = from
    .all('identifier')
    .map(identifier)
    .filter((each) => each !== undefined);
  return own.length > 0 ? own : tag('id', { root: ownUuid(from, writing) });
}

/** An id for what stands around or beside the entry of a resource. */
export function ownId(from: Reading, what: string, writing: Writing): XmlWritten {
  return tag('id', { root: uuidOf(`${from.path}/${from.peek('id') ?? ''}|${what}`, writing) });
}

function ownUuid(from: Reading, writing: Writing): string {
  const id = from.peek('id') ?? '';
  if (isUuid(id)) {
    from.take('id');
    return id.toLowerCase();
  }
  return uuidOf(nameOf(from), writing);
}

/** A UUID (version 8 of RFC 9562: of one's own making) for what a name tells apart. */
export function uuidOf(name: string, writing: Writing): string {
  const hex = sha256Hex(writing.identify(name)).slice(0, 32);
  const [a, b, c, d, e] = [0, 8, 12, 16, 20].map((at, index) =>
    hex.slice(at, [8, 12, 16, 20, 32][index]),
  ) as [string, string, string, string, string];
  return [a, b, `8${c.slice(1)}`, `8${d.slice(1)}`, e].join('-');
}

const named = { official: 'L', nickname: 'P', usual: 'ASGN' } as const;

/** HumanName as PN. */
export function personName(from: Reading, writing: Writing): Markup {
  const use = from.peek('use') ?? '';
  const code = (named as Record<string, string>)[use] ?? inverse(nameUses).get(use);
  const isMaiden = use === 'maiden';
  if (code !== undefined || isMaiden) from.take('use');
  const parts = [
    ...from.texts('prefix').map((each) => tag('prefix', {}, each)),
    ...from.texts('given').map((each) => tag('given', {}, each)),
    ...(from.peek('family') === undefined
      ? []
      : [tag('family', { qualifier: isMaiden ? 'BR' : undefined }, from.text('family'))]),
    ...from.texts('suffix').map((each) => tag('suffix', {}, each)),
  ];
  const period = interval('validTime', spanOf(from.child('period'), writing));
  return tag('name', { use: code }, parts.length === 0 ? from.text('text') : parts, period);
}

const addressCodes = { home: 'HP', work: 'WP', temp: 'TMP', old: 'BAD' } as const;

/** Address as AD. */
export function postalAddress(from: Reading, writing: Writing): Markup {
  const use = from.peek('use') ?? '';
  const code = (addressCodes as Record<string, string>)[use] ?? inverse(addressUses).get(use);
  if (code !== undefined) from.take('use');
  const part = (name: string, own: string): XmlWritten => {
    const text = from.text(own);
    return text === undefined ? undefined : tag(name, {}, text);
  };
  const lines = from.texts('line').map((each) => tag('streetAddressLine', {}, each));
  const others = [
    part('city', 'city'),
    part('county', 'district'),
    part('state', 'state'),
    part('postalCode', 'postalCode'),
    part('country', 'country'),
  ].filter((each) => each !== undefined);
  const words = lines.length + others.length === 0 ? from.text('text') : undefined;
  const period = interval('useablePeriod', spanOf(from.child('period'), writing), 'IVL_TS');
  return tag('addr', { use: code }, words, lines, others, period);
}

const schemes: Readonly<Record<string, string>> = {
  phone: 'tel:',
  fax: 'fax:',
  email: 'mailto:',
  sms: 'sms:',
  url: '',
};

const telecomCodes = { home: 'HP', work: 'WP', mobile: 'MC', temp: 'TMP', old: 'BAD' } as const;

/** ContactPoint as TEL; kinds that have no scheme stay unread. */
export function telecom(from: Reading): Markup | undefined {
  const scheme = schemes[from.peek('system') ?? 'phone'];
  const own = scheme === undefined ? undefined : from.text('value');
  if (own === undefined) return undefined;
  from.take('system');
  const use = from.peek('use') ?? '';
  const code = (telecomCodes as Record<string, string>)[use] ?? inverse(telecomUses).get(use);
  if (code !== undefined) from.take('use');
  return tag('telecom', { use: code, value: scheme + own });
}

/** Addresses and telecoms; what must be there and is not is null. */
export function reachable(from: Reading, writing: Writing, isRequired = true): XmlWritten {
  const addresses = from.all('address').map((each) => postalAddress(each, writing));
  const numbers = from
    .all('telecom')
    .map(telecom)
    .filter((each) => each !== undefined);
  const absent = (name: string): XmlWritten =>
    isRequired ? tag(name, { nullFlavor: 'UNK' }) : undefined;
  return [
    addresses.length === 0 ? absent('addr') : addresses,
    numbers.length === 0 ? absent('telecom') : numbers,
  ];
}

const ucum = 'http://unitsofmeasure.org';

/** Value and unit of a Quantity as PQ has them: undefined where its unit is more than one word. */
export function measured(from: Reading): { value: string; unit: string | undefined } | undefined {
  const own = from.peek('value');
  const isUcum = from.peek('system') === ucum;
  const unit = (isUcum ? from.peek('code') : undefined) ?? from.peek('unit') ?? from.peek('code');
  if (own === undefined || /\s/.test(unit ?? '')) return undefined;
  from.take('value');
  if (isUcum) {
    from.take('system');
    from.take('code');
  }
  if (unit === from.peek('unit')) from.take('unit');
  return { value: plainDecimal(own), unit };
}

/** Quantity as PQ under a name. */
export function quantity(name: string, from: Reading | undefined, type?: string): XmlWritten {
  const found = from === undefined ? undefined : measured(from);
  return found && tag(name, { 'xsi:type': type, ...found });
}

import type { Detector } from './detector.ts';
import { numberKinds, type IdentifierKind } from './identifier.ts';

/** What a column of a table holds, as far as privacy minds. */
export type ColumnClass =
  | { class: 'identifier'; kind: IdentifierKind }
  | { class: 'birth date' }
  | { class: 'date' }
  | { class: 'zip' }
  | { class: 'state' }
  | { class: 'key' }
  | { class: 'age' }
  | { class: 'quantity' }
  | { class: 'code' }
  | { class: 'free text' }
  | { class: 'empty' };

/** What was seen of a column. */
export interface ColumnProfile {
  name: string;
  /** Values that are not empty. */
  populated: number;
  /** Distinct values and how often each occurs; of more than `mostDistinct` only the first. */
  values: ReadonlyMap<string, number>;
}

/** Distinct values that a profile holds. */
export const mostDistinct = 2000;

/** A value that fewer rows have than this may single somebody out. */
export const smallestCell = 11;

const names: readonly (readonly [RegExp, ColumnClass])[] = [
  [/(?:^|_)(?:ssn|soc_?sec|social)/, { class: 'identifier', kind: 'ssn' }],
  [/(?:^|_)(?:e_?mail|email)/, { class: 'identifier', kind: 'email' }],
  [/(?:phone|fax|(?:^|_)(?:tel|cell|mobile|ph)(?:_|$))/, { class: 'identifier', kind: 'phone' }],
  [/(?:^|_)(?:url|web_?site|link|homepage)(?:_|$)/, { class: 'identifier', kind: 'url' }],
  [/(?:^|_)(?:ip|ip_?addr(?:ess)?|mac)(?:_|$)/, { class: 'identifier', kind: 'ip' }],
  [/(?:^|_)(?:dob|birth_?(?:date|dt|day)?|date_of_birth|brth_?dt)(?:_|$)/, { class: 'birth date' }],
  [/(?:^|_)(?:zip|zip_?code|postal|post_?code)/, { class: 'zip' }],
  [/(?:^|_)(?:state|st_cd|province)(?:_|$)/, { class: 'state' }],
  [
    /(?:addr|street|(?:^|_)(?:city|town|county|line_?[12]))/,
    { class: 'identifier', kind: 'address' },
  ],
  [
    /(?:(?:^|_)(?:first|last|given|family|middle|mid|maiden|sur|full|fst|lst|nick|contact|guarantor|spouse|mother|father|emergency|patient|pt|guardian|provider|doctor)_?(?:nm|name|names|init)(?:_|$)|^(?:name|nm|surname|forename)$|_(?:nm|name)$)/,
    { class: 'identifier', kind: 'person' },
  ],
  [
    /(?:^|_)(?:licen[cs]e|lic|dl|dea|npi|plate|vin)(?:_|$)/,
    { class: 'identifier', kind: 'licence' },
  ],
  [
    /(?:^|_)(?:serial|udi|device_?(?:id|no)|implant)(?:_|$)/,
    { class: 'identifier', kind: 'device' },
  ],
  [/(?:^|_)age(?:_|$)/, { class: 'age' }],
];

/** What a column holds, by its name and by what was seen of it; in doubt it is free text. */
export function classifyColumn(profile: ColumnProfile, detector: Detector): ColumnClass {
  if (profile.populated === 0) return { class: 'empty' };
  const name = profile.name.replaceAll(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
  const named = names.find(([pattern]) => pattern.test(name));
  if (named) return named[1];
  const values = [...profile.values.keys()];
  if (values.every((value) => timeForms.some((form) => form.test(value)))) return { class: 'date' };
  const found = identifierOf(values, detector);
  if (found) return { class: 'identifier', kind: found };
  if (isKey(name, profile)) return { class: 'key' };
  if (values.every((value) => /^[-+]?\d{1,7}(?:\.\d{1,6})?$/.test(value)))
    return { class: 'quantity' };
  return isCode(profile) ? { class: 'code' } : { class: 'free text' };
}

const timeForms = [
  /^\d{4}-\d\d(?:-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?)?$/,
  /^\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d\d)(?: \d{1,2}:\d\d(?::\d\d)?(?: ?[AP]M)?)?$/i,
  /^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d{4}(?:\d\d)?)?$/,
];

/** The kind of identifier that at least a third of a sample of values is, from end to end. */
function identifierOf(values: readonly string[], detector: Detector): IdentifierKind | undefined {
  const step = Math.max(1, Math.floor(values.length / 60));
  const sample = values.filter((_, at) => at % step === 0);
  const counts = new Map<IdentifierKind, number>();
  for (const value of sample) {
    for (const { kind, start, end } of detector.find(value)) {
      if (end - start < value.length * 0.8) continue;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
  }
  const [most] = [...counts].toSorted(([, left], [, right]) => right - left);
  if (!most || most[1] * 3 < sample.length) return undefined;
  // Bare numbers are rather keys and codes, unless their form is told.
  return numberKinds.has(most[0]) && most[0] === 'id' ? undefined : most[0];
}

function isKey(name: string, { populated, values }: ColumnProfile): boolean {
  const likely =
    /(?:^|_)(?:id|no|nr|num|number|key|mrn|acct|account|guid|uuid|ref|fk)(?:_|$)|id$/.test(name);
  const distinct = values.size >= mostDistinct || values.size > populated * 0.5;
  return (
    likely ||
    (distinct && [...values.keys()].every((value) => /^[A-Z]{0,4}-?\d[\dA-Z-]*$/i.test(value)))
  );
}

/** Few short values without blanks, each of many rows. */
function isCode({ values }: ColumnProfile): boolean {
  const all = [...values];
  return (
    all.length <= 100 &&
    all.every(([value, count]) => count >= smallestCell && /^[\w./+-]{1,16}$/.test(value))
  );
}

import { JsonNumber, type Json, type JsonObject } from '../../base/json.ts';

/**
 * Any element of FHIR R4 in words: nothing of it is left out but where a nameless reference leads, digits stay. Codes stand behind their words with
 * their system, so that whoever reads can tell `4548-4` of LOINC from another.
 */
export function worded(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return joined(value.map(worded), '; ');
  return wordedObject(value);
}

function wordedObject(value: JsonObject): string {
  const has = (...names: string[]): boolean => names.some((name) => value[name] !== undefined);
  if (has('coding') || Object.keys(value).join() === 'text') return concept(value);
  if (value['value'] instanceof JsonNumber && !has('currency')) return quantity(value);
  if (has('code') && (has('system') || has('display'))) return coding(value);
  if (has('value') && has('currency'))
    return `${worded(value['value'])} ${worded(value['currency'])}`;
  if (has('low', 'high')) return `${worded(value['low'])} – ${worded(value['high'])}`;
  if (has('numerator')) return `${worded(value['numerator'])} / ${worded(value['denominator'])}`;
  if (has('reference')) return reference(value);
  if (has('start', 'end')) return `${worded(value['start'])} – ${worded(value['end'])}`;
  const parts = Object.entries(value).map(([name, part]) => labelled(name, worded(part)));
  return joined(parts, ', ');
}

/** `display (system code)` of each coding, behind the text where it says something else. */
function concept({ text, coding: codings, ...rest }: JsonObject): string {
  const said = worded(text);
  const coded = Array.isArray(codings) ? codings.map(worded) : [];
  const more = coded.map((one) =>
    said !== '' && one.startsWith(`${said} (`) ? one.slice(said.length + 1) : one,
  );
  return joined([said, ...more, wordsOf(rest)], ' ');
}

function coding({ system, code, display, ...rest }: JsonObject): string {
  const named = display !== undefined;
  const key = joined([worded(system), named ? worded(code) : ''], ' ');
  const inside = key === '' ? '' : `(${key})`;
  return joined([worded(named ? display : code), inside, wordsOf(rest)], ' ');
}

function quantity({ comparator, value, unit, code, system, ...rest }: JsonObject): string {
  const name = worded(unit) || worded(code);
  const key = unit !== undefined && code !== undefined && code !== unit ? `(${worded(code)})` : '';
  // UCUM says nothing that the unit does not say.
  const other = system === 'http://unitsofmeasure.org' ? '' : labelled('system', worded(system));
  return joined([worded(comparator), worded(value), name, key, other, wordsOf(rest)], ' ');
}

/** Whom it leads to by name; without one nothing, for an id means nothing to whoever reads. */
function reference({ display, identifier }: JsonObject): string {
  return worded(display) || worded(identifier);
}

function wordsOf(rest: JsonObject): string {
  return Object.keys(rest).length === 0 ? '' : worded(rest);
}

/** `bodySite`: `body site: left arm`. */
export function labelled(name: string, words: string): string {
  if (words === '') return '';
  return `${name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}: ${words}`;
}

export function joined(parts: readonly string[], by: string): string {
  return parts.filter((part) => part !== '').join(by);
}

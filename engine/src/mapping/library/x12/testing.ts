import assert from 'node:assert/strict';
import { interchange, readAll, transaction } from '../../../formats/x12/testing.ts';
import { X12Converter } from './convert.ts';
import type { ConvertedUnit } from './convert.ts';

export function convert(text: string, options = {}): ConvertedUnit[] {
  const converter = new X12Converter({ identify: (key) => key, zone: undefined });
  return readAll(text, options).flatMap((event) => [...converter.convert(event)]);
}

/** What a transaction of these segments becomes. */
export function made(guide: string, body: readonly string[]): ConvertedUnit[] {
  return convert(interchange(guide, transaction(guide, body)));
}

/** Resources of a type as they are written: digits and all. */
export function allOf(units: readonly ConvertedUnit[], type: string): unknown[] {
  const resources = units.flatMap((unit) => unit.resources);
  return resources
    .filter(({ resourceType }) => resourceType === type)
    .map((each) => JSON.parse(JSON.stringify(each)) as unknown);
}

export function oneOf(units: readonly ConvertedUnit[], type: string): unknown {
  const found = allOf(units, type);
  assert.equal(found.length, 1, `${found.length} ${type}`);
  return found[0];
}

/** Codes of a CodeableConcept. */
export function codesOf(concept: unknown): string[] {
  return (concept as { coding: { code: string }[] }).coding.map(({ code }) => code);
}

import assert from 'node:assert/strict';
import { interchange, readAll, transaction } from '../../../formats/x12/testing.ts';
import { X12Converter } from './convert.ts';
import type { ConvertedUnit } from './convert.ts';

// oxlint-disable-next-line no-explicit-any -- what was written is looked at by its paths
export type Written = any;

export function convert(text: string, options = {}): ConvertedUnit[] {
  const converter = new X12Converter({ identify: (key) => key, zone: undefined });
  return readAll(text, options).flatMap((event) => [...converter.convert(event)]);
}

export function made(guide: string, body: readonly string[]): ConvertedUnit[] {
  return convert(interchange(guide, transaction(guide, body)));
}

/** Resources of a type as they are written: digits and all. */
export function written(units: readonly ConvertedUnit[], type: string): Written[] {
  const resources = units.flatMap((unit) => unit.resources);
  return resources
    .filter(({ resourceType }) => resourceType === type)
    .map((each) => JSON.parse(JSON.stringify(each)) as unknown);
}

export const one = (units: readonly ConvertedUnit[], type: string): Written => {
  const found = written(units, type);
  assert.equal(found.length, 1, `${found.length} ${type}`);
  return found[0];
};

export const codes = (concept: Written): string[] =>
  concept.coding.map(({ code }: { code: string }) => code);

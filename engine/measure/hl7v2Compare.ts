import type { OfficialElement, Tables } from './hl7v2Tables.ts';

export interface Leaf {
  /** `Patient.name.family`: without indexes. */
  path: string;
  value: string;
}

export interface LeafResource {
  type: string;
  id: string;
  leaves: readonly Leaf[];
}

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** The leaves of the resources of a bundle, or of a list of resources. */
export function leavesOf(resources: readonly object[]): LeafResource[] {
  return resources.map((resource) => {
    const { resourceType, id } = resource as { resourceType: string; id?: string };
    const leaves: Leaf[] = [];
    collect(JSON.parse(JSON.stringify(resource)) as Json, resourceType, leaves);
    return { type: resourceType, id: id ?? '', leaves };
  });
}

function collect(json: Json, path: string, leaves: Leaf[]): void {
  if (Array.isArray(json)) for (const item of json) collect(item, path, leaves);
  else if (typeof json === 'object' && json !== null) {
    for (const [name, value] of Object.entries(json)) {
      if (name === 'id' || name === 'resourceType' || name === 'div') continue;
      collect(value, `${path}.${name.replace(/^_/, '')}`, leaves);
    }
  } else leaves.push({ path, value: String(json) });
}

const dated = /^\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

export function isDate(value: string): boolean {
  return value.length >= 7 && dated.test(value);
}

/** A system that the other converter made up where the message names none that is published. */
export function isPlaceholder(value: string): boolean {
  return /^https?:\/\/example\.(com|org)\//.test(value);
}

/** Whether two leaves say the same: instants, numbers, and words without regard to case. */
export function sameValue(expected: string, ours: string): boolean {
  if (expected === ours) return true;
  if (isDate(expected) && isDate(ours)) return sameTime(expected, ours);
  if (expected.trim().toLowerCase() === ours.trim().toLowerCase()) return true;
  if (wordsOf(expected) === wordsOf(ours)) return true;
  const [one, other] = [Number(expected), Number(ours)];
  return expected.trim() !== '' && ours.trim() !== '' && one === other;
}

/** The words of a text that is put together of several, in whatever order. */
function wordsOf(text: string): string {
  const words = text.toLowerCase().split(/[^\p{L}\p{N}]+/u);
  return words
    .filter((word) => word !== '')
    .toSorted()
    .join(' ');
}

function sameTime(expected: string, ours: string): boolean {
  const [one, other] = [Date.parse(expected), Date.parse(ours)];
  if (expected.includes('T') && ours.includes('T')) return one === other;
  const [short, long] = expected.length < ours.length ? [expected, ours] : [ours, expected];
  if (long.startsWith(short)) return true;
  // A date is a day of its own zone: an instant within a day of it may be on it.
  return Math.abs(one - other) <= 86_400_000;
}

/** Pairs of the resources that say the most of the same, by type. */
export function pairUp(
  expected: readonly LeafResource[],
  ours: readonly LeafResource[],
): Map<LeafResource, LeafResource> {
  const pairs = new Map<LeafResource, LeafResource>();
  for (const type of new Set(expected.map((each) => each.type))) {
    const left = ours.filter((each) => each.type === type);
    const scored = expected
      .filter((each) => each.type === type)
      .flatMap((one) => left.map((other) => ({ one, other, score: likeness(one, other) })))
      .toSorted((a, b) => b.score - a.score);
    for (const { one, other, score } of scored) {
      // Several of the other's resources may be one of ours: what has the same id is one.
      if (!pairs.has(one) && score > 0) pairs.set(one, other);
    }
  }
  return pairs;
}

function likeness(one: LeafResource, other: LeafResource): number {
  const values = new Set(other.leaves.map(({ path, value }) => `${path}=${value.toLowerCase()}`));
  let score = 0;
  for (const { path, value } of one.leaves) {
    if (values.has(`${path}=${value.toLowerCase()}`))
      score += /\.(value|code|family)$/.test(path) ? 3 : 1;
  }
  return score;
}

/**
 * Whether the tables take this value from the message: the text of a field they name for the
 * element, the date it is, or (for codes, flags and what is said by a line) anything at all.
 */
export function isDefined(leaf: Leaf, element: OfficialElement, tables: Tables): boolean {
  const { value, path } = leaf;
  if (/\.(system|reference|display)$/.test(path)) return true;
  if (path.endsWith('.url')) return tables.constants.has(value);
  if (/\.(code|use|status|type|gender|severity|contentType)$/.test(path)) {
    return (
      tables.constants.has(value) || [...element.sources].some((raw) => gives(raw, value, tables))
    );
  }
  if (element.sources.size === 0 || value === 'true' || value === 'false') return true;
  const wanted = plain(value);
  for (const source of element.sources) {
    if (isDate(value)) {
      if (source.replace(/\D/g, '').startsWith(value.slice(0, 4))) return true;
    } else if (saysAsMuch(plain(source), wanted)) return true;
  }
  return false;
}

/** Whether a code of the source is that code, or is mapped to it. */
function gives(raw: string, code: string, tables: Tables): boolean {
  return raw
    .split(/[\^&~]/)
    .some((part) => part === code || tables.codes.get(part)?.has(code) === true);
}

function saysAsMuch(source: string, wanted: string): boolean {
  return source.includes(wanted) || (source.length > 3 && wanted.includes(source));
}

function plain(text: string): string {
  return text
    .replaceAll(/\\[A-Z.a-z0-9+-]*\\/g, '')
    .replace(/^urn:(oid|uuid):/, '')
    .replaceAll(/[^A-Za-z0-9.]/g, '')
    .toLowerCase();
}

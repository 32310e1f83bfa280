import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { sha256Hex } from '../src/base/digest.ts';
import { parseMessage } from '../src/formats/hl7v2/message.ts';
import type { Hl7Message } from '../src/formats/hl7v2/message.ts';
import { writeMessage } from '../src/formats/hl7v2/writer.ts';
import { convertMessage } from '../src/mapping/library/hl7v2/convert.ts';
import { isDefined, isPlaceholder, leavesOf, pairUp, sameValue } from './hl7v2Compare.ts';
import type { Leaf, LeafResource } from './hl7v2Compare.ts';
import { officialElements, readTables } from './hl7v2Tables.ts';
import type { OfficialElement, Tables } from './hl7v2Tables.ts';
import { unsupported } from './hl7v2Wrong.ts';

interface Tally {
  elements: number;
  recalled: number;
  excluded: number;
}

export interface Hl7v2Measure {
  /** Files with a message. */
  messages: number;
  parsed: number;
  /** Put together again from their smallest parts, byte for byte. */
  roundTripped: number;
  /** Elements of the expected bundles that the tables define for the message, `excluded` left out. */
  elements: number;
  recalled: number;
  excluded: number;
  recall: number;
  /** Recall if what {@link lenient} lets pass were missed. */
  strictRecall: number;
  /** What `recalled` counts that is not the same text, by why; each is a rule, none a file. */
  lenient: Readonly<Record<Leniency, number>>;
  /** Elements with another code, status, unit, date or patient than the message. */
  wrong: number;
  /** Elements of expected bundles that the tables have no line for, and how many we have too. */
  apart: { elements: number; recalled: number };
  bySegment: (Tally & { segment: string; recall: number })[];
  misses: { cause: string; file: string; expected: string }[];
}

/**
 * @param directory `messages/*.hl7` and, where there are any, `expected/…/NAME-expected.json`.
 * @param more Folders whose messages count for `parsed` and `roundTripped` alone.
 */
export function measureHl7v2(
  directory: string,
  tablesDirectory: string,
  more: readonly string[] = [],
): Hl7v2Measure {
  const files = messagesOf(directory);
  const all = [...files, ...more.flatMap(messagesOf)];
  const result = {
    messages: all.length,
    parsed: 0,
    roundTripped: 0,
    wrong: 0,
    apart: { elements: 0, recalled: 0 },
    misses: [] as Hl7v2Measure['misses'],
  };
  const bySegment = new Map<string, Tally>();
  const lenient = {
    'words of a code': 0,
    'system made up': 0,
    'who is referred to': 0,
    'how it is written': 0,
  };
  for (const file of all) {
    const bytes = readFileSync(file);
    const message = parseMessage(bytes);
    if (message === undefined) continue;
    result.parsed++;
    if (writeMessage(message).equals(bytes)) result.roundTripped++;
  }
  const expected = expectedOf(directory);
  const tables = readTables(tablesDirectory);
  for (const file of files) {
    const message = parseMessage(readFileSync(file));
    if (message === undefined) continue;
    const name = path.basename(file, '.hl7');
    const ours = leavesOf(convert(message));
    for (const cause of unsupported(message, ours, tables)) {
      result.wrong++;
      result.misses.push({ cause: `wrong: ${cause}`, file: name, expected: '' });
    }
    const bundle = expected.get(name);
    if (bundle === undefined) continue;
    compare(name, message, bundle, ours, tables, bySegment, { ...result, lenient });
  }
  const total = sum([...bySegment.values()]);
  return {
    messages: result.messages,
    parsed: result.parsed,
    roundTripped: result.roundTripped,
    ...total,
    recall: ratio(total),
    strictRecall: ratio({
      ...total,
      recalled: Object.values(lenient).reduce((left, one) => left - one, total.recalled),
    }),
    lenient,
    wrong: result.wrong,
    apart: result.apart,
    bySegment: [...bySegment]
      .toSorted(([one], [other]) => one.localeCompare(other))
      .map(([segment, tally]) => ({ segment, ...tally, recall: ratio(tally) })),
    misses: result.misses,
  };
}

function messagesOf(directory: string): string[] {
  const folder = path.join(directory, 'messages');
  if (!existsSync(folder)) throw new Error(`there is no folder "messages" in ${directory}`);
  const names = readdirSync(folder).filter((name) => /\.hl7$/i.test(name));
  return names.toSorted().map((name) => path.join(folder, name));
}

function expectedOf(directory: string): Map<string, LeafResource[]> {
  const found = globSync('expected/**/*-expected.json', { cwd: directory });
  return new Map(
    found.map((file) => {
      const text = readFileSync(path.join(directory, file), 'utf8');
      const { entry = [] } = JSON.parse(text) as { entry?: { resource: object }[] };
      const name = path.basename(file, '-expected.json');
      return [name, leavesOf(entry.map(({ resource }) => resource))];
    }),
  );
}

export function convert(message: Hl7Message): object[] {
  const identify = (key: string): string => sha256Hex(key).slice(0, 32);
  return convertMessage(message, { identify, zone: undefined }).resources;
}

function compare(
  file: string,
  message: Hl7Message,
  expected: readonly LeafResource[],
  ours: readonly LeafResource[],
  tables: Tables,
  bySegment: Map<string, Tally>,
  result: Pick<Hl7v2Measure, 'apart' | 'misses'> & { lenient: Record<Leniency, number> },
): void {
  const official = officialElements(message, tables);
  const pairs = pairUp(expected, ours);
  for (const resource of expected) {
    const pair = pairs.get(resource);
    for (const leaf of resource.leaves) {
      const how = foundAs(pair, leaf);
      const found = how !== undefined;
      const element = official.get(leaf.path);
      if (element === undefined || !isDefined(leaf, element, tables)) {
        result.apart.elements++;
        if (found) result.apart.recalled++;
        continue;
      }
      if (how !== undefined && how !== 'as it is') result.lenient[how]++;
      count(tallyOf(bySegment, element), leaf, found, () =>
        result.misses.push({
          cause: `${element.segment} ${leaf.path}`,
          file,
          expected: leaf.value,
        }),
      );
    }
  }
}

function tallyOf(bySegment: Map<string, Tally>, { segment }: OfficialElement): Tally {
  const tally = bySegment.get(segment) ?? { elements: 0, recalled: 0, excluded: 0 };
  bySegment.set(segment, tally);
  return tally;
}

function count(tally: Tally, leaf: Leaf, found: boolean, missed: () => void): void {
  if (!found && leftOpen(leaf)) {
    tally.excluded++;
    return;
  }
  tally.elements++;
  if (found) tally.recalled++;
  else missed();
}

/**
 * What the tables leave to who implements them: HD[uri] and CWE.3 go to a URI "to be determined",
 * and the other converter made one up.
 */
function leftOpen({ path: place, value }: Leaf): boolean {
  // PID-19, NK1-37: SS in the US "and various other jurisdictions", SB outside "for certain" ones.
  if (place.endsWith('.identifier.type.coding.code') && value === 'SB') return true;
  return place.endsWith('.system') && isPlaceholder(value);
}

/** Why an element counts as recalled though its text is another. */
export type Leniency =
  /** `display`: the words for a code are its system's, not the message's. */
  | 'words of a code'
  /** A system that the other converter made up: HD and CWE.3 go to a URI "to be determined". */
  | 'system made up'
  /** Ids are each converter's own: that a resource of that type is referred to is what can be compared. */
  | 'who is referred to'
  /** The same instant, number, or words in other letters or another order. */
  | 'how it is written';

function foundAs(
  pair: LeafResource | undefined,
  { path: place, value }: Leaf,
): Leniency | 'as it is' | undefined {
  const there = pair?.leaves.filter((leaf) => leaf.path === place) ?? [];
  if (there.length === 0) return undefined;
  if (there.some((leaf) => leaf.value === value)) return 'as it is';
  if (place.endsWith('.reference')) {
    const isThere = there.some((leaf) => typeOf(value) === typeOf(leaf.value));
    return isThere ? 'who is referred to' : undefined;
  }
  if (place.endsWith('.display')) return 'words of a code';
  if (isPlaceholder(value)) return 'system made up';
  return there.some((leaf) => sameValue(value, leaf.value)) ? 'how it is written' : undefined;
}

/** A person is told of as such or in a role: the tables say now one, now the other. */
function typeOf(reference: string): string {
  return (reference.split('/')[0] as string).replace(/^PractitionerRole$/, 'Practitioner');
}

function sum(tallies: readonly Tally[]): Tally {
  const total = { elements: 0, recalled: 0, excluded: 0 };
  for (const { elements, recalled, excluded } of tallies) {
    total.elements += elements;
    total.recalled += recalled;
    total.excluded += excluded;
  }
  return total;
}

function ratio({ elements, recalled }: Tally): number {
  return elements === 0 ? 1 : recalled / elements;
}

import { existsSync, globSync, readFileSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import { sha256Hex } from '../src/base/digest.ts';
import { parseCda } from '../src/formats/cda.ts';
import { convertCda } from '../src/mapping/library/ccda/convert.ts';
import type { ConvertedCda } from '../src/mapping/library/ccda/convert.ts';
import { clinicalFacts } from './ccdaFacts.ts';
import type { ClinicalFact, ClinicalKind } from './ccdaFacts.ts';
import { accountOf, isDenied, noneKnown, wrongOf } from './ccdaSource.ts';
import type { Accounted } from './ccdaSource.ts';

export interface CcdaMeasure {
  documents: number;
  converted: number;
  refused: number;
  threw: number;
  /** Clinical entries of the expected bundles. */
  entries: number;
  matched: number;
  /** Of those matched: what the source negates, and the expected bundle tells as if it were so. */
  corrected: number;
  /** Entries of ours with another code, status, negation, unit or patient than the source. */
  wrong: number;
  recall: number;
  /** Allergies and medications of the sources, and those of which something was made or told. */
  accounted: Readonly<Record<'allergies' | 'medications', Accounted>>;
  byKind: { kind: ClinicalKind; entries: number; matched: number }[];
  misses: { cause: string; file: string; expected: string }[];
}

/**
 * @param directory `documents/` and, where there are any, `expected/…/NAME-expected.json`.
 * @param more Folders whose XML files count for `converted`, `refused`, `threw`, `wrong` and
 * `accounted` alone.
 */
export function measureCcda(directory: string, more: readonly string[] = []): CcdaMeasure {
  const folder = path.join(directory, 'documents');
  if (!existsSync(folder)) throw new Error(`there is no folder "documents" in ${directory}`);
  const own = readdirSync(folder)
    .toSorted()
    .map((name) => path.join(folder, name));
  const others = more.flatMap((each) =>
    globSync('**/*.xml', { cwd: each })
      .toSorted()
      .map((name) => path.join(each, name)),
  );
  const expected = expectedOf(directory);
  const result = {
    documents: 0,
    converted: 0,
    refused: 0,
    threw: 0,
    corrected: 0,
    wrong: 0,
    misses: [] as CcdaMeasure['misses'],
  };
  const accounted = {
    allergies: { source: 0, carried: 0 },
    medications: { source: 0, carried: 0 },
  };
  const kinds = new Map<ClinicalKind, { entries: number; matched: number }>();
  for (const file of [...own, ...others]) {
    result.documents++;
    const name = path.basename(file).replace(/\.[^.]*$/, '');
    const bytes = readFileSync(file);
    const converted = attempt(bytes);
    if (converted === undefined) {
      result.threw++;
      continue;
    }
    if (converted.refused !== undefined) {
      result.refused++;
      result.misses.push({ cause: `refused: ${converted.refused}`, file: name, expected: '' });
      continue;
    }
    result.converted++;
    const text = bytes.toString();
    for (const cause of wrongOf(text, converted.resources)) {
      result.wrong++;
      result.misses.push({ cause: `wrong: ${cause}`, file: name, expected: '' });
    }
    accountOf(text, converted, accounted);
    const bundle = own.includes(file) ? expected.get(name) : undefined;
    if (bundle === undefined) continue;
    const denied = isDenied(text);
    result.corrected += compare(name, bundle, converted, denied, kinds, result.misses);
  }
  const tallies = [...kinds].map(([kind, tally]) => ({ kind, ...tally }));
  const entries = tallies.reduce((sum, tally) => sum + tally.entries, 0);
  const matched = tallies.reduce((sum, tally) => sum + tally.matched, 0);
  const { misses, wrong, corrected, ...counts } = result;
  const recall = entries === 0 ? 1 : matched / entries;
  return {
    ...counts,
    entries,
    matched,
    corrected,
    wrong,
    recall,
    accounted,
    byKind: tallies,
    misses,
  };
}

type Attempt = Omit<ConvertedCda, 'refused'> & { refused?: string };

/** Undefined when it threw, which no input may make it do. */
function attempt(bytes: Buffer): Attempt | undefined {
  const identify = (key: string): string => sha256Hex(key).slice(0, 32);
  try {
    const roots = parseCda(bytes);
    if ('code' in roots) return { ...nothing, refused: roots.code };
    // A fragment is told whose chart it is of: it was cut out of a document that said it.
    const subject = { reference: 'Patient/of-the-fragment' };
    return convertCda(roots, undefined, { identify, zone: undefined, subject });
  } catch {
    return undefined;
  }
}

const nothing = { type: undefined, resources: [], unread: [], issues: [] };

function expectedOf(directory: string): Map<string, object[]> {
  const found = globSync('expected/**/*-expected.json', { cwd: directory });
  return new Map(
    found.map((file) => {
      const text = readFileSync(path.join(directory, file), 'utf8');
      const { entry = [] } = JSON.parse(text) as { entry?: { resource: object }[] };
      return [path.basename(file, '-expected.json'), entry.map(({ resource }) => resource)];
    }),
  );
}

type Denied = ReturnType<typeof isDenied>;

/** How many entries of the expected bundle the source negates and only we say so. */
function compare(
  file: string,
  bundle: readonly object[],
  converted: Attempt,
  isNegated: Denied,
  kinds: Map<ClinicalKind, { entries: number; matched: number }>,
  misses: CcdaMeasure['misses'],
): number {
  const ours = clinicalFacts(converted.resources);
  const free = new Set(ours);
  let corrected = 0;
  for (const fact of clinicalFacts(bundle)) {
    const tally = kinds.get(fact.kind) ?? { entries: 0, matched: 0 };
    kinds.set(fact.kind, tally);
    tally.entries++;
    const candidates = [...free].filter((each) => isSameEntry(each, fact));
    const denied = candidates.find((each) => deniedBy(each, fact, isNegated));
    const best = denied ?? candidates.find((each) => difference(each, fact) === undefined);
    if (denied !== undefined) corrected++;
    if (best !== undefined) {
      tally.matched++;
      free.delete(best);
      continue;
    }
    const [near] = candidates;
    const cause = near === undefined ? 'absent' : difference(near, fact);
    const shown = `${fact.codes.join(' ')} ${fact.times.join(' ')} ${fact.values.join(' ')}`;
    misses.push({ cause: `${fact.kind} ${String(cause)}`, file, expected: shown.slice(0, 120) });
  }
  return corrected;
}

/** Whether the source negates the entry, and ours says so where the expected one does not. */
function deniedBy(ours: ClinicalFact, fact: ClinicalFact, isNegated: Denied): boolean {
  const same = fact.identifiers.some(
    (id) => ours.identifiers.includes(id) && isNegated(id, fact.codes),
  );
  const says = ours.negated || ours.codes.some((code) => noneKnown.has(code));
  return same && says && !fact.negated;
}

function isSameEntry(ours: ClinicalFact, expected: ClinicalFact): boolean {
  if (ours.kind !== expected.kind) return false;
  if (expected.codes.some((code) => ours.codes.includes(code))) return true;
  return expected.identifiers.some((each) => ours.identifiers.includes(each));
}

/** What the expected entry says that ours does not; undefined when it says all of it. */
function difference(ours: ClinicalFact, expected: ClinicalFact): string | undefined {
  if (!expected.codes.every((code) => ours.codes.includes(code))) return 'code';
  if (!expected.times.every((time) => ours.times.includes(time))) return 'time';
  if (!expected.values.every((value) => ours.values.includes(value))) return 'value';
  if (expected.negated !== ours.negated) return 'negation';
  if (expected.status !== undefined && !sameStatus(ours, expected.status)) return 'status';
  return undefined;
}

/** The other converter writes `unknown` where it does not know how to tell. */
function sameStatus({ status }: ClinicalFact, expected: string): boolean {
  return expected === status || expected === 'unknown';
}

import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import type { Charts } from '../../linkage/persons/charts.ts';
import type { Fact, FactBatch } from '../../model/fact.ts';
import type { Finding } from '../../model/finding.ts';
import { isItem } from '../../model/person.ts';
import { concepts } from '../../verification/concepts/catalogue.ts';
import { compareConcept } from '../../verification/factValues.ts';
import { ReadBack } from '../../verification/readBack.ts';

/** What says which chart a record is, and so has to stand on the chart that it leads to. */
const numbers: ReadonlySet<string> = new Set(['mrn', 'ssn', 'record-number', 'npi', 'identifier']);

export interface LedFacts {
  batch: FactBatch;
  /** Numbers of records that lead to another one's chart, and all that is said of things, said of that chart. */
  merged: readonly Fact[];
}

/**
 * Facts as linking leads them: what is said of a patient is said of the chart of the person, and what refers
 * to a record refers to its chart. Of a record that has no chart of its own only its numbers are held against
 * the chart (of a thing that came by several roads everything); of all else the chart's own record speaks.
 */
export function leadFacts(batch: FactBatch, charts: Charts): LedFacts {
  if (charts.size === 0) return { batch, merged: [] };
  const merged: Fact[] = [];
  const facts = batch.facts.flatMap((fact): Fact[] => {
    const { subject } = fact;
    const value = refersTo.test(fact.value) ? charts.resolve(fact.value) : fact.value;
    const isLed = subject !== undefined && charts.isMerged(subject);
    const isSame = !isLed && value === fact.value;
    const led = isSame
      ? fact
      : { ...fact, value, ...(isLed && { subject: charts.chartOf(subject) }) };
    if (!charts.isMerged(fact.id)) return [led];
    // What stands for several things says all that they say.
    if (numbers.has(fact.concept) || isItem(fact.type)) {
      merged.push({ ...led, id: charts.chartOf(fact.id) });
    }
    return [];
  });
  return { batch: { ...batch, facts }, merged };
}

/** The value of a fact that says what is referred to. */
const refersTo = /^[A-Z][A-Za-z]+\/[0-9a-z]{26}$/;

/** What merged records say that has to stand on their charts, and does not. */
export function lostNumbers(
  merged: readonly Fact[],
  readBacks: ReadonlyMap<string, ReadBack>,
): Finding[] {
  return merged.flatMap((fact): Finding[] => {
    const { type, id, concept: name, ordinal } = fact;
    const at = { verifier: 'facts', type, id, path: name, ordinal } as const;
    const resource = readBacks.get(`${type}/${id}`)?.resource;
    const concept = concepts.get(name);
    if (resource === undefined || concept === undefined) {
      return [{ ...at, kind: 'unverifiable', code: 'could-not-compare' }];
    }
    // The chart has the numbers of others too: only what is missing is a difference.
    const isThere = concept
      .read(resource)
      .some((held) => compareConcept(concept, [fact], [held]).length === 0);
    const code = isItem(type) ? 'contribution-lost' : 'number-lost';
    return isThere ? [] : [{ ...at, kind: 'missing', code }];
  });
}

/**
 * The charts without the identifiers that linking put there beside those of their own record, so that they
 * can be held against the facts of that record.
 */
export function withoutMerged(
  readBacks: ReadonlyMap<string, ReadBack>,
  facts: readonly Fact[],
  charts: Charts,
): ReadonlyMap<string, ReadBack> {
  if (charts.size === 0) return readBacks;
  const own = new Map<string, Set<string>>();
  for (const { id, concept, system, value } of facts) {
    if (!numbers.has(concept)) continue;
    // Two authorities may have given one number.
    const named = system === '' ? value : `${system}|${value}`;
    own.set(id, (own.get(id) ?? new Set()).add(named));
  }
  return new Map(
    [...readBacks].map(([name, read]) => {
      const { stored } = read;
      const merged = charts.mergedInto(stored.id);
      if (merged.length === 0 || stored.state !== 'present') return [name, read];
      const added = new Set(merged.flatMap((one) => one.identifiers.map(nameOf)));
      const resource = read.resource;
      const identifiers = resource?.['identifier'];
      if (resource === undefined || !Array.isArray(identifiers)) return [name, read];
      const left = identifiers.filter(
        (one) => !added.has(nameOf(one)) || says(own.get(stored.id), one),
      );
      const lacked = new Set(merged.flatMap(({ elements = {} }) => Object.keys(elements)));
      const rest = Object.fromEntries(
        Object.entries(resource).filter(
          ([element]) => element !== 'identifier' && !lacked.has(element),
        ),
      );
      const bare: JsonObject = left.length > 0 ? { ...rest, identifier: left } : rest;
      const body = Buffer.from(canonicalJson(bare));
      return [name, new ReadBack({ ...stored, body }, read.apart)];
    }),
  );
}

function nameOf(identifier: Json): string {
  if (!isJsonObject(identifier)) return canonicalJson(identifier);
  return canonicalJson([identifier['system'] ?? null, identifier['value'] ?? null]);
}

/** Whether the record's own facts name the identifier, with its system or without. */
function says(own: ReadonlySet<string> | undefined, identifier: Json): boolean {
  if (own === undefined || !isJsonObject(identifier)) return false;
  const { system, value } = identifier;
  if (typeof value !== 'string') return false;
  return own.has(value) || own.has(`${typeof system === 'string' ? system : ''}|${value}`);
}

import type { Fact } from '../../model/fact.ts';

/**
 * What records stated of one resource so far, each concept as it was stated last. When something was
 * stated is a text that compares. A type, not an interface: it is kept as JSON.
 */
export type FactTelling = {
  type: string;
  id: string;
  concepts: { [concept: string]: StatedConcept };
};

export type StatedConcept = {
  at: string;
  /** Subject, value and system of each fact. */
  values: (readonly [subject: string, value: string, system: string])[];
};

/** Of these a document states what it knows; silence leaves standing what was stated before. */
const statedInParts: ReadonlySet<string> = new Set([
  'Encounter',
  'Organization',
  'Patient',
  'Practitioner',
]);

/** Concepts of which nothing is taken back by leaving it out. */
const kept: ReadonlySet<string> = new Set(['kind', 'record-number']);

/** Before a kept concept and the beginning of its values: those were taken back. */
const without = 'without ';

/** What one record states of one resource; a fact without a value takes back what was stated. */
export function tellFacts(facts: readonly Fact[], at: string): FactTelling {
  const [{ type, id }] = facts as [Fact];
  const telling: FactTelling = { type, id, concepts: {} };
  for (const { concept, subject, value, system } of facts) {
    if (value === '' && kept.has(concept)) {
      telling.concepts[`${without}${concept} ${system}`] = { at, values: [] };
      continue;
    }
    const name = kept.has(concept) ? `${concept} ${value}` : concept;
    const said = (telling.concepts[name] ??= { at, values: [] });
    // Nothing is stated any more, unless the record states something besides.
    if (value === '') continue;
    if (kept.has(concept) && said.values.length > 0) continue;
    said.values.push([subject, value, system]);
  }
  return telling;
}

/** Both together; the order in which they are joined does not matter. */
export function joinFacts(one: FactTelling, other: FactTelling): FactTelling {
  if (!statedInParts.has(one.type)) return latest(one) < latest(other) ? other : one;
  const concepts = { ...one.concepts };
  for (const [name, said] of Object.entries(other.concepts)) {
    const known = concepts[name];
    if (known === undefined || known.at < said.at) concepts[name] = said;
  }
  return { ...one, concepts };
}

function latest({ concepts }: FactTelling): string {
  return Object.values(concepts).reduce((last, { at }) => (at > last ? at : last), '');
}

/**
 * The facts that stand, as if the record with this ordinal stated all of them. Whose they are is what
 * was stated last: a visit that moved to another patient moved with all that is known of it.
 */
export function toldFacts({ type, id, concepts }: FactTelling, ordinal: number): Fact[] {
  const all = Object.entries(concepts);
  const taken = all.filter(([name]) => name.startsWith(without));
  let newest = '';
  let subject = '';
  for (const [, { at, values }] of all) {
    if (values[0] !== undefined && at >= newest) [newest, subject] = [at, values[0][0]];
  }
  return all.flatMap(([name, { at, values }]) => {
    const isTaken = taken.some(
      ([prefix, later]) => name.startsWith(prefix.slice(without.length)) && later.at > at,
    );
    const [concept = ''] = name.split(' ', 1);
    if (isTaken) return [];
    return values.map(([, value, system]) => {
      return { ordinal, type, id, subject, concept, value, system };
    });
  });
}

import type { JsonObject } from '../base/json.ts';
import type { AbsentResource, Fact, FactBatch } from '../model/fact.ts';
import type { Finding } from '../model/finding.ts';
import { concepts } from './concepts/catalogue.ts';
import type { Concept } from './concepts/concept.ts';
import { texts } from './concepts/elements.ts';
import { compareConcept } from './factValues.ts';
import type { FactDifference } from './factValues.ts';
import type { ReadBack } from './readBack.ts';

/** Concepts that the plan declares facts of, by resource type: silence is then a statement too. */
export type DeclaredFacts = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Compare what the source says with what the target holds: target ↔ facts. It knows neither the
 * mapping nor the draft.
 *
 * Whoever calls gives, under `Type/id`, one read-back for every resource that the batch's facts,
 * absences and drafts name (a removed or absent one is an answer; one that is not given was not
 * fetched, which is unverifiable), and has left out the facts of quarantined records, which are
 * accounted for elsewhere. `elsewhere`: resources, `Type/id`, whose facts are compared with another
 * batch. Facts of *excluded* records stay in: a wrong exclusion shows as missing.
 */
export function compareFacts(
  batch: FactBatch,
  readBacks: ReadonlyMap<string, ReadBack>,
  declared: DeclaredFacts,
  elsewhere: ReadonlySet<string> = nothing,
): Finding[] {
  const stated = groupFacts(batch.facts);
  const findings = unreadableFindings(batch);
  const unread = unreadConcepts(batch);
  for (const [key, facts] of stated) {
    const skip = unread.get(key) ?? nothing;
    findings.push(...compareResource(facts, readBacks.get(key), declared, skip));
  }
  findings.push(...batch.absent.flatMap((absent) => compareAbsent(absent, readBacks)));
  findings.push(...unexplained(batch, stated, readBacks, declared, elsewhere));
  return findings;
}

const nothing: ReadonlySet<string> = new Set();

/** Facts come record by record, so that most stand behind another one about the same resource. */
function groupFacts(facts: readonly Fact[]): Map<string, Fact[]> {
  const groups = new Map<string, Fact[]>();
  let group: Fact[] = [];
  let last: Fact | undefined;
  for (const fact of facts) {
    if (fact.id !== last?.id || fact.type !== last.type) {
      const key = `${fact.type}/${fact.id}`;
      group = groups.get(key) ?? [];
      groups.set(key, group);
    }
    group.push(fact);
    last = fact;
  }
  return groups;
}

/** Everything the facts of one resource can say about it. `facts` holds at least one. */
function compareResource(
  facts: readonly Fact[],
  readBack: ReadBack | undefined,
  declared: DeclaredFacts,
  unread: ReadonlySet<string>,
): Finding[] {
  const [first] = facts;
  if (first === undefined) return [];
  const at = { type: first.type, id: first.id, ordinal: first.ordinal };
  if (readBack === undefined) {
    return [finding(at, { kind: 'unverifiable', code: 'could-not-compare' }, at.type)];
  }
  if (readBack.stored.state !== 'present') {
    return [finding(at, { kind: 'missing', code: 'resource-missing' }, at.type)];
  }
  const resource = readBack.resource;
  if (resource === undefined) {
    return [finding(at, { kind: 'unverifiable', code: 'could-not-compare' }, at.type)];
  }
  if (resource['resourceType'] !== at.type || resource['id'] !== at.id) {
    return [finding(at, { kind: 'different', code: 'resource-different' }, at.type)];
  }
  const findings = compareSubject(facts, resource, at);
  const byConcept = Map.groupBy(facts, (fact) => fact.concept);
  for (const name of conceptNames(declared.get(at.type) ?? nothing, byConcept)) {
    if (unread.has(name)) continue;
    const concept = concepts.get(name);
    const differences = usable(concept, at.type)
      ? compareConcept(concept, byConcept.get(name) ?? [], concept.read(resource))
      : [unknownConcept];
    for (const difference of differences) findings.push(finding(at, difference, name));
  }
  return findings;
}

/** The declared concepts, then any that are stated without being declared. */
function* conceptNames(
  declared: ReadonlySet<string>,
  stated: ReadonlyMap<string, unknown>,
): Generator<string> {
  yield* declared;
  for (const name of stated.keys()) if (!declared.has(name)) yield name;
}

function usable(concept: Concept | undefined, type: string): concept is Concept {
  return concept?.types.includes(type) === true;
}

const unknownConcept: FactDifference = { kind: 'unverifiable', code: 'concept-unknown' };

/** R4 types whose patient stands elsewhere than in `subject.reference`. */
const patientReferences: ReadonlyMap<string, string> = new Map([
  ['Patient', 'id'],
  ['AllergyIntolerance', 'patient.reference'],
  ['Claim', 'patient.reference'],
  ['ClaimResponse', 'patient.reference'],
  ['Consent', 'patient.reference'],
  ['Coverage', 'beneficiary.reference'],
  ['Device', 'patient.reference'],
  ['EpisodeOfCare', 'patient.reference'],
  ['ExplanationOfBenefit', 'patient.reference'],
  ['FamilyMemberHistory', 'patient.reference'],
  ['Immunization', 'patient.reference'],
  ['RelatedPerson', 'patient.reference'],
]);

/**
 * The wrong patient is the worst difference there is, so it has a code of its own. Facts without a
 * subject claim that the resource has no patient either; a Patient is its own, stated or not.
 */
function compareSubject(facts: readonly Fact[], resource: JsonObject, at: Place): Finding[] {
  const held = texts(resource, patientReferences.get(at.type) ?? 'subject.reference');
  const [first = ''] = held;
  const claimed = facts[0]?.subject ?? '';
  const alike = held.length <= 1 && facts.every(({ subject }) => subject === claimed);
  if (alike && expectedReference(claimed, at) === first) return [];
  const actual = new Set(held.length === 0 ? [''] : held);
  const expected = new Set(facts.map(({ subject }) => expectedReference(subject, at)));
  if (sameSet(expected, actual)) return [];
  const kind = actual.has('') ? 'missing' : expected.has('') ? 'extra' : 'different';
  return [finding(at, { kind, code: 'subject-different' }, 'subject')];
}

function expectedReference(subject: string, at: Place): string {
  if (at.type === 'Patient') return subject === '' ? at.id : subject;
  return subject === '' ? '' : `Patient/${subject}`;
}

function sameSet(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((item) => other.has(item));
}

/** What must not be at the target, by declaration, and is. */
function compareAbsent(
  absent: AbsentResource,
  readBacks: ReadonlyMap<string, ReadBack>,
): Finding[] {
  const readBack = readBacks.get(`${absent.type}/${absent.id}`);
  if (readBack === undefined) {
    return [finding(absent, { kind: 'unverifiable', code: 'could-not-compare' }, absent.type)];
  }
  if (readBack.stored.state !== 'present') return [];
  return [finding(absent, { kind: 'extra', code: 'resource-extra' }, absent.type)];
}

/** Resources of a type with declared facts for which the source states none: invented ones. */
function unexplained(
  batch: FactBatch,
  stated: ReadonlyMap<string, unknown>,
  readBacks: ReadonlyMap<string, ReadBack>,
  declared: DeclaredFacts,
  elsewhere: ReadonlySet<string>,
): Finding[] {
  const absent = new Set(batch.absent.map(({ type, id }) => `${type}/${id}`));
  const findings: Finding[] = [];
  for (const [key, { stored }] of readBacks) {
    if (stored.state !== 'present' || stated.has(key) || absent.has(key)) continue;
    if (elsewhere.has(key)) continue;
    if ((declared.get(stored.type)?.size ?? 0) === 0) continue;
    const at = { type: stored.type, id: stored.id, ordinal: -1 };
    findings.push(finding(at, { kind: 'extra', code: 'no-source-fact' }, at.type));
  }
  return findings;
}

/** A fact that could not be computed is reported where the record's other facts point. */
function unreadableFindings(batch: FactBatch): Finding[] {
  if (batch.unreadable.length === 0) return [];
  const places = placesByOrdinal(batch.facts);
  return batch.unreadable.map(({ ordinal, concept }) => {
    const { type, id } = places.get(ordinal)?.[0] ?? { type: '', id: '' };
    return finding(
      { type, id, ordinal },
      { kind: 'unverifiable', code: 'fact-unreadable' },
      concept,
    );
  });
}

/** Concepts not to compare, by resource, as they are reported unreadable already. */
function unreadConcepts(batch: FactBatch): Map<string, Set<string>> {
  const unread = new Map<string, Set<string>>();
  if (batch.unreadable.length === 0) return unread;
  const places = placesByOrdinal(batch.facts);
  for (const { ordinal, concept } of batch.unreadable) {
    for (const { type, id } of places.get(ordinal) ?? []) {
      const key = `${type}/${id}`;
      unread.set(key, (unread.get(key) ?? new Set()).add(concept));
    }
  }
  return unread;
}

function placesByOrdinal(facts: readonly Fact[]): Map<number, Fact[]> {
  return Map.groupBy(facts, (fact) => fact.ordinal);
}

interface Place {
  type: string;
  id: string;
  ordinal: number;
}

function finding(at: Place, difference: FactDifference, path: string): Finding {
  return {
    verifier: 'facts',
    kind: difference.kind,
    code: difference.code,
    type: at.type,
    id: at.id,
    path,
    ordinal: difference.ordinal ?? at.ordinal,
  };
}

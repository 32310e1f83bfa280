import type { ProjectKey } from '../keys/projectKey.ts';
import { stableId } from '../keys/stableId.ts';
import type { CompiledFacts } from '../mapping/facts/evaluate.ts';
import type { CompiledMapping, PackedMappedBatch } from '../mapping/mapper.ts';
import { erasedReason } from '../mapping/shape.ts';
import type { Draft, RecordOutcome } from '../model/draft.ts';
import type { AbsentResource, FactBatch } from '../model/fact.ts';
import type { RecordBatch } from '../model/record.ts';
import { itemAt, packItems } from '../staging/packedItems.ts';
import { subjectsOf } from './phases/map.ts';
import type { CompiledStreams } from './plan/streams.ts';

/** Stable ids of Patients that were erased. */
type Erased = ReadonlySet<string>;

/**
 * The same mappings and facts, for which persons that were erased are not there: what is read of them again
 * is excluded before anything is made of it, and the facts say that nothing of them may be at a target.
 */
export function withoutErased(
  compiled: CompiledStreams,
  erased: Erased,
  key: Pick<ProjectKey, 'tag'>,
): CompiledStreams {
  if (erased.size === 0) return compiled;
  const mappings = [...compiled.mappings].map(([stream, mapping]) => {
    const own = compiled.facts.get(stream);
    // What is held has no drafts: its key, or its facts, say whose it is.
    const heldOf = (batch: RecordBatch, held: readonly number[]): number[] => {
      const subjects = subjectsOf(own, batch, held);
      return held.filter((at) => {
        const itself = stableId(key.tag(stream, batch.keys[at] as string), 'Patient');
        return erased.has(itself) || erased.has(subjects.get(at) ?? '');
      });
    };
    return [stream, mappingWithout(mapping, erased, heldOf)] as const;
  });
  const facts = [...compiled.facts].map(
    ([stream, one]) => [stream, factsWithout(one, erased)] as const,
  );
  return { mappings: new Map(mappings), facts: new Map(facts) };
}

/** Those of some held records that are an erased person's. */
type HeldOf = (batch: RecordBatch, held: readonly number[]) => readonly number[];

function mappingWithout(mapping: CompiledMapping, erased: Erased, heldOf: HeldOf): CompiledMapping {
  const without = (mapped: PackedMappedBatch, batch: RecordBatch): PackedMappedBatch =>
    leftOut(mapped, erased, excludedIn(mapped, batch, erased, heldOf));
  return {
    ...mapping,
    map: (batch) => without(mapping.map(batch), batch),
    mapRelated(batch, related) {
      const mapped = mapping.mapRelated(batch, related);
      return 'wanted' in mapped ? mapped : without(mapped, batch);
    },
  };
}

/** Records that are the person's: something of them was made, and nothing of anybody else. */
function excludedIn(
  { drafts, outcomes }: PackedMappedBatch,
  batch: RecordBatch,
  erased: Erased,
  heldOf: HeldOf,
): ReadonlySet<number> {
  const gone = new Set<number>();
  const others = new Set<number>();
  for (const draft of drafts) {
    const subject = subjectOf(draft);
    if (subject === undefined) continue;
    for (const ordinal of draft.from) (erased.has(subject) ? gone : others).add(ordinal);
  }
  const held = [...outcomes.keys()].filter((at) => outcomes[at]?.state === 'quarantined');
  for (const ordinal of heldOf(batch, held)) gone.add(ordinal);
  return withoutAny(gone, others);
}

function leftOut(
  mapped: PackedMappedBatch,
  erased: Erased,
  excluded: ReadonlySet<number>,
): PackedMappedBatch {
  const { drafts, told } = mapped;
  const stays = (draft: Draft): boolean =>
    !erased.has(subjectOf(draft) ?? '') && !draft.from.some((ordinal) => excluded.has(ordinal));
  const standing = [...drafts.keys()].filter((at) => stays(drafts[at] as Draft));
  if (standing.length === drafts.length && excluded.size === 0) return mapped;
  const outcomes = mapped.outcomes.map((outcome, ordinal): RecordOutcome =>
    excluded.has(ordinal) && outcome.state !== 'excluded'
      ? { state: 'excluded', reason: erasedReason }
      : outcome,
  );
  const takenBack = standing.flatMap((former, at) => {
    const some = told?.takenBack.get(former);
    return some === undefined ? [] : [[at, some] as const];
  });
  return {
    ...mapped,
    outcomes,
    drafts: standing.map((at) => drafts[at] as Draft),
    bodies: packItems(standing.map((at) => itemAt(mapped.bodies, at))),
    ...(told && { told: { ...told, takenBack: new Map(takenBack) } }),
  };
}

function withoutAny(some: Iterable<number>, others: ReadonlySet<number>): Set<number> {
  return new Set([...some].filter((one) => !others.has(one)));
}

function subjectOf({ type, id, references }: Draft): string | undefined {
  if (type === 'Patient') return id;
  return references.find((one) => one.startsWith('Patient/'))?.slice('Patient/'.length);
}

function factsWithout(facts: CompiledFacts, erased: Erased): CompiledFacts {
  return { ...facts, read: (batch, related) => absentOf(facts.read(batch, related), erased) };
}

/** What is said of an erased person: nothing of it may be at the target. */
function absentOf(batch: FactBatch, erased: Erased): FactBatch {
  const { facts, unreadable } = batch;
  const ours = facts.filter(({ subject }) => erased.has(subject));
  if (ours.length === 0) return batch;
  const others = new Set(
    facts.flatMap(({ subject, ordinal }) => (subject && !erased.has(subject) ? [ordinal] : [])),
  );
  const left = withoutAny(
    ours.map(({ ordinal }) => ordinal),
    others,
  );
  const isGone = ({ subject, ordinal }: { subject: string; ordinal: number }): boolean =>
    erased.has(subject) || left.has(ordinal);
  const gone = new Map<string, AbsentResource>();
  for (const fact of facts.filter(isGone)) {
    const { ordinal, type, id, subject } = fact;
    gone.set(`${type}/${id}`, { ordinal, type, id, subject });
  }
  return {
    ...batch,
    facts: facts.filter((fact) => !isGone(fact)),
    absent: [...batch.absent, ...gone.values()],
    unreadable: unreadable.filter(({ ordinal }) => !left.has(ordinal)),
  };
}

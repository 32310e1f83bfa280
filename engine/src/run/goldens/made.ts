import { canonicalJson, toJson, type Json, type JsonObject } from '../../base/json.ts';
import type { CompiledFacts } from '../../mapping/facts/evaluate.ts';
import type { CompiledMapping, PackedMappedBatch } from '../../mapping/mapper.ts';
import type { FactBatch } from '../../model/fact.ts';
import type { Stream } from '../../model/stream.ts';
import { checkDraft } from '../../quality/draftJudge.ts';
import { itemAt } from '../../staging/packedItems.ts';
import { compareFacts } from '../../verification/facts.ts';
import { parseResource, ReadBack } from '../../verification/readBack.ts';
import type { Golden } from './goldenFile.ts';
import { batchOf, RowsAtHand } from './rowsAtHand.ts';

/** What is made of the rows of a golden. */
export interface Made {
  /** In the form in which a golden expects it. */
  found: JsonObject;
  /** Where drafts and facts say different things: wrong whatever the golden expects. */
  contradictions: Contradiction[];
}

export interface Contradiction {
  /** `Type/id`, as in the golden. */
  draft: string;
  kind: string;
  /** Element or concept. */
  path: string;
}

export interface MakingRules {
  mapping: CompiledMapping;
  facts: CompiledFacts | undefined;
  streams: ReadonlyMap<string, Stream>;
}

/** Map the rows of a golden, check what comes of it, and hold it against the facts. */
export function makeGolden(golden: Golden, { mapping, facts, streams }: MakingRules): Made {
  const batch = batchOf(golden.stream, golden.given);
  const others = [...golden.with].map(([name, rows]) => batchOf(streams.get(name) as Stream, rows));
  const related = new RowsAtHand(streams, [batch, ...others]);
  const mapped = mapping.mapRelated(batch, related);
  if ('wanted' in mapped) throw new RangeError('rows at hand leave no key to be looked for');
  const drafts = draftsOf(mapped);
  const stated = facts && standing(facts.read(batch, related), mapped);
  const found: Record<string, Json> = {
    items: mapped.outcomes.map((_, ordinal) => itemOf(mapped, stated, ordinal)),
  };
  if (drafts.size > 0) found['drafts'] = Object.fromEntries(bodies(drafts));
  const held = [...drafts].flatMap(([name, body]) => {
    const issues = checkDraft(body).map(({ code, path }) => `${code} at ${path}`);
    return issues.length === 0 ? [] : [[name, issues] as const];
  });
  if (held.length > 0) found['held'] = Object.fromEntries(held);
  if (stated !== undefined) Object.assign(found, factsOf(stated));
  return { found, contradictions: contradictionsOf(stated, drafts, facts) };
}

type Drafts = ReadonlyMap<string, JsonObject>;

function draftsOf({ drafts, bodies: packed }: PackedMappedBatch): Drafts {
  return new Map(
    drafts.map(({ type, id }, at) => [
      `${type}/${id}`,
      parseResource(itemAt(packed, at)) as JsonObject,
    ]),
  );
}

/** Without what their names say already. */
function bodies(drafts: Drafts): [string, JsonObject][] {
  return [...drafts].map(([name, { id: _id, resourceType: _type, ...body }]) => [name, body]);
}

/** Facts of what is held are accounted for where it is held. */
function standing(read: FactBatch, { outcomes }: PackedMappedBatch): FactBatch {
  const stands = ({ ordinal }: { ordinal: number }): boolean =>
    outcomes[ordinal]?.state !== 'quarantined';
  return {
    facts: read.facts.filter(stands),
    absent: read.absent.filter(stands),
    unreadable: read.unreadable.filter(stands),
  };
}

function itemOf(
  { outcomes, issues }: PackedMappedBatch,
  stated: FactBatch | undefined,
  ordinal: number,
): Json {
  const outcome = outcomes[ordinal];
  const told = issues.filter((issue) => issue.ordinal === ordinal);
  const unreadable = stated?.unreadable.filter((one) => one.ordinal === ordinal) ?? [];
  return toJson({
    state: outcome?.state === 'quarantined' ? 'held' : outcome?.state,
    ...(outcome !== undefined && 'reason' in outcome && { reason: outcome.reason }),
    ...(told.length > 0 && {
      issues: told.map(({ code, path }) => (path === '' ? code : `${code} at ${path}`)),
    }),
    ...(unreadable.length > 0 && {
      unreadable: unreadable.map(({ concept, code }) => `${code} of ${concept}`),
    }),
  });
}

function factsOf({ facts, absent }: FactBatch): { facts?: JsonObject; absent?: Json } {
  const stated = new Map<string, Map<string, string[]>>();
  for (const { type, id, subject, concept, value, system, sequence } of facts) {
    const name = `${type}/${id}`;
    const own = stated.get(name) ?? new Map<string, string[]>();
    stated.set(name, own);
    if (subject !== '' && subject !== id) own.set('subject', [subject]);
    const said = system === '' ? value : `${system}|${value}`;
    const numbered = sequence === undefined ? said : `${sequence}: ${said}`;
    own.set(concept, [...(own.get(concept) ?? []), numbered]);
  }
  const written = [...stated].map(
    ([name, own]) =>
      [name, Object.fromEntries([...own].map(([concept, said]) => [concept, few(said)]))] as const,
  );
  return {
    ...(written.length > 0 && { facts: Object.fromEntries(written) }),
    ...(absent.length > 0 && { absent: absent.map(({ type, id }) => `${type}/${id}`) }),
  };
}

function few(said: string[]): Json {
  const [only] = said;
  return said.length === 1 && only !== undefined ? only : said;
}

function contradictionsOf(
  stated: FactBatch | undefined,
  drafts: Drafts,
  facts: CompiledFacts | undefined,
): Contradiction[] {
  if (stated === undefined || facts === undefined) return [];
  const readBacks = new Map<string, ReadBack>();
  for (const { type, id } of [...stated.facts, ...stated.absent]) {
    readBacks.set(`${type}/${id}`, new ReadBack({ type, id, state: 'absent' }));
  }
  for (const [name, body] of drafts) {
    const [type = '', id = ''] = name.split('/');
    const text = Buffer.from(canonicalJson(body));
    const stored = { type, id, state: 'present', version: 1, digest: '', body: text } as const;
    readBacks.set(name, new ReadBack(stored));
  }
  return compareFacts(stated, readBacks, facts.declared).map(({ type, id, kind, path }) => ({
    draft: `${type}/${id}`,
    kind,
    path,
  }));
}
